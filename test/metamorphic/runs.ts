/** Every method of the lists on small children, as a function from a setup to the numbers that the training leaves. */
import { emptyState, createTrainer, type OptimizerConfigInput, OPTIMIZERS } from '../../src/optimizers/index.js';
import { PRECONDITIONERS } from '../../src/preconditioners/index.js';
import { type Child } from '../../src/supernet/child.js';
import { disposeNamed, mapNamed, type NamedTensors, pickNamed } from '../../src/tensor/named.js';
import { tf, type Tensor, tidy } from '../../src/tensor/tf.js';
import { type Evaluate } from '../../src/chain/loss.js';
import { replaceState } from '../../src/chain/state.js';
import { batchLoss } from '../../src/training/batch-loss.js';
import { type TensorBatch } from '../../src/training/index.js';
import { configFor, copy, disposeState, values } from '../optimizers/problems.js';
import { subject } from '../preconditioners/subjects.js';

/** Statistics are fixed, so that an example is by itself. */
export const MODE = { training: false, normalization: 'running' } as const;

/** Places of six examples: in another order, each twice, and in two halves. */
export const SHUFFLED = [3, 0, 5, 1, 4, 2];
export const TWICE = [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5];
export const HALVES = [
  [0, 1, 2],
  [3, 4, 5],
];

/** What is trained, on what, and under which names; all tensors borrowed. */
export interface Setup {
  readonly child: Pick<Child, 'forward'>;
  readonly parameters: NamedTensors;
  readonly statistics: NamedTensors;
  readonly batch: TensorBatch;
  readonly roleOf: (parameter: string) => 'kernel' | undefined;
}

export interface Outcome {
  /** End minus beginning, by parameter. */
  readonly moves: Readonly<Record<string, number[]>>;
  readonly weights: Readonly<Record<string, number[]>>;
  readonly state: Readonly<Record<string, unknown>>;
  readonly losses: readonly number[];
  readonly notes: readonly string[];
}

/**
 * Options under which the relations can be seen: steps are quick, the labels of a Fisher information are those of the
 * data and not drawn row by row, and no division makes the rounding error of a vanishing gradient as long as a
 * gradient.
 */
const OPTIMIZER_OPTIONS: Readonly<Record<string, object>> = {
  adam: { epsilon: 1e-2 },
  adamw: { epsilon: 1e-2 },
  rmsprop: { epsilon: 1e-2 },
  adagrad: { epsilon: 1e-2 },
  'schedule-free-adamw': { epsilon: 1e-2 },
};
const PRECONDITIONER_OPTIONS: Readonly<Record<string, object>> = {
  ...Object.fromEntries(
    ['ngd', 'kfac', 'ekfac', 'tkfac', 'skfac', 'ingd'].map((name) => [name, { fisher: 'empirical' }]),
  ),
  custom: { curvature: 'empirical' },
  'smw-ng': { damping: 0.1 },
  'm-fac': { damping: 0.1 },
  shampoo: { damping: 1e-2 },
  soap: { epsilon: 1e-2 },
  newton: { dimensions: 2 },
  'abs-newton': { dimensions: 2 },
  'hessian-free': { iterations: 2 },
};

export interface Method {
  readonly name: string;
  readonly config: OptimizerConfigInput;
}

/** Every optimizer, and momentum on every preconditioner. */
export const METHODS: readonly Method[] = [
  ...OPTIMIZERS.map(({ name }) => ({
    name,
    config: { ...configFor(name), ...OPTIMIZER_OPTIONS[name] },
  })),
  ...PRECONDITIONERS.map(({ name }) => ({
    name: `momentum on ${name}`,
    config: {
      name: 'momentum',
      learningRate: 0.01,
      preconditioner: { name, ...PRECONDITIONER_OPTIONS[name] },
    } as OptimizerConfigInput,
  })),
];

/** A child of a space of `subjects.ts` with its first weights and a batch, and what frees them. */
export function setupOf(space: string): { setup: Setup; dispose(): void } {
  const { store, batch, child: childOf, dispose } = subject(space);
  const child = childOf(3);
  return {
    setup: {
      child,
      parameters: pickNamed(store.parameters, child.parameterNames),
      statistics: store.statistics,
      batch,
      roleOf: (parameter) => store.catalogue.parameters.get(parameter)?.role as 'kernel' | undefined,
    },
    dispose,
  };
}

/** Two steps of the method or as many as asked for, without dropout; `around` may change the loss. */
export function outcomeOf(
  { config }: Method,
  { child, parameters, statistics, batch, roleOf }: Setup,
  around: (evaluate: Evaluate) => Evaluate = (evaluate) => evaluate,
  steps = 2,
): Outcome {
  const trainer = createTrainer(config, { stepsPerEpoch: 2, totalSteps: 40, examples: batch.inputs.shape[0], roleOf });
  const losses: number[] = [];
  const notes: string[] = [];
  let current = copy(parameters);
  let state = emptyState;
  for (let step = 0; step < steps; step++) {
    const mode = { training: false, normalization: 'batch', seed: 'metamorphic' } as const;
    const { evaluate, context } = batchLoss({ child: child as Child, statistics, batch, mode });
    const next = trainer.step(around(evaluate), current, state, { ...context, step });
    disposeNamed(pickNamed(current, Object.keys(next.parameters)));
    current = { ...current, ...next.parameters };
    state = replaceState(state, next.state);
    losses.push(next.loss);
    notes.push(...next.notes);
  }
  const outcome = {
    moves: values(tidy(() => mapNamed(current, (tensor, name) => tf.keep(tf.sub(tensor, parameters[name]!))))),
    weights: values(current),
    state: { ...values(state.tensors), ...state.counts },
    losses,
    notes,
  };
  disposeNamed(current);
  disposeState(state);
  return outcome;
}

/** |a − b|/|b| over all entries of all tensors. */
export function relativeGap(
  a: Readonly<Record<string, readonly number[]>>,
  b: Readonly<Record<string, readonly number[]>>,
): number {
  let [difference, size] = [0, 0];
  for (const [name, numbers] of Object.entries(b))
    numbers.forEach((value, i) => {
      difference += (a[name]![i]! - value) ** 2;
      size += value ** 2;
    });
  return size === 0 ? (difference === 0 ? 0 : Infinity) : Math.sqrt(difference / size);
}

/** The batch with its examples at these places, in this order. */
export function examplesAt({ inputs, labels }: TensorBatch, places: readonly number[]): TensorBatch {
  const take = (x: Tensor): Tensor => tidy(() => tf.gather(x, tf.tensor1d([...places], 'int32')));
  return { inputs: take(inputs), labels: take(labels) };
}
