/** Controller against random sampling of the same supernet, said no stronger than the data allow. */
import { bootstrapDifference, bootstrapMeans, mean } from '../statistics/index.js';
import { type Rng } from '../tensor/rng.js';
import { type Comparison } from './events.js';

const CONFIDENCE = 0.95;

/** By how much the controller's mean is better, with a percentile bootstrap interval; both samples are resampled independently. Of a loss less is better. */
export function compareMeans(
  controller: readonly number[],
  random: readonly number[],
  rng: Rng,
  measure: 'accuracy' | 'loss' = 'accuracy',
): Comparison {
  const sign = measure === 'accuracy' ? 1 : -1;
  const controllerMean = mean(controller);
  const randomMean = mean(random);
  const [low, high] = bootstrapDifference(
    ...(sign > 0 ? ([controller, random] as const) : ([random, controller] as const)),
    rng,
    { confidence: CONFIDENCE },
  );
  const relativeTo = (mine: number, theirs: number): number => (100 * sign * (mine - theirs)) / theirs;
  const relative = bootstrapMeans(controller, random, relativeTo, rng, { confidence: CONFIDENCE });
  return {
    ...(measure === 'loss' && { measure }),
    relative: { improvement: relativeTo(controllerMean, randomMean), interval: [relative[0], relative[1]] },
    controllerMean,
    randomMean,
    difference: sign * (controllerMean - randomMean),
    interval: [low, high],
    confidence: CONFIDENCE,
    controllerCount: controller.length,
    randomCount: random.length,
    verdict: verdict([low, high], measure),
  };
}

/** A search's strategy beside random sampling of the same supernet, in the measure's own unit. */
export interface BesideRandom {
  readonly measure: 'accuracy' | 'loss';
  readonly controllerMean: number;
  readonly randomMean: number;
  /** How many of either kind were evaluated for the best of them: the same cost. */
  readonly count: number;
  readonly controllerBest: number;
  readonly randomBest: number;
}

/** What is kept of the comparison for a look over several seeds; undefined where one kind is missing. */
export function besideRandom(
  controller: readonly number[],
  random: readonly number[],
  measure: 'accuracy' | 'loss',
): BesideRandom | undefined {
  const count = Math.min(controller.length, random.length);
  if (count === 0) return undefined;
  const best = (values: readonly number[]): number =>
    (measure === 'accuracy' ? Math.max : Math.min)(...values.slice(0, count));
  return {
    measure,
    controllerMean: mean(controller),
    randomMean: mean(random),
    count,
    controllerBest: best(controller),
    randomBest: best(random),
  };
}

function verdict([low, high]: [number, number], measure: 'accuracy' | 'loss'): string {
  const points = (value: number): string =>
    measure === 'accuracy' ? `${(100 * value).toFixed(1)} points` : `${value.toFixed(3)} nats a token`;
  if (low > 0)
    return `the controller's samples are better than random ones of this supernet by ${points(low)} to ${points(high)} (95 % interval)`;
  if (high < 0)
    return `the controller's samples are worse than random ones of this supernet by ${points(-high)} to ${points(-low)} (95 % interval)`;
  return `no difference between the controller's samples and random ones can be claimed (95 % interval ${points(low)} to ${points(high)})`;
}
