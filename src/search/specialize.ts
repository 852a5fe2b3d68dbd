/**
 * Networks for several budgets from one training: the best child within each budget, by evolution over shared weights
 * (Cai et al. 2020, arXiv 1908.09791, section 3.4), cut out with its slices and its own batch statistics.
 */
import { WeftError } from '../errors.js';
import { type SearchSpace } from '../graph/define-space.js';
import { childCatalogue } from '../supernet/catalogue.js';
import { type Child, deployedChild, deployedWeights } from '../supernet/child.js';
import { createParameterStore, type ParameterStore } from '../supernet/parameter-store.js';
import { readSlice, sliceKey } from '../supernet/slices.js';
import { mostProbable } from '../statistics/index.js';
import { choiceEncoding, graphEncoding, joinEncodings, predictorNamed } from '../predictors/index.js';
import { type Rng, stream } from '../tensor/rng.js';
import { disposeNamed } from '../tensor/named.js';
import { tf, tidy, type Tensor } from '../tensor/tf.js';
import { type Evaluation, evaluateChild, FINAL_EVALUATION, SHARED_EVALUATION } from '../training/evaluate.js';
import { withEvaluationWeights } from '../training/learner.js';
import { logitsOfChild } from '../training/predict.js';
import { recalibrate } from '../training/recalibrate.js';
import { type CostName, COSTS } from '../config/costs.js';
import { costMeasure } from './costs.js';
import { type Model } from './model.js';
import { fineTune as trainFurther } from './fine-tune.js';
import { sizeSlots } from './network-sizes.js';
import { type SearchSession } from './session.js';

/** An upper limit on one cost. */
export interface Budget {
  readonly cost: CostName;
  readonly limit: number;
}

export interface SpecializeOptions {
  /** Number of networks per generation; 24 by default. */
  readonly population?: number;
  /** Number of generations after the first; 8 by default. */
  readonly generations?: number;
  /**
   * Name of a predictor of the accuracy. It learns from the networks evaluated so far, and of eight times as many
   * proposals the ones with the highest predictions are evaluated; none by default.
   */
  readonly predictor?: string | undefined;
  /**
   * Number of epochs for which each network is trained further on its own, with the settings of `retrain`; none by
   * default.
   */
  readonly fineTune?: number;
  /** Called after each evaluated network with the number so far. */
  readonly onEvaluated?: (count: number) => void;
}

/** The network for a budget; the caller disposes its store. */
export interface Specialized {
  readonly budget: Budget;
  /** Text encoding. */
  readonly architecture: string;
  readonly cost: number;
  /** Evaluation on the part for the final choice, with the statistics of its batches. */
  readonly derive: Evaluation;
  /** Evaluation of the exported network, with fixed statistics. */
  readonly test: Evaluation;
  /**
   * Of each test example whether the exported network is right; undefined for texts, whose tokens depend on each other.
   */
  readonly right?: readonly boolean[];
  readonly child: Child;
  readonly store: ParameterStore;
}

/** Number of batches for the statistics of each network. */
const CALIBRATION_BATCHES = 20;
/** Shares of the generation that are parents, and chance of a choice to change in a mutant. */
const PARENTS = 0.25;
const MUTATION = 0.1;
const ATTEMPTS = 2000;

/**
 * The best network within each budget, in their order, without any training unless `fineTune` asks for it. Throws
 * WeftError('config') for a space without sizes, for an unknown predictor, and if a budget is below the smallest
 * network.
 */
export function specialize(
  session: SearchSession,
  budgets: readonly Budget[],
  { population = 24, generations = 8, predictor, fineTune = 0, onEvaluated }: SpecializeOptions = {},
): Specialized[] {
  const { space, config } = session;
  const forecast = predictor === undefined ? undefined : forecaster(space, predictor, config.seed);
  requireSizes(space);
  if (space.task.kind === 'regression' || space.task.kind === 'multi-label')
    throw new WeftError(
      'unsupported',
      'networks for budgets are compared by their accuracy, but these have none',
      'choose candidates with weft derive --pick',
    );
  const evaluator = createEvaluator(session, onEvaluated);
  const searches = budgets.map((budget) => ({ budget, within: withinBudget(session, budget) }));
  for (const { budget, within } of searches) {
    const rng = stream(config.seed, 'specialize', budget.cost, budget.limit);
    evolve(space, within, evaluator, { population, generations, forecast, rng });
  }
  // A network found for one budget may be the best for another.
  return searches.map(({ budget, within }) => {
    const best = evaluator.best(within.holds)[0]!;
    return {
      budget,
      cost: within.cost(best),
      derive: evaluator.of(best),
      ...extract(session, space.fromGenotype(best), fineTune),
    };
  });
}

/** The network as a separate model, to be exported. */
export function modelOf(
  { config, space }: SearchSession,
  card: object,
  { architecture, child, store }: Specialized,
): Model {
  const whole = {
    space: config.space.name,
    options: space.options as Record<string, unknown>,
    task: space.task,
    architecture,
    trained: true,
    normalization: { mean: [0], std: [1] },
    classNames: [],
    ...card,
  };
  return { card: whole, normalization: whole.normalization, space, child, store };
}

function requireSizes(space: SearchSpace): void {
  if (sizeSlots(space).length > 0) return;
  throw new WeftError(
    'config',
    `networks of '${space.name}' cannot be used without retraining, because the space has no sizes`,
    'retrain its networks with weft derive --retrain-top, or search an elastic space: elastic-cnn, elastic-mlp, elastic-transformer',
  );
}

interface Within {
  cost(genotype: readonly number[]): number;
  holds(genotype: readonly number[]): boolean;
  /** The smallest network found, which is within the budget. */
  readonly smallest: readonly number[];
}

function withinBudget({ space, latencies, energies, config }: SearchSession, { cost, limit }: Budget): Within {
  const measure = costMeasure({ ...space, forRetraining: () => space }, [cost], { latencies, energies });
  const costOf = (genotype: readonly number[]): number => measure.of(space.fromGenotype(genotype))[0]!;
  const isValid = (genotype: readonly number[]): boolean => space.satisfies(space.fromGenotype(genotype));
  const sizes = sizeSlots(space);
  const start = space.genotype(space.sample(stream(config.seed, 'smallest')));
  let smallest: number[] = sizes.reduce((slots, size) => slots.with(size.slot, size.smallest), start);
  if (!isValid(smallest)) smallest = start;
  // Choices that are not sizes (an operation, an input) are changed one at a time, as long as that makes the network
  // smaller.
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false;
    for (const neighbour of space.neighbours(space.fromGenotype(smallest))) {
      const genotype = space.genotype(neighbour);
      if (costOf(genotype) < costOf(smallest)) {
        smallest = genotype;
        isSmaller = true;
      }
    }
  }
  if (costOf(smallest) > limit) {
    const unit = COSTS[cost].unit && ` ${COSTS[cost].unit}`;
    throw new WeftError(
      'config',
      `no network of '${space.name}' is within ${cost} <= ${limit}: the smallest has ${Number(costOf(smallest).toPrecision(6))}${unit}`,
      'increase the budget, or search a space with smaller sizes',
    );
  }
  return { cost: costOf, holds: (genotype) => costOf(genotype) <= limit && isValid(genotype), smallest };
}

interface Evaluator {
  of(genotype: readonly number[]): Evaluation;
  /** Whether the network has been evaluated. */
  has(genotype: readonly number[]): boolean;
  /** The networks evaluated so far for which this holds, best first. */
  best(holds: (genotype: readonly number[]) => boolean): (readonly number[])[];
}

function createEvaluator(session: SearchSession, onEvaluated?: (count: number) => void): Evaluator {
  const { config, data, space, supernet } = session;
  const known = new Map<string, { genotype: readonly number[]; evaluation: Evaluation }>();
  const steps = Math.min(config.derive.batches, data.derive.steps);
  return {
    of(genotype) {
      const architecture = space.fromGenotype(genotype);
      const key = space.canonicalHash(architecture);
      let found = known.get(key);
      if (!found) {
        const child = session.child(architecture);
        const evaluation = withEvaluationWeights(supernet, child.parameterNames, (weights) =>
          evaluateChild(child, weights, data.derive, SHARED_EVALUATION, steps, { compiled: supernet.passes }),
        );
        found = { genotype, evaluation };
        known.set(key, found);
        onEvaluated?.(known.size);
      }
      return found.evaluation;
    },
    has: (genotype) => known.has(space.canonicalHash(space.fromGenotype(genotype))),
    best: (holds) =>
      [...known.values()]
        .filter(({ genotype }) => holds(genotype))
        .sort((a, b) => byQuality(a.evaluation, b.evaluation))
        .map(({ genotype }) => genotype),
  };
}

/** More accurate first; ties are broken by the lower loss. Non-finite losses come last. */
function byQuality(a: Evaluation, b: Evaluation): number {
  const loss = ({ loss: value }: Evaluation): number => (Number.isFinite(value) ? value : Infinity);
  return (b.accuracy ?? 0) - (a.accuracy ?? 0) || (loss(a) < loss(b) ? -1 : Number(loss(a) > loss(b)));
}

/** Expected accuracies of some networks, given the evaluations of others. */
type Forecast = (
  evaluated: ReadonlyMap<readonly number[], Evaluation>,
  of: readonly (readonly number[])[],
) => Float64Array;

/** A predictor on the choices and the graphs of networks. Throws WeftError('config') if none has this name. */
function forecaster(space: SearchSpace, name: string, seed: number): Forecast {
  const predictor = predictorNamed(name);
  const encoding = joinEncodings(choiceEncoding(space), graphEncoding(space));
  const rowOf = (genotype: readonly number[]): number[] => encoding.encode(space.fromGenotype(genotype));
  return (evaluated, of) => {
    const accuracies = [...evaluated.values()].map(({ accuracy }) => accuracy ?? 0);
    return predictor.fit([...evaluated.keys()].map(rowOf), accuracies, seed).predict(of.map(rowOf)).mean;
  };
}

/** Number of proposals from which a predictor chooses each network that is evaluated. */
const PROPOSALS = 8;

interface Evolution {
  readonly population: number;
  readonly generations: number;
  readonly forecast: Forecast | undefined;
  readonly rng: Rng;
}

/**
 * Evolution. Parents are the best networks so far within the budget, a quarter of a generation. Half of each generation
 * are mutants and half crossovers; a network that exceeds the budget or is not new is drawn again. With a predictor,
 * the most promising of more proposals are evaluated.
 */
function evolve(
  space: SearchSpace,
  { holds, smallest }: Within,
  evaluator: Evaluator,
  { population, generations, forecast, rng }: Evolution,
): void {
  const { cardinalities } = space;
  /** The same for genotypes that differ only in unused choices, such as the widths of blocks beyond the depth. */
  const identity = (genotype: readonly number[]): string => space.canonicalHash(space.fromGenotype(genotype));
  const seen = new Set([identity(smallest)]);
  /** A new network within the budget, if one is found within a limited number of attempts. */
  const draw = (propose: () => readonly number[]): readonly number[] => {
    let known: readonly number[] | undefined;
    for (let attempt = 0; attempt < ATTEMPTS / population; attempt++) {
      const genotype = propose();
      if (!holds(genotype)) continue;
      if (!seen.has(identity(genotype))) return remember(genotype);
      known = genotype;
    }
    return known ?? remember(grown());
  };
  const remember = (genotype: readonly number[]): readonly number[] => {
    seen.add(identity(genotype));
    return genotype;
  };
  /**
   * Grown from the smallest network, one change at a time, as far as the budget allows: works even if few networks are
   * within it.
   */
  const grown = (): readonly number[] => {
    let genotype = [...smallest];
    for (let step = 0; step < 2 * cardinalities.length; step++) {
      const slot = rng.int(cardinalities.length);
      const next = genotype.with(slot, rng.int(cardinalities[slot]!));
      if (holds(next)) genotype = next;
    }
    return genotype;
  };
  const random = (): readonly number[] => cardinalities.map((cardinality) => rng.int(cardinality));
  const mutant = (parent: readonly number[]): readonly number[] =>
    parent.map((value, slot) => (rng.uniform() < MUTATION ? rng.int(cardinalities[slot]!) : value));
  const crossover = (a: readonly number[], b: readonly number[]): readonly number[] =>
    a.map((value, slot) => (rng.uniform() < 0.5 ? value : b[slot]!));

  evaluator.of(smallest);
  for (let i = 1; i < population; i++) evaluator.of(draw(random));
  for (let generation = 0; generation < generations; generation++) {
    const known = evaluator.best(holds);
    const parents = known.slice(0, Math.max(2, Math.round(PARENTS * population)));
    const child = (i: number): readonly number[] =>
      draw(() => (i % 2 === 0 ? mutant(rng.pick(parents)) : crossover(rng.pick(parents), rng.pick(parents))));
    if (!forecast || known.length < 2) {
      for (let i = 0; i < population; i++) evaluator.of(child(i));
      continue;
    }
    const proposals: (readonly number[])[] = [];
    for (let i = 0; i < PROPOSALS * population; i++) {
      const before = seen.size;
      let one = child(i);
      // Where the parents have hardly any new children, others are proposed.
      if (seen.size === before) one = draw(random);
      if (seen.size === before) break;
      if (!evaluator.has(one)) proposals.push(one);
    }
    if (proposals.length === 0) continue;
    const expected = forecast(new Map(known.map((one) => [one, evaluator.of(one)])), proposals);
    const order = proposals.map((_, i) => i).sort((a, b) => expected[b]! - expected[a]!);
    for (const [place, i] of order.entries()) {
      if (place < population) evaluator.of(proposals[i]!);
      else seen.delete(identity(proposals[i]!));
    }
  }
}

/** A network of an elastic space as a model of its own, and its test; the caller disposes its store. */
export type Extracted = Pick<Specialized, 'architecture' | 'test' | 'right' | 'child' | 'store'>;

/**
 * The architecture's slices as separate weights, trained further for `epochs` epochs, with recalibrated batch
 * statistics.
 */
export function extract(session: SearchSession, architecture: unknown, epochs = 0): Extracted {
  const { space, supernet, data, config } = session;
  const child = session.child(architecture);
  const sliced = childCatalogue(space, child).parameters;
  const used = deployedChild(child);
  const store = createParameterStore(childCatalogue(space, used), config.seed, [
    ...used.parameterNames,
    ...used.statisticNames,
  ]);
  try {
    withEvaluationWeights(supernet, child.parameterNames, ({ parameters }) => {
      const slices: Record<string, Tensor> = {};
      for (const name of child.parameterNames) {
        const spec = sliced.get(name)!;
        slices[name] = tidy(() =>
          tf.clone(parameters[sliceKey(name, spec.shape)] ?? readSlice(parameters[name]!, spec)),
        );
      }
      store.assign(deployedWeights(child, slices));
      disposeNamed(slices);
    });
    if (epochs > 0) trainFurther(session, used, store, epochs);
    recalibrate(used, store, data.plain, CALIBRATION_BATCHES);
    const test = evaluateChild(used, store, data.test, FINAL_EVALUATION);
    const right = rightOnTest(session, used, store);
    return { architecture: child.encoding, test, ...(right && { right }), child: used, store };
  } catch (error) {
    store.dispose();
    throw error;
  }
}

function rightOnTest(
  { space: { task }, data }: SearchSession,
  child: Child,
  store: ParameterStore,
): boolean[] | undefined {
  if (task.kind === 'language') return undefined;
  const { logits, labels } = logitsOfChild(child, store, data.test, task.classes);
  const called = mostProbable(logits, labels.length, task.classes);
  return Array.from(labels, (label, i) => called[i] === label);
}
