/** Controller against random sampling of the same supernet, said no stronger than the data allow. */
import { type Rng } from '../tensor/rng.js';
import { type Comparison } from './events.js';

const RESAMPLES = 2000;
const CONFIDENCE = 0.95;

/**
 * Difference of means with a percentile bootstrap interval (Efron & Tibshirani 1993, chapter 13);
 * both samples are resampled independently.
 */
export function compareMeans(controller: readonly number[], random: readonly number[], rng: Rng): Comparison {
  const controllerMean = mean(controller);
  const randomMean = mean(random);
  const differences = Array.from({ length: RESAMPLES }, () => resampledMean(controller, rng) - resampledMean(random, rng)).sort((a, b) => a - b);
  const tail = (1 - CONFIDENCE) / 2;
  const interval: [number, number] = [quantile(differences, tail), quantile(differences, 1 - tail)];
  return {
    controllerMean, randomMean, difference: controllerMean - randomMean, interval, confidence: CONFIDENCE,
    controllerCount: controller.length, randomCount: random.length,
    verdict: verdict(interval),
  };
}

function verdict([low, high]: [number, number]): string {
  const points = (value: number): string => `${(100 * value).toFixed(1)} points`;
  if (low > 0) return `the controller's samples are better than random ones of this supernet by ${points(low)} to ${points(high)} (95 % interval)`;
  if (high < 0) return `the controller's samples are worse than random ones of this supernet by ${points(-high)} to ${points(-low)} (95 % interval)`;
  return `no difference between the controller's samples and random ones can be claimed (95 % interval ${points(low)} to ${points(high)})`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function resampledMean(values: readonly number[], rng: Rng): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[rng.int(values.length)]!;
  return sum / values.length;
}

function quantile(sorted: readonly number[], p: number): number {
  const position = p * (sorted.length - 1);
  const low = Math.floor(position);
  const high = Math.ceil(position);
  return sorted[low]! + (position - low) * (sorted[high]! - sorted[low]!);
}
