/** Minimization of functions of one variable. */

const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** Each iteration narrows the interval by the golden ratio: together, to below double precision. */
const STEPS = 80;

/** The minimizer of a unimodal function between `low` and `high`, by golden-section search (Kiefer 1953). */
export function leastOn(low: number, high: number, of: (x: number) => number): number {
  let [from, to] = [low, high];
  let [left, right] = [to - GOLDEN * (to - from), from + GOLDEN * (to - from)];
  let [atLeft, atRight] = [of(left), of(right)];
  for (let step = 0; step < STEPS; step++) {
    if (atLeft <= atRight) {
      [to, right, atRight] = [right, left, atLeft];
      left = to - GOLDEN * (to - from);
      atLeft = of(left);
    } else {
      [from, left, atLeft] = [left, right, atRight];
      right = from + GOLDEN * (to - from);
      atRight = of(right);
    }
  }
  return atLeft <= atRight ? left : right;
}
