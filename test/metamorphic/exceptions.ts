/** Which methods do depend on what a relation changes, and why. */
import { NAMES, ORDER_OF_CLASSES, ORDER_OF_EXAMPLES, REPETITION } from './relations.js';

export interface Exception {
  readonly relations: readonly string[];
  readonly methods: readonly string[];
  /** All by default. */
  readonly spaces?: readonly string[];
  readonly reason: string;
  /** How far the moves may be apart; without it they must differ, so that no needless exception stays. */
  readonly tolerance?: number;
}

const EXCEPTIONS: readonly Exception[] = [
  {
    relations: [NAMES],
    methods: ['sophia'],
    reason: 'signs are drawn by the name of a parameter, and clipping may hide it',
    tolerance: 0.5,
  },
  {
    relations: [NAMES],
    methods: ['bsam', 'entropy-sgd', 'adahessian', 'sassha', 'momentum on adahessian'],
    reason: 'noise or signs are drawn by the name of a parameter',
  },
  {
    relations: [ORDER_OF_CLASSES],
    methods: ['bsam', 'entropy-sgd', 'adahessian', 'sophia', 'sassha', 'momentum on adahessian'],
    reason: 'noise or signs are drawn by the place of a weight in its parameter',
    // Of some methods, little is left of the noise after two steps.
    tolerance: 3,
  },
  {
    relations: [NAMES],
    methods: ['esam'],
    reason: 'the parameters that are perturbed are drawn by name',
  },
  {
    relations: [ORDER_OF_EXAMPLES, REPETITION, ORDER_OF_CLASSES],
    methods: ['lion', 'muon', 'adam-tracer', 'sophia', 'momentum on psgd', 'momentum on muon'],
    spaces: ['macro-cnn'],
    reason: 'rounding errors of vanishing gradients become as long as gradients',
    tolerance: 0.75,
  },
];

const FALLBACK: Exception = {
  relations: [REPETITION],
  methods: [],
  reason:
    'what has no form falls back to the squared mean gradient times the number of labels, as if all of them were independent',
  tolerance: 0.5,
};

/**
 * Optimizers that divide by the size of the gradient: their step on a multiple of the loss stays as it is; that of
 * every other optimizer is multiplied.
 */
export const KEEPS_ITS_STEP: readonly string[] = [
  'adam',
  'adamw',
  'rmsprop',
  'adagrad',
  'lion',
  'muon',
  'schedule-free-adamw',
  'adam-tracer',
];

/** Optimizers whose step on a multiple of the loss is neither kept nor multiplied, and why. */
export const NEITHER_KEEPS_NOR_MULTIPLIES: Readonly<Record<string, string>> = {
  'fisher-sam': 'one is added to the Fisher information that it divides by',
  bsam: 'the variance of its weights depends on the size of the gradients',
  'entropy-sgd': 'the pull to the centre of its inner steps has a strength of its own',
};

/**
 * Why a method depends on what a relation changes; undefined where it must not. `notes` are the remarks of its
 * training.
 */
export function exceptionFor(
  relation: string,
  method: string,
  space: string,
  notes: readonly string[],
): Exception | undefined {
  if (relation === REPETITION && notes.some((note) => note.includes('the diagonal of its own second moment')))
    return FALLBACK;
  return EXCEPTIONS.find(
    ({ relations, methods, spaces }) =>
      relations.includes(relation) && methods.includes(method) && (spaces?.includes(space) ?? true),
  );
}
