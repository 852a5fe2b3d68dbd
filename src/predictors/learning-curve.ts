/**
 * Predicts the final result of a training from its epochs so far: parametric learning curves (Domhan, Springenberg &
 * Hutter 2015, table 1) fitted by least squares and averaged over their shapes.
 */
import { WeftError } from '../errors.js';
import { largestOf } from '../statistics/extremes.js';
import { leastOn } from '../statistics/minimize.js';
import { studentBelow } from '../statistics/student-t.js';

/** The predicted course of a training. */
export interface LearningCurve {
  /** The expected value after this many epochs. */
  at(epoch: number): number;
  /** The probability that the value after this many epochs is below the limit. */
  chanceBelow(epoch: number, limit: number): number;
}

/** Minimum number of epochs for a prediction: a curve has three parameters, and one more value shows its error. */
export const FEWEST_EPOCHS = 4;

/** y(t) = a + b φ(t) + noise with a, b ≥ 0, so that a is the limit of training. */
interface Law {
  /** φ for a rate c > 0; falls from 1 at the first epoch to 0. */
  readonly shape: (epoch: number, rate: number) => number;
  readonly slowest: number;
  readonly fastest: number;
}

const LAWS: readonly Law[] = [
  { shape: (epoch, rate) => epoch ** -rate, slowest: 0.05, fastest: 5 }, // pow3
  { shape: (epoch, rate) => Math.exp(-rate * (epoch - 1)), slowest: 0.005, fastest: 5 }, // exp4 with an exponent of 1
];

/** Rates of each curve, evenly spaced on a logarithmic scale. */
const RATES = 40;

/** Below this fraction of the largest value the noise is rounding error. */
const RESOLUTION = 1e-12;

interface Fit {
  readonly asymptote: number;
  readonly amplitude: number;
  /** Sum of squared residuals. */
  readonly error: number;
  readonly shape: (epoch: number) => number;
  /** Mean of the shape over the epochs, and its summed squared deviation from it. */
  readonly mean: number;
  readonly spread: number;
}

/**
 * Fits values after 1, 2, …, n epochs that are non-negative and better when lower, such as losses or error rates;
 * undefined below `FEWEST_EPOCHS`. For each law and each rate c the best a, b ≥ 0 are in closed form; a fit weighs (SSE
 * + n s²)^(-n/2), its likelihood at the most likely variance of the noise, with s the standard error of a value.
 * Without that term, a fit to few epochs would be overconfident. Given the fit, a value is distributed as Student's t
 * with n - 2 degrees of freedom about a + b φ(t), as in linear regression. The curves only decrease: for one that
 * rises, such as the loss of an overfitting network, the mean is predicted. Throws WeftError('numeric') for values that
 * are not finite or negative.
 */
export function fitLearningCurve(values: readonly number[], standardError = 0): LearningCurve | undefined {
  const strange = values.findIndex((value) => !Number.isFinite(value) || value < 0);
  if (strange >= 0)
    throw new WeftError(
      'numeric',
      `the value after epoch ${strange + 1} of a learning curve is ${values[strange]}`,
      'give losses or shares of errors, up to the epoch at which the training diverged',
    );
  const count = values.length;
  if (count < FEWEST_EPOCHS) return undefined;
  const noise = standardError ** 2 + (RESOLUTION * largestOf([...values, Number.MIN_VALUE])) ** 2;
  const fits = LAWS.flatMap((law) => fitsOf(law, values));
  const scores = fits.map(({ error }) => (-count / 2) * Math.log(error + count * noise));
  const best = Math.max(...scores);
  const raw = scores.map((score) => Math.exp(score - best));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  const average = (of: (fit: Fit) => number): number =>
    fits.reduce((sum, fit, i) => (raw[i] === 0 ? sum : sum + (raw[i]! / total) * of(fit)), 0);
  return {
    at: (epoch) => average((fit) => valueOf(fit, epoch)),
    chanceBelow: (epoch, limit) =>
      average((fit) => {
        const variance = fit.error / (count - 2) + noise;
        const distance = fit.spread > 0 ? (fit.shape(epoch) - fit.mean) ** 2 / fit.spread : 0;
        const scale = Math.sqrt(variance * (1 + 1 / count + distance));
        return studentBelow((limit - valueOf(fit, epoch)) / scale, count - 2);
      }),
  };
}

const valueOf = ({ asymptote, amplitude, shape }: Fit, epoch: number): number => asymptote + amplitude * shape(epoch);

/** A fit for each rate, and one for the best-fitting rate between two of them. */
function fitsOf({ shape, slowest, fastest }: Law, values: readonly number[]): Fit[] {
  const step = Math.log(fastest / slowest) / (RATES - 1);
  const at = (place: number): Fit => {
    const rate = slowest * Math.exp(step * place);
    return fit((epoch) => shape(epoch, rate), values);
  };
  const grid = Array.from({ length: RATES }, (_, place) => at(place));
  const best = grid.reduce((least, { error }, place) => (error < grid[least]!.error ? place : least), 0);
  const between = leastOn(Math.max(0, best - 1), Math.min(RATES - 1, best + 1), (place) => at(place).error);
  return [...grid, at(between)];
}

/** The least squares of y = a + b φ with a, b ≥ 0: without the bounds, or on one of them. */
function fit(shape: (epoch: number) => number, values: readonly number[]): Fit {
  const shapes = values.map((_, i) => shape(i + 1));
  const mean = meanOf(shapes);
  const level = meanOf(values);
  const spread = sumOf(shapes, (x) => (x - mean) ** 2);
  const slope = spread > 0 ? sumOf(shapes, (x, i) => (x - mean) * (values[i]! - level)) / spread : 0;
  let [asymptote, amplitude] = [level - slope * mean, slope];
  if (amplitude < 0) [asymptote, amplitude] = [level, 0];
  else if (asymptote < 0)
    [asymptote, amplitude] = [0, sumOf(shapes, (x, i) => x * values[i]!) / sumOf(shapes, (x) => x * x)];
  const error = sumOf(shapes, (x, i) => (values[i]! - asymptote - amplitude * x) ** 2);
  return { asymptote, amplitude, error, shape, mean, spread };
}

const sumOf = (values: readonly number[], of: (value: number, index: number) => number): number =>
  values.reduce((sum, value, index) => sum + of(value, index), 0);

const meanOf = (values: readonly number[]): number => sumOf(values, (value) => value) / values.length;
