/** Student's t distribution, for any positive number of degrees of freedom. */
import { gammaln } from 'simple-statistics';

/**
 * P(|T| ≥ |t|) = I_x(ν/2, 1/2) with x = ν / (ν + t²), I the regularized incomplete beta function (Abramowitz & Stegun
 * 1964, 26.7.1).
 */
export function twoSidedP(t: number, degrees: number): number {
  if (Number.isNaN(t) || !(degrees > 0)) return NaN;
  const square = t * t;
  if (square === Infinity) return 0;
  // Of 1 - x and x, the one not obtained by subtraction is passed on.
  return incompleteBeta(degrees / (degrees + square), square / (degrees + square), degrees / 2, 1 / 2);
}

/** P(T < t). */
export function studentBelow(t: number, degrees: number): number {
  const tail = twoSidedP(t, degrees) / 2;
  return t < 0 ? tail : 1 - tail;
}

/** The t that |T| exceeds with probability `p`, to double precision by bisection. */
export function twoSidedQuantile(p: number, degrees: number): number {
  if (!(p > 0 && p <= 1 && degrees > 0)) return NaN;
  let [low, high] = [0, 1];
  while (twoSidedP(high, degrees) > p) [low, high] = [high, 2 * high];
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (twoSidedP(middle, degrees) > p) low = middle;
    else high = middle;
  }
  return high;
}

/** I_x(a, b), given x and 1 - x, by its continued fraction (DLMF 8.17.22), on the side where that converges fast. */
function incompleteBeta(x: number, rest: number, a: number, b: number): number {
  if (x === 0 || rest === 0) return x === 0 ? 0 : 1;
  const front = Math.exp(gammaln(a + b) - gammaln(a) - gammaln(b) + a * Math.log(x) + b * Math.log(rest));
  return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(rest, b, a)) / b;
}

/** The continued fraction of the incomplete beta function by Lentz's method. */
function fraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const apart = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / apart(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= 1000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / apart(1 + even * d);
    c = apart(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / apart(1 + odd * d);
    c = apart(1 + odd / c);
    const step = d * c;
    result *= step;
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return result;
}
