/**
 * The sandwich rule (Yu & Huang 2019, arXiv 1903.05134, section 3.2): each step trains the largest network, the
 * smallest one and some between them on the same batch, so that the bounds of what all others can reach are trained in
 * every step.
 */
import { WeftError } from '../errors.js';
import { multiplyAddCount } from '../graph/index.js';
import { type SearchSpace } from '../graph/define-space.js';
import { type Child } from '../supernet/child.js';
import { stream } from '../tensor/rng.js';
import { withBatch } from '../training/batch.js';
import { evaluateTogether, SHARED_EVALUATION } from '../training/evaluate.js';
import { type LearnOptions } from '../training/learner.js';
import { requireSizes, sizeSlots } from './network-sizes.js';
import { type SearchSession } from './session.js';

type Elastic = NonNullable<SearchSession['config']['search']['elastic']>;

interface SandwichSetting {
  readonly controller: { readonly name: string; readonly relaxation?: unknown };
  readonly elastic: Elastic;
  /** Whether the states of recurrent layers are carried from one batch to the next. */
  readonly carries: boolean;
}

/**
 * Throws WeftError('config') if the sandwich rule cannot be applied: no sizes, a mixture of all architectures, or
 * separate states together with what needs all networks at once.
 */
export function requireSandwich(space: SearchSpace, { controller, elastic, carries }: SandwichSetting): void {
  requireSizes(space, 'search.elastic trains the largest network in every step');
  if (space.constraints.length > 0)
    throw new WeftError(
      'config',
      `the sandwich rule trains the largest network of '${space.name}', which its limits may exclude`,
      'leave out the limits and choose networks within budgets afterwards: weft specialize',
    );
  if (controller.relaxation)
    throw new WeftError(
      'config',
      `'${controller.name}' trains a mixture of all architectures, but the sandwich rule trains several separate ones`,
      'use a controller that samples, for example random',
    );
  if (elastic.states !== 'separate') return;
  if (elastic.distill !== undefined && elastic.distill !== 'none')
    throw new WeftError(
      'config',
      `search.elastic.distill: ${elastic.distill} needs the outputs of the largest network, but with states: separate the networks of a step are trained one after another`,
      'set search.elastic.distill: none, or search.elastic.states: shared',
    );
  if (carries)
    throw new WeftError(
      'config',
      `with search.elastic.states: separate each batch is read several times, but recurrent layers of '${space.name}' carry their states from one batch to the next`,
      'set search.elastic.states: shared',
    );
}

/**
 * What the networks other than the largest learn from, as configured or by default. Texts are read only a few times, so
 * that the largest network is no teacher for most of the training.
 */
function distillOf({ distill, states }: Elastic, { kind }: SearchSpace['task']): NonNullable<Elastic['distill']> {
  const fromLabels = states === 'separate' || kind === 'language' || kind === 'multi-label';
  return distill ?? (fromLabels ? 'none' : 'kl');
}

const SHARE_BEFORE_ALPHA = 0.1;

/**
 * Number of initial epochs in which only the largest network is trained: as configured, or by default a tenth of all
 * epochs before alpha divergences are used. These bind a student up to five times more strongly than the labels bind
 * its teacher, so that networks that start together, and share weights, agree on guessing before the largest one has
 * learned anything.
 */
export function largestEpochsOf({ epochs, elastic }: SearchSession['config']['search']): number {
  if (!elastic) return 0;
  const byDefault = elastic.distill === 'alpha' ? Math.min(epochs - 1, Math.ceil(SHARE_BEFORE_ALPHA * epochs)) : 0;
  return elastic.largestEpochs ?? byDefault;
}

/** Maps a size slot to the index of its option. */
type IndexOf = (size: ReturnType<typeof sizeSlots>[number]) => number;

type Step = Pick<LearnOptions, 'child' | 'others' | 'distill' | 'othersTrain' | 'layersOf' | 'training'>;

/**
 * The updates of one step: one of all its networks together, or with separate states one of each, the largest first.
 */
export function sandwichUpdates(session: SearchSession, child: Child): Step[] {
  const together = sandwich(session, child);
  const { states, regularize } = session.config.search.elastic!;
  if (states === 'shared' || !together.others) return [together];
  const training = regularize === 'all';
  return [{ child: together.child }, ...together.others.map((other) => ({ child: other.child, training }))];
}

/**
 * The networks that one step trains in place of the sampled child: the largest network first, from which the others are
 * distilled if configured, then the smallest, then the child itself and others with its choices except for sizes, which
 * are drawn as `search.elastic.sample` says. The loss is the mean of theirs. In the first epochs, if configured, only
 * the largest network is trained.
 */
function sandwich(session: SearchSession, child: Child): Step {
  const { config, space, state } = session;
  const { networks, sample, draws, regularize } = config.search.elastic!;
  const distill = distillOf(config.search.elastic!, space.task);
  const sizes = sizeSlots(space);
  const genotype = space.genotype(child.architecture);
  const withSizes = (indexOf: IndexOf): Child =>
    session.child(
      space.fromGenotype(sizes.reduce((slots, size) => slots.with(size.slot, indexOf(size)), [...genotype])),
    );
  const largest = withSizes((size) => size.largest);
  if (state.epoch < largestEpochsOf(config.search)) return { child: largest };
  const rng = stream(config.seed, 'sandwich', state.globalStep);
  const draw = (): Child => withSizes(({ count }) => rng.int(count));
  const between = [
    ...(networks > 2 ? [child] : []),
    ...Array.from({ length: Math.max(0, networks - 3) }, () => draw()),
  ];
  const others = [
    withSizes((size) => size.smallest),
    ...(sample === 'uniform'
      ? between
      : between.map((one) => attended(session, { first: one, draw, draws, best: sample === 'best-up' }))),
  ];
  return {
    child: largest,
    others: others.map((other) => ({ child: other, weight: 1 / networks })),
    othersTrain: regularize === 'all',
    layersOf: 'child',
    ...(distill !== 'none' && { distill }),
  };
}

interface Attention {
  readonly first: Child;
  readonly draw: () => Child;
  readonly draws: number;
  /** Whether the network with the lowest loss is trained, or the one with the highest. */
  readonly best: boolean;
}

/** Relative difference within which costs count as equal. */
const ALIKE = 0.05;
const ATTEMPTS = 20;

/**
 * Attentive sampling (Wang et al. 2021, arXiv 2011.09011, section 3): of `draws` networks that cost about the same
 * multiply-adds, the one whose loss on the step's batch is the lowest, or the highest. The first network's cost is a
 * draw from the prior over costs; networks of another cost are drawn again, at most 20 times each, so that a rare cost
 * has fewer to choose from.
 */
function attended({ data, state, supernet }: SearchSession, { first, draw, draws, best }: Attention): Child {
  const cost = multiplyAddCount(first.nodes);
  const candidates = [first];
  for (let attempt = 0; candidates.length < draws && attempt < ATTEMPTS * (draws - 1); attempt++) {
    const other = draw();
    if (Math.abs(multiplyAddCount(other.nodes) - cost) <= ALIKE * cost) candidates.push(other);
  }
  if (candidates.length === 1) return first;
  const losses = withBatch(data.train, state.epoch, state.step, (batch) =>
    evaluateTogether(candidates, supernet.store, batch, SHARED_EVALUATION, { compiled: supernet.passes }).map(
      ({ loss }) => loss,
    ),
  );
  // A network whose loss is NaN is the worst.
  const rank = (loss: number): number => (Number.isNaN(loss) ? Infinity : loss);
  const chosen = losses.reduce(
    (winner, loss, i) =>
      (best ? rank(loss) < rank(losses[winner]!) : rank(loss) > rank(losses[winner]!)) ? i : winner,
    0,
  );
  return candidates[chosen]!;
}
