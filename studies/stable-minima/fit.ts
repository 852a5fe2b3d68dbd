/** One training of the univariate problem, and all measurements of the minimum that it reaches. */
import { type Tick } from 'weft-nas';
import { descend, powerIteration } from '../shared/float64/descent.js';
import { calibrationDraws } from '../shared/float64/generator.js';
import {
  type Bends,
  bendsOf,
  bendWeight,
  fittedAt,
  type Knot,
  knotsOf,
  type Univariate,
  univariateProblem,
  variationBound,
} from './univariate.js';

export interface Fit extends Bends {
  readonly learningRate: number;
  readonly seed: number;
  readonly sharpness: number;
  /** Mean squared error on the noisy data. */
  readonly trainingError: number;
  /** Mean squared error relative to the truth at the points. */
  readonly error: number;
  /** The same at the points within ±0.8 only. */
  readonly innerError: number;
  /** Upper bound on the weighted variation of a stable minimum at this step size. */
  readonly bound: number;
  /** The same from the measured curvature, which holds at any point. */
  readonly curvatureBound: number;
  readonly knots: readonly Knot[];
  readonly problem: Univariate;
  readonly weights: Float64Array;
}

const INNER = 0.8;
/**
 * Half the distance of a difference of gradients: a larger one finds the kinks of ReLU near data points, and takes them
 * for curvature.
 */
const SMALL = 1e-7;

export interface FitOptions {
  readonly seed: number;
  readonly learningRate: number;
  readonly steps: number;
  readonly n?: number;
  readonly width?: number;
  /** Called at regular intervals. */
  readonly tick?: Tick;
}

/** Gradient descent with a constant step on all data, from the calibration's first weights. */
export async function fit({ seed, learningRate, steps, n = 30, width = 100, tick }: FitOptions): Promise<Fit> {
  const problem = univariateProblem(calibrationDraws(seed), { n, width });
  const descent = descend(problem, problem.start, { learningRate });
  const portion = Math.max(1, Math.min(steps, 20_000));
  for (let done = 0; done < steps; done += portion) {
    descent.run(Math.min(portion, steps - done));
    await tick?.(Math.min(1, (done + portion) / steps));
  }
  const { x, truth } = problem;
  const { loss } = descent.look();
  const fitted = fittedAt(descent.weights, width, x);
  const errors = fitted.map((value, i) => (value - truth[i]!) ** 2);
  const inner = [...errors].filter((_, i) => Math.abs(x[i]!) <= INNER);
  const draws = calibrationDraws(seed + 1000);
  const sharpness = powerIteration(problem, Float64Array.from({ length: problem.size }, draws.normal), {
    radius: SMALL,
  }).top(descent.weights);
  const knots = knotsOf(descent.weights, width);
  return {
    learningRate,
    seed,
    sharpness,
    trainingError: 2 * loss,
    error: mean(errors),
    innerError: mean(inner),
    ...bendsOf(knots, bendWeight(x)),
    bound: variationBound(1 / learningRate, loss, x),
    curvatureBound: variationBound(sharpness / 2, loss, x),
    knots,
    problem,
    weights: descent.weights,
  };
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}
