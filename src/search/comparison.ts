/** Compares the controller with random sampling of the same supernet, claiming no more than the data support. */
import { decimalText } from '../printable.js';
import {
  assessDifference,
  type Assessment,
  despiteInterval,
  mean,
  obstacleOf,
  ratioInterval,
} from '../statistics/index.js';
import { type Comparison } from './events.js';
import { type Objective } from './objective.js';

const CONFIDENCE = 0.95;

/**
 * How much better the controller's mean is, as assessed by `assessDifference`: over architectures of this one search,
 * which are independent draws on both sides. For a loss, less is better.
 */
export function compareMeans(
  controller: readonly number[],
  random: readonly number[],
  measure: Objective['measure'] = 'accuracy',
  unit: string = measure === 'loss' ? 'nats per token' : 'points',
): Comparison {
  const better = measure === 'loss' ? -1 : 1;
  const [controllerMean, randomMean] = [mean(controller), mean(random)];
  const [ahead, behind] = better > 0 ? [controller, random] : [random, controller];
  const assessment = assessDifference(ahead, behind, { confidence: CONFIDENCE });
  const ratio = ratioInterval(controller, random, { confidence: CONFIDENCE });
  const improvement = (of: number): number => 100 * better * (of - 1);
  const ends = ratio?.map(improvement).sort((a, b) => a - b) as [number, number] | undefined;
  return {
    ...(measure !== 'accuracy' && { measure }),
    relative: {
      improvement: improvement(controllerMean / randomMean),
      ...(ends && { interval: ends }),
    },
    controllerMean,
    randomMean,
    difference: assessment.value,
    ...(assessment.interval && { interval: [assessment.interval[0], assessment.interval[1]] }),
    method: 'welch',
    confidence: CONFIDENCE,
    controllerCount: controller.length,
    randomCount: random.length,
    verdict: verdict(assessment, measure, unit),
  };
}

/** A search's strategy compared with random sampling of the same supernet, in the unit of the measure. */
export interface RandomComparison {
  readonly measure: Objective['measure'];
  readonly controllerMean: number;
  readonly randomMean: number;
  /** How many of each kind were evaluated to find its best: the same cost for both. */
  readonly count: number;
  readonly controllerBest: number;
  readonly randomBest: number;
}

/** The part of the comparison that is kept for comparing several seeds; undefined if one kind is missing. */
export function randomComparison(
  controller: readonly number[],
  random: readonly number[],
  measure: Objective['measure'],
): RandomComparison | undefined {
  const count = Math.min(controller.length, random.length);
  if (count === 0) return undefined;
  const best = (values: readonly number[]): number =>
    (measure === 'loss' ? Math.min : Math.max)(...values.slice(0, count));
  return {
    measure,
    controllerMean: mean(controller),
    randomMean: mean(random),
    count,
    controllerBest: best(controller),
    randomBest: best(random),
  };
}

function verdict(assessment: Assessment, measure: Objective['measure'], unit: string): string {
  const { interval, claim, obstacle } = assessment;
  const number = (value: number): string => (measure === 'loss' ? decimalText(value, 3) : decimalText(100 * value, 1));
  const range = (low: number, high: number): string => `${number(low)} to ${number(high)} ${unit}`;
  if (!interval || obstacle === 'few')
    return `no difference between the controller's samples and random ones can be claimed: ${obstacleOf(assessment, 'architectures of either kind')}`;
  const [low, high] = interval;
  if (claim === 'above')
    return `the controller's samples are better than random ones of this supernet by ${range(low, high)} (95 % interval)`;
  if (claim === 'below')
    return `the controller's samples are worse than random ones of this supernet by ${range(-high, -low)} (95 % interval)`;
  return `no difference between the controller's samples and random ones can be claimed (95 % interval ${range(low, high)}${despiteInterval(assessment)})`;
}
