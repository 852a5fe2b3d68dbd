/**
 * The calibrated problem: a tanh network of one input fitted to a Chebyshev polynomial, after the toys of Cohen et al.
 * (2021).
 */
import { type SmallProblem } from '../shared/float64/descent.js';
import { type Draws } from '../shared/float64/generator.js';

const POINTS = 20;

/**
 * f(x) = Σⱼ vⱼ·tanh(uⱼx + bⱼ) against T₄ on equidistant points of [−1, 1]; loss = mean of r²/2. Weights are u, b, v,
 * one after another.
 */
export function chebyshevProblem(hidden = 100): SmallProblem {
  const x = Float64Array.from({ length: POINTS }, (_, i) => -1 + (2 * i) / (POINTS - 1));
  const y = x.map((at) => 8 * at ** 4 - 8 * at ** 2 + 1);
  const activations = new Float64Array(hidden);
  return {
    size: 3 * hidden,
    evaluate(weights, gradient) {
      gradient.fill(0);
      let loss = 0;
      for (let i = 0; i < POINTS; i++) {
        const at = x[i]!;
        let output = 0;
        for (let j = 0; j < hidden; j++) {
          // tanh, in half the time of Math.tanh.
          const a = 1 - 2 / (Math.exp(2 * (weights[j]! * at + weights[hidden + j]!)) + 1);
          activations[j] = a;
          output += weights[2 * hidden + j]! * a;
        }
        const residual = output - y[i]!;
        loss += (residual * residual) / 2;
        const share = residual / POINTS;
        for (let j = 0; j < hidden; j++) {
          const a = activations[j]!;
          const back = share * weights[2 * hidden + j]! * (1 - a * a);
          gradient[j]! += back * at;
          gradient[hidden + j]! += back;
          gradient[2 * hidden + j]! += share * a;
        }
      }
      return loss / POINTS;
    },
  };
}

/**
 * First weights (u and v normal, u 1.9 times wider, b zero), then a start for the power iteration, in the order of the
 * calibration.
 */
export function chebyshevStart({ normal }: Draws, hidden = 100): { weights: Float64Array; direction: Float64Array } {
  const weights = new Float64Array(3 * hidden);
  const deviation = Math.sqrt(2 / (1 + hidden));
  for (let j = 0; j < hidden; j++) {
    weights[j] = 1.9 * deviation * normal();
    weights[2 * hidden + j] = deviation * normal();
  }
  return { weights, direction: Float64Array.from({ length: 3 * hidden }, normal) };
}
