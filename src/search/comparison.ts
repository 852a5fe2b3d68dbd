/** Controller against random sampling of the same supernet, said no stronger than the data allow. */
import { bootstrapDifference, mean } from '../statistics/index.js';
import { type Rng } from '../tensor/rng.js';
import { type Comparison } from './events.js';

const CONFIDENCE = 0.95;

/** Difference of means with a percentile bootstrap interval; both samples are resampled independently. */
export function compareMeans(controller: readonly number[], random: readonly number[], rng: Rng): Comparison {
  const controllerMean = mean(controller);
  const randomMean = mean(random);
  const [low, high] = bootstrapDifference(controller, random, rng, { confidence: CONFIDENCE });
  return {
    controllerMean, randomMean, difference: controllerMean - randomMean, interval: [low, high], confidence: CONFIDENCE,
    controllerCount: controller.length, randomCount: random.length,
    verdict: verdict([low, high]),
  };
}

function verdict([low, high]: [number, number]): string {
  const points = (value: number): string => `${(100 * value).toFixed(1)} points`;
  if (low > 0) return `the controller's samples are better than random ones of this supernet by ${points(low)} to ${points(high)} (95 % interval)`;
  if (high < 0) return `the controller's samples are worse than random ones of this supernet by ${points(-high)} to ${points(-low)} (95 % interval)`;
  return `no difference between the controller's samples and random ones can be claimed (95 % interval ${points(low)} to ${points(high)})`;
}
