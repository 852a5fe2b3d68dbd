/**
 * Measures which options of a choice interfere through the weights that they share, in two ways: by the directions of
 * their gradients (Hu et al. 2022, arXiv 2203.15207), and by the effect of training one on the loss of the other. A
 * supernet whose conflicting options are separated ranks networks better (Zhao et al. 2021, arXiv 2006.06863).
 */
import { WeftError } from '../../errors.js';
import { type Child } from '../../supernet/child.js';
import { type Weights } from '../../supernet/parameter-store.js';
import { isOneOf } from '../../space/choice.js';
import { type Decision } from '../../space/slots.js';
import { valueAndGradients } from '../../tensor/autodiff.js';
import { disposeNamed, type NamedTensors, pickNamed } from '../../tensor/named.js';
import { type Rng, stream } from '../../tensor/rng.js';
import { tf, tidy, type Scalar } from '../../tensor/tf.js';
import { type TensorBatch, withBatch } from '../../training/batch.js';
import { meanLoss } from '../../training/batch-loss.js';
import { evaluateTogether, SHARED_EVALUATION } from '../../training/evaluate.js';
import { scratchCopy, type Scratch } from '../forgetting/scratch-copy.js';
import { type SearchSession } from '../session.js';
import { type Affinity, minimumCut, type Split } from './cut.js';

export interface ConflictOptions {
  /** Number of architectures and batches to average over. Default 20. */
  readonly draws?: number | undefined;
  /** Number of steps for which an option is trained alone when forgetting is measured. Default 1. */
  readonly steps?: number | undefined;
  /** Called after each choice. */
  readonly onDecision?: ((done: number, of: number) => void) | undefined;
}

/**
 * The conflicts between the options of a choice; in each draw, the rest of the architecture is the same for all
 * options.
 */
export interface OptionConflicts {
  /** Path in the tree of choices. */
  readonly decision: string;
  readonly options: readonly string[];
  /** Mean cosine of the gradients of the weights that all options share. */
  readonly cosine: Affinity;
  /** Mean change of the loss of the column's option, in nats, when the row's is trained; positive means forgetting. */
  readonly forgetting: readonly (readonly number[])[];
  readonly byGradient: Split;
  /** By minus the mean of both directions of forgetting. */
  readonly byForgetting: Split;
}

const MOST_OPTIONS = 12;

/**
 * Measures every choice between 2 to 12 options that share weights; the choice most worth splitting by forgetting comes
 * first. The session is left unchanged.
 */
export function measureConflicts(
  session: SearchSession,
  { draws = 20, steps = 1, onDecision }: ConflictOptions = {},
): OptionConflicts[] {
  const decisions = session.space.decisions.filter(
    ({ choice, cardinality }) => isOneOf(choice) && cardinality >= 2 && cardinality <= MOST_OPTIONS,
  );
  const scratch = scratchCopy(session, 'conflicts');
  try {
    return decisions
      .map((decision, i) => {
        const found = conflictsOf(session, scratch, decision, draws, steps);
        onDecision?.(i + 1, decisions.length);
        return found;
      })
      .filter(({ cosine }) => cosine.some((row, i) => row.some((value, j) => i !== j && value !== 0)))
      .sort((a, b) => a.byForgetting.between - b.byForgetting.between);
  } finally {
    scratch.dispose();
  }
}

function conflictsOf(
  session: SearchSession,
  scratch: Scratch,
  { path, offset, choice, cardinality }: Decision,
  draws: number,
  steps: number,
): OptionConflicts {
  const { config, data, supernet, state } = session;
  const options = Array.from({ length: cardinality }, (_, option) => option);
  const cosine = options.map(() => options.map(() => 0));
  const forgetting = options.map(() => options.map(() => 0));
  for (let draw = 0; draw < draws; draw++) {
    const children = alternatives(session, offset, options, stream(config.seed, 'conflicts', path, draw));
    withBatch(data.train, state.epoch, draw % data.train.steps, (batch) =>
      cosines(children, supernet.store, batch).forEach((row, i) =>
        row.forEach((value, j) => (cosine[i]![j]! += value / draws)),
      ),
    );
    withBatch(data.revisited, 0, draw % data.revisited.steps, (batch) => {
      const losses = (weights: Weights): number[] =>
        evaluateTogether(children, weights, batch, SHARED_EVALUATION).map(({ loss }) => loss);
      const before = losses(supernet.store);
      children.forEach((child, trained) => {
        scratch.train(child, steps, draw);
        losses(scratch.store).forEach(
          (loss, measured) => (forgetting[trained]![measured]! += (loss - before[measured]!) / draws),
        );
      });
    });
  }
  const harmless = options.map((i) => options.map((j) => -(forgetting[i]![j]! + forgetting[j]![i]!) / 2));
  return {
    decision: path,
    options: isOneOf(choice) ? choice.options.map(String) : [],
    cosine,
    forgetting,
    byGradient: minimumCut(cosine),
    byForgetting: minimumCut(harmless),
  };
}

const ATTEMPTS = 100;

/** Networks that differ in only one choice, all of which the space allows. */
function alternatives({ child, space }: SearchSession, slot: number, options: readonly number[], rng: Rng): Child[] {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const base = space.genotype(space.sample(rng));
    const all = options.map((option) => space.fromGenotype(base.with(slot, option)));
    if (all.every((one) => space.satisfies(one))) return all.map(child);
  }
  throw new WeftError(
    'unsupported',
    `no architectures of '${space.name}' were found that differ in only one choice and satisfy its constraints`,
    'leave out the limits',
  );
}

/** Cosines of the gradients of the weights that all children use; 0 if there are none, or a gradient is zero. */
function cosines(children: readonly Child[], { parameters, statistics }: Weights, batch: TensorBatch): number[][] {
  const common = children[0]!.parameterNames.filter((name) =>
    children.every(({ parameterNames }) => parameterNames.includes(name)),
  );
  if (common.length === 0) return children.map(() => children.map(() => 0));
  const gradients = children.map((child): NamedTensors => {
    const { value, gradients: found } = valueAndGradients(
      (now) => meanLoss(child, { ...parameters, ...now }, statistics, batch, SHARED_EVALUATION) as Scalar,
      pickNamed(parameters, common),
      { unused: 'zero' },
    );
    value.dispose();
    return found;
  });
  const values = tidy(() => {
    const rows = tf.stack(
      gradients.map((one) => tf.concat(common.map((name) => tf.reshape(one[name]!, [-1])))),
    ) as tf.Tensor2D;
    return (tf.matMul(rows, rows, false, true) as tf.Tensor2D).arraySync();
  });
  gradients.forEach(disposeNamed);
  return values.map((row, i) => row.map((value, j) => value / (Math.sqrt(values[i]![i]! * values[j]![j]!) || 1)));
}
