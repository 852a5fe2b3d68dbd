/** Weights under training: the one loop that a search, retraining, stand-alone training and studies share. */
import { type SearchSpace } from '../graph/define-space.js';
import { type Trainer, withLink } from '../chain/chain.js';
import { type CompiledTrainer, compiledTrainer } from '../chain/compiled.js';
import { type Link } from '../chain/link.js';
import { emptyState, type OptimizerState, replaceState } from '../chain/state.js';
import { type ParameterRole } from '../operations/operation.js';
import { type OwnParts } from '../parts/own.js';
import { createTrainer, type OptimizerConfigInput } from '../optimizers/index.js';
import { catalogue, childCatalogue } from '../supernet/catalogue.js';
import { type Child } from '../supernet/child.js';
import { type CompiledNodes } from '../supernet/compiled-nodes.js';
import { requireMemory } from '../supernet/memory.js';
import { createParameterStore, type ParameterStore, type Weights } from '../supernet/parameter-store.js';
import { trainedSlices, wholeName } from '../supernet/slices.js';
import { disposeNamed, type NamedTensors, pickNamed } from '../tensor/named.js';
import { compiler, type CompileOptions } from '../tensor/plan/index.js';
import { type BatchSource, withBatch } from './batch.js';
import { carrying } from './carried-state.js';
import { type SharedGradients, sharedGradients, type SharedOptions } from './shared-gradients.js';
import { type CompiledChildren } from './together.js';
import { trainStep, type TrainStepInput, type TrainStepResult } from './train-step.js';

export interface Learner {
  readonly store: ParameterStore;
  readonly trainer: Trainer;
  state: OptimizerState;
  /** The trainer's steps, compiled if they repeat; without it they run uncompiled. */
  readonly compiled?: CompiledTrainer;
  /** Computes the gradients of children that learn from one batch together, compiled if they repeat. */
  readonly children?: CompiledChildren;
  /** Compiles evaluations of children, node by node. */
  readonly passes?: CompiledNodes;
  /** For a supernet: computes the gradients of its children by one function; without it each is run on its own. */
  readonly shared?: SharedGradients;
  /** Weights that are not trained. */
  readonly still?: (name: string) => boolean;
  /** The initial states of recurrent layers for the next batch. */
  carried: NamedTensors;
}

export interface LearnerOptions {
  readonly optimizer: OptimizerConfigInput;
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  /** Number of training examples, for optimizers whose noise depends on it. */
  readonly examples?: number;
  /** How far repeated steps are compiled. */
  readonly compile?: CompileOptions;
  /** For a supernet whose children are trained one after the other. */
  readonly shared?: SharedOptions | undefined;
  /** The user's own optimizers and preconditioners, which `optimizer` may name. */
  readonly own?: OwnParts;
  /**
   * Links that act on the weights along with the optimizer. They may keep state outside the chain's, so steps with them
   * are not compiled.
   */
  readonly links?: readonly Link[] | undefined;
  /** Roles whose weights stay fixed; none by default. */
  readonly still?: readonly ParameterRole[] | undefined;
  /**
   * The only child that is trained: only its own weights and statistics are needed, and of sliced ones only what it
   * reads.
   */
  readonly child?: Child;
}

/** Number of children whose recordings are kept; few run often enough to become sessions. */
const KEPT_CHILDREN = 256;
/** Number of nodes whose recordings are kept: enough for the largest spaces with batches of a few sizes. */
const KEPT_NODES = 1024;

/** A store of a space's weights and the optimizer for them; the caller disposes both with `disposeLearner`. */
export function createLearner(
  space: SearchSpace,
  seed: number | string,
  { optimizer, links = [], still = [], child, compile, shared, ...setting }: LearnerOptions,
): Learner {
  const all = child ? childCatalogue(space, child) : catalogue(space.supernet);
  const only = child && [...child.parameterNames, ...child.statisticNames];
  requireMemory(space, all, only);
  const roleOf = (name: string): ParameterRole | undefined => all.parameters.get(wholeName(name))?.role;
  const whole = links.reduce(withLink, createTrainer(optimizer, { ...setting, roleOf }));
  const isStill = still.length > 0 ? (name: string) => still.includes(roleOf(name)!) : undefined;
  return {
    store: createParameterStore(all, seed, only),
    trainer: whole,
    state: emptyState,
    // A regularizer keeps its memory outside the state, where a recording cannot see that it has changed.
    ...(links.length === 0 && { compiled: compiledTrainer(whole, compile) }),
    children: compiler({ ...compile, kept: KEPT_CHILDREN }),
    passes: compiler({ ...compile, kept: KEPT_NODES }),
    ...(shared && { shared: sharedGradients(space, { ...shared, trainer: whole, still: isStill }) }),
    ...(isStill && { still: isStill }),
    carried: {},
  };
}

export function disposeLearner({ store, state, carried, compiled, children, passes, shared }: Learner): void {
  store.dispose();
  passes?.dispose();
  children?.dispose();
  shared?.dispose();
  compiled?.dispose();
  disposeNamed(carried);
  disposeNamed(state.tensors);
}

export interface LearnOptions extends Pick<
  TrainStepInput,
  'others' | 'othersTrain' | 'layersOf' | 'distill' | 'smoothing' | 'due' | 'rate' | 'observe'
> {
  readonly child: Child;
  readonly source: BatchSource;
  readonly epoch: number;
  /** Step within the epoch; at 0 the states of recurrent layers are reset. */
  readonly step: number;
  /** Steps of this training so far, for schedules. */
  readonly globalStep: number;
  /** Name of this training, for its random masks. */
  readonly seed: string;
  /** Whether dropout and the like act on the child; they do by default. */
  readonly training?: boolean;
  /** Whether the child is a mixture of many, which a function of single children cannot compute. */
  readonly isMixture?: boolean;
}

/** Trains the child on its batch: one step of the learner's weights. */
export function learn(
  learner: Learner,
  { source, epoch, step, globalStep, seed, training = true, isMixture = false, ...rest }: LearnOptions,
): TrainStepResult {
  if (step === 0) {
    disposeNamed(learner.carried);
    learner.carried = {};
  }
  const { store, trainer, state, compiled, children, still } = learner;
  const shared = isMixture ? undefined : learner.shared;
  const { result, next } = carrying(
    source,
    learner.carried,
    { training, normalization: 'batch', seed: `${seed}/${globalStep}` },
    (mode) =>
      withBatch(source, epoch, step, (batch) =>
        trainStep({ store, trainer, state, compiled, children, shared, still, batch, mode, step: globalStep, ...rest }),
      ),
  );
  disposeNamed(learner.carried);
  Object.assign(learner, { state: result.state, carried: next });
  return result;
}

/** Calls `use` with the weights to evaluate: averages if the optimizer keeps some, the trained ones otherwise. */
export function withEvaluationWeights<T>(
  { store, trainer, state }: Pick<Learner, 'store' | 'trainer' | 'state'>,
  names: readonly string[],
  use: (weights: Weights) => T,
): T {
  if (!trainer.evaluationParameters) return use(store);
  const slices = trainedSlices(store, names, Object.keys(state.tensors));
  const averages = trainer.evaluationParameters({ ...pickNamed(store.parameters, names), ...slices }, state);
  disposeNamed(slices);
  try {
    return use({ parameters: { ...store.parameters, ...averages }, statistics: store.statistics });
  } finally {
    disposeNamed(averages);
  }
}

/** Replaces the trained weights by those to evaluate, once training is over. */
export function adoptEvaluationWeights({ store, trainer, state }: Learner): void {
  const averages = trainer.evaluationParameters?.(store.parameters, state);
  if (averages) store.assign(averages);
}

/** Passes a validation loss of the trained weights to the optimizer if it uses one; `measure` is called only then. */
export function observeValidation(learner: Learner, measure: () => number): void {
  const { trainer, state } = learner;
  if (trainer.observe) learner.state = replaceState(state, trainer.observe(measure(), state));
}
