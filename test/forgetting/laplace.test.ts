/**
 * Two linear Gaussian models with common data: the Laplace terms against the Gaussian marginal, which is known in
 * closed form (U3).
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { logMarginal, sharedCurvature, twoModelTerm } from '../../src/forgetting/laplace.js';
import { stream } from '../../src/tensor/rng.js';

const PRIVATE = 2;
const SHARED = 2;
const EXAMPLES = 5;
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** Gaussian elimination with pivots: the solution of a x = b, and log|det a|. */
function eliminate(a: number[][], b: number[]): { x: number[]; logDeterminant: number } {
  const rows = a.map((row, i) => [...row, b[i]!]);
  let logDeterminant = 0;
  for (let i = 0; i < rows.length; i++) {
    const pivot =
      rows.slice(i).reduce((most, row, k) => (Math.abs(row[i]!) > Math.abs(rows[i + most]![i]!) ? k : most), 0) + i;
    [rows[i], rows[pivot]] = [rows[pivot]!, rows[i]!];
    logDeterminant += Math.log(Math.abs(rows[i]![i]!));
    for (let k = 0; k < rows.length; k++) {
      if (k === i) continue;
      const factor = rows[k]![i]! / rows[i]![i]!;
      rows[k] = rows[k]!.map((value, j) => value - factor * rows[i]![j]!);
    }
  }
  return { x: rows.map((row, i) => row.at(-1)! / row[i]!), logDeterminant };
}

/** y = X₁θ₁ + Xₛθₛ + noise of variance 1/2, prior variance 2 for every weight. */
function model(seed: number) {
  const rng = stream(seed, 'laplace');
  const [noise, prior] = [0.5, 2];
  const x = Array.from({ length: EXAMPLES }, () => Array.from({ length: PRIVATE + SHARED }, () => rng.normal()));
  const y = x.map(() => rng.normal());
  const hessian = Array.from({ length: PRIVATE + SHARED }, (_, i) =>
    Array.from(
      { length: PRIVATE + SHARED },
      (__, j) => x.reduce((sum, row) => sum + (row[i]! * row[j]!) / noise, 0) + (i === j ? 1 / prior : 0),
    ),
  );
  const { x: optimum } = eliminate(
    hessian,
    hessian.map((_, i) => x.reduce((sum, row, n) => sum + (row[i]! * y[n]!) / noise, 0)),
  );
  const logDensity = (theta: readonly number[]): number =>
    x.reduce((sum, row, n) => sum - (y[n]! - dot(row, theta)) ** 2 / (2 * noise), 0) -
    (EXAMPLES / 2) * Math.log(2 * Math.PI * noise) -
    dot(theta, theta) / (2 * prior) -
    (theta.length / 2) * Math.log(2 * Math.PI * prior);
  /** log N(y; Xₛθₛ, noise·I + prior·X₁X₁ᵀ) + log N(θₛ; 0, prior). */
  const marginal = (shared: readonly number[]): number => {
    const rest = x.map((row, n) => y[n]! - dot(row.slice(PRIVATE), shared));
    const covariance = x.map((a, i) =>
      x.map((b, j) => prior * dot(a.slice(0, PRIVATE), b.slice(0, PRIVATE)) + (i === j ? noise : 0)),
    );
    const { x: solved, logDeterminant } = eliminate(covariance, rest);
    return (
      -dot(rest, solved) / 2 -
      logDeterminant / 2 -
      (EXAMPLES / 2) * Math.log(2 * Math.PI) -
      dot(shared, shared) / (2 * prior) -
      (SHARED / 2) * Math.log(2 * Math.PI * prior)
    );
  };
  return { point: { value: logDensity(optimum), hessian, privateCount: PRIVATE }, optimum, marginal };
}

describe('the Laplace terms of two models', () => {
  it('the marginal over private weights is exact for a linear Gaussian model', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: SHARED, maxLength: SHARED }),
        (seed, v) => {
          const { point, optimum, marginal } = model(seed);
          const exact = marginal(v.map((value, i) => optimum[PRIVATE + i]! + value));
          expect(Math.abs(logMarginal(point, v) - exact)).to.be.below(1e-6 * Math.max(1, Math.abs(exact)));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('cancel for a diagonal Hessian, and lower the posterior otherwise', () => {
    const diagonal = [
      [2, 0, 0],
      [0, 3, 0],
      [0, 0, 5],
    ];
    expect(sharedCurvature({ hessian: diagonal, privateCount: 1 })).to.deep.equal([
      [3, 0],
      [0, 5],
    ]);
    expect(twoModelTerm({ value: 0, hessian: diagonal, privateCount: 1 }, [0.7, -1.3])).to.equal(0);
    expect(
      twoModelTerm(
        {
          value: 0,
          hessian: [
            [2, 1],
            [1, 3],
          ],
          privateCount: 1,
        },
        [2],
      ),
    ).to.equal(-1); // -½ v (1/2) v
  });

  it('refuse a Hessian that is not that of a maximum', () => {
    expect(() =>
      sharedCurvature({
        hessian: [
          [-1, 0],
          [0, 1],
        ],
        privateCount: 1,
      }),
    ).to.throw(/not positive definite/);
  });
});
