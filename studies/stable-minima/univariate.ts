/**
 * Regression of one variable with a ReLU network, and what a minimum of it looks like (Qiao et al. 2024, arXiv
 * 2406.06838).
 */
import { type SmallProblem } from '../shared/float64/descent.js';
import { type Draws } from '../shared/float64/generator.js';

export interface Univariate extends SmallProblem {
  readonly x: Float64Array;
  /** The truth at the points. */
  readonly truth: Float64Array;
  /** Truth and noise. */
  readonly y: Float64Array;
  readonly width: number;
  /** First weights. */
  readonly start: Float64Array;
}

/** The calibrated truth: three straight pieces. */
export function truthAt(x: number): number {
  if (x < -0.3) return -1.2 * (x + 0.3) - 0.2;
  return x < 0.2 ? 1.5 * (x + 0.3) - 0.2 : -0.8 * (x - 0.2) + 0.55;
}

/**
 * f(x) = Σⱼ vⱼ·relu(uⱼx + bⱼ) + c on n points of [−1, 1] with noise of deviation σ; loss = mean of r²/2. Weights are u,
 * b, v, c. Draws: the noise, then all u, all b (uniform in ±1), all v (uniform in ±1/√width).
 */
export function univariateProblem({ normal, uniform }: Draws, { n = 30, width = 100, sigma = 0.5 } = {}): Univariate {
  const x = Float64Array.from({ length: n }, (_, i) => -1 + (2 * (i + 0.5)) / n);
  const truth = x.map(truthAt);
  const y = truth.map((value) => value + sigma * normal());
  const size = 3 * width + 1;
  const start = new Float64Array(size);
  for (let j = 0; j < 2 * width; j++) start[j] = 2 * uniform() - 1;
  for (let j = 2 * width; j < 3 * width; j++) start[j] = (2 * uniform() - 1) / Math.sqrt(width);
  const active = new Float64Array(width);
  return {
    x,
    truth,
    y,
    width,
    size,
    start,
    evaluate(weights, gradient) {
      gradient.fill(0);
      let loss = 0;
      for (let i = 0; i < n; i++) {
        const at = x[i]!;
        let output = weights[3 * width]!;
        for (let j = 0; j < width; j++) {
          const before = weights[j]! * at + weights[width + j]!;
          active[j] = before > 0 ? before : 0;
          output += weights[2 * width + j]! * active[j]!;
        }
        const residual = output - y[i]!;
        loss += (residual * residual) / 2;
        const share = residual / n;
        for (let j = 0; j < width; j++) {
          const a = active[j]!;
          if (a === 0) continue;
          const back = share * weights[2 * width + j]!;
          gradient[j]! += back * at;
          gradient[width + j]! += back;
          gradient[2 * width + j]! += share * a;
        }
        gradient[3 * width]! += share;
      }
      return loss / n;
    },
  };
}

/** f at each of `points`. */
export function fittedAt(weights: Float64Array, width: number, points: ArrayLike<number>): Float64Array {
  return Float64Array.from(points, (x) => {
    let output = weights[3 * width]!;
    for (let j = 0; j < width; j++)
      output += weights[2 * width + j]! * Math.max(0, weights[j]! * x + weights[width + j]!);
    return output;
  });
}

/** Where the fitted function bends, ascending, with the change of its slope there. */
export interface Knot {
  readonly at: number;
  readonly jump: number;
}

/** Knots t = −b/u with slope jumps v·|u|; equal ones as one where asked for. */
export function knotsOf(weights: Float64Array, width: number, { merge = false } = {}): Knot[] {
  const knots: Knot[] = [];
  for (let j = 0; j < width; j++) {
    const u = weights[j]!;
    if (u !== 0) knots.push({ at: -weights[width + j]! / u, jump: weights[2 * width + j]! * Math.abs(u) });
  }
  knots.sort((a, b) => a.at - b.at);
  if (!merge) return knots;
  return knots.reduce<Knot[]>((merged, knot) => {
    const last = merged.at(-1);
    if (last?.at !== knot.at) return [...merged, knot];
    return [...merged.slice(0, -1), { at: knot.at, jump: last.jump + knot.jump }];
  }, []);
}

/**
 * g = min(g−, g+) of the data: g−(t) = P(X<t)²·E[t − X | X<t]·√(1 + E[X | X<t]²), g+ likewise above t (Mulayoff et al.
 * 2021): how much a bend at t costs in curvature; zero outside the data.
 */
export function bendWeight(x: Float64Array): (t: number) => number {
  const side = (inside: (value: number) => boolean, t: number): number => {
    let [count, sum] = [0, 0];
    for (const value of x) {
      if (!inside(value)) continue;
      count++;
      sum += value;
    }
    if (count === 0) return 0;
    const mean = sum / count;
    return (count / x.length) ** 2 * Math.abs(t - mean) * Math.sqrt(1 + mean * mean);
  };
  return (t) =>
    Math.min(
      side((value) => value < t, t),
      side((value) => value > t, t),
    );
}

export interface Bends {
  /** ∫|f''| over [−1, 1]: the sum of |slope jumps|. */
  readonly variation: number;
  /** ∫|f''|·g. */
  readonly weighted: number;
  /** Knots in [−1, 1]. */
  readonly count: number;
  /** The fewest knots that make up 90 % of the variation. */
  readonly most: number;
}

/** What the knots within [−1, 1] add up to. */
export function bendsOf(knots: readonly Knot[], weight: (t: number) => number): Bends {
  const inside = knots.filter(({ at }) => Math.abs(at) <= 1);
  const sizes = inside.map(({ jump }) => Math.abs(jump)).sort((a, b) => b - a);
  const variation = sizes.reduce((sum, size) => sum + size, 0);
  let [reached, most] = [0, 0];
  while (most < sizes.length && reached < 0.9 * variation) reached += sizes[most++]!;
  return {
    variation,
    weighted: inside.reduce((sum, { at, jump }) => sum + Math.abs(jump) * weight(at), 0),
    count: inside.length,
    most,
  };
}

/**
 * 1/η − ½ + c·√(2L) with c = √(1 + x²max)/2: what the weighted variation of a stable minimum cannot exceed. For any
 * point: the same with λ_max/2.
 */
export function variationBound(halfCurvature: number, loss: number, x: Float64Array): number {
  const largest = x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return halfCurvature - 0.5 + (Math.sqrt(1 + largest * largest) / 2) * Math.sqrt(2 * loss);
}
