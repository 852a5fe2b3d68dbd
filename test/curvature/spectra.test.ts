/**
 * Operators with known spectra.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import {
  denseMatrix,
  densityCurve,
  disposeEigenpairs,
  extremeEigenpairs,
  hutchinsonDiagonal,
  hutchinsonTrace,
  hutchPlusPlusTrace,
  lanczos,
  matrixOperator,
  ritz,
  spectralDensity,
  topEigenvalue,
  type LinearOperator,
} from '../../src/curvature/index.js';
import { WeftError } from '../../src/errors.js';
import { qr } from '../../src/tensor/linalg/index.js';
import { stream } from '../../src/tensor/rng.js';
import { tf, tidy, type Tensor1D, type Tensor2D } from '../../src/tensor/tf.js';
import { loads, NATIVE } from '../tensor/backends.js';

/** A symmetric operator with these eigenvalues in a random basis. */
function operatorWith(eigenvalues: readonly number[], seed = 0): LinearOperator & { matrix: Tensor2D } {
  const n = eigenvalues.length;
  const rng = stream('spectra', seed);
  const matrix = tidy(() => {
    const { q } = qr(
      tf.tensor2d(
        Float32Array.from({ length: n * n }, () => rng.normal()),
        [n, n],
      ),
    );
    return tf.matMul(tf.mul(q, tf.tensor1d([...eigenvalues])), q, false, true) as Tensor2D;
  });
  return { ...matrixOperator(matrix), matrix };
}

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** n eigenvalues: most near zero, a few far out at both ends, as Hessians have them. */
const SPIKED = [...Array.from({ length: 95 }, (_, i) => -0.2 + 0.005 * i), -3, -1.5, 4, 7, 10];

describe('spectra from products alone', () => {
  before(async function () {
    if (!(await loads(NATIVE))) await loads('cpu');
  });

  it('stops at the first multiple of five steps at which all residuals are small enough', () => {
    const even = Array.from({ length: 100 }, (_, i) => i / 100);
    const operators = [SPIKED, even, [...even.map((value) => 1e-3 * value), 10]].map((values) => operatorWith(values));
    for (const operator of operators)
      for (const tolerance of [0.1, 0.01, 0.001]) {
        const largestResidual = (steps: number): number => {
          const { largest, smallest } = extremeEigenpairs(operator, { steps, tolerance: 0 });
          const pairs = [...largest, ...smallest];
          const share =
            Math.max(...pairs.map(({ residual }) => residual)) / Math.max(...pairs.map(({ value }) => Math.abs(value)));
          disposeEigenpairs(pairs);
          return share;
        };
        const expected = [5, 10, 15, 20, 25, 30, 35, 40].find((steps) => largestResidual(steps) <= tolerance) ?? 40;
        const { largest, smallest, steps } = extremeEigenpairs(operator, { tolerance });
        disposeEigenpairs([...largest, ...smallest]);
        expect(steps, `tolerance ${tolerance}`).to.equal(expected);
      }
    for (const { matrix } of operators) matrix.dispose();
  });

  it('Lanczos finds every eigenvalue of a small matrix with its multiplicity', () => {
    for (const eigenvalues of [[-2, -1, 0.5, 3, 7], [2, 2, 2, 5, 5, -1], [1, 1, 1], [0, 0, 4], [3]]) {
      const before = tf.memory().numTensors;
      const operator = operatorWith(eigenvalues);
      const tridiagonal = lanczos(operator, { steps: 100 });
      const found = ritz(tridiagonal).values;
      expect(found).to.have.length(eigenvalues.length);
      [...eigenvalues].sort((a, b) => a - b).forEach((value, i) => expect(found[i]).to.be.closeTo(value, 1e-4));
      const { basis } = tridiagonal;
      expect(
        tidy(
          () => tf.max(tf.abs(tf.sub(tf.matMul(basis, basis, false, true), tf.eye(eigenvalues.length)))).dataSync()[0],
        ),
      ).to.be.below(1e-5);
      tf.dispose([basis, operator.matrix]);
      expect(tf.memory().numTensors).to.equal(before);
    }
  });

  it('the ends of a spiked spectrum are found in a third of its size, eigenvectors and error bars with them', () => {
    const operator = operatorWith(SPIKED);
    const { largest, smallest, steps } = extremeEigenpairs(operator, { largest: 3, smallest: 2, tolerance: 1e-4 });
    expect(largest.map(({ value }) => Number(value.toFixed(3)))).to.deep.equal([10, 7, 4]);
    expect(smallest.map(({ value }) => Number(value.toFixed(3)))).to.deep.equal([-3, -1.5]);
    expect(steps).to.be.below(34);
    for (const { value, vector, residual } of [...largest, ...smallest]) {
      expect(residual).to.be.below(5e-3);
      tidy(() => {
        expect(tf.norm(vector).dataSync()[0]).to.be.closeTo(1, 1e-5);
        const image = operator.apply(vector);
        expect(tf.norm(tf.sub(image, tf.mul(vector, value))).dataSync()[0]).to.be.closeTo(residual, 1e-6);
      });
    }
    disposeEigenpairs([...largest, ...smallest]);
    operator.matrix.dispose();
  });

  it('some eigenvalue is always within the error bar, converged or not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 3, maxLength: 12 }),
        fc.integer({ min: 1, max: 6 }),
        (eigenvalues, steps) => {
          const operator = operatorWith(eigenvalues);
          const { largest, smallest } = extremeEigenpairs(operator, { steps, tolerance: 0 });
          for (const { value, residual } of [...largest, ...smallest]) {
            expect(Math.min(...eigenvalues.map((exact) => Math.abs(exact - value)))).to.be.at.most(residual + 1e-4);
          }
          disposeEigenpairs([...largest, ...smallest]);
          operator.matrix.dispose();
        },
      ),
      { numRuns: 25 },
    );
  });

  it('a warm start takes fewer steps, and the same seed gives the same result', () => {
    const operator = operatorWith(SPIKED);
    const cold = extremeEigenpairs(operator, { smallest: 0, seed: 3 });
    const again = extremeEigenpairs(operator, { smallest: 0, seed: 3 });
    expect(again.largest[0]!.value).to.equal(cold.largest[0]!.value);
    const warm = extremeEigenpairs(operator, { smallest: 0, start: cold.largest[0]!.vector });
    expect(warm.steps).to.be.below(cold.steps);
    expect(warm.largest[0]!.value).to.be.closeTo(10, 1e-3);
    disposeEigenpairs([...cold.largest, ...again.largest, ...warm.largest]);
    expect(topEigenvalue(operator).value).to.be.closeTo(10, 1e-2);
    const short = tf.ones([3]) as Tensor1D;
    expect(() => extremeEigenpairs(operator, { start: short })).to.throw(
      WeftError,
      /start of 3 numbers for an operator of size 100/,
    );
    tf.dispose([short, operator.matrix]);
  });

  it('an operator that returns NaN is an error, and nothing is left behind', () => {
    const before = tf.memory().numTensors;
    let calls = 0;
    const operator: LinearOperator = {
      size: 4,
      apply: (v) => (calls++ < 2 ? tf.mul(v, tf.range(1, 5)) : tf.fill([4], NaN)) as Tensor1D,
    };
    expect(() => tidy(() => extremeEigenpairs(operator))).to.throw(WeftError, /NaN or infinity/);
    expect(tf.memory().numTensors).to.equal(before);
  });

  it("Hutchinson's trace of a diagonal operator is exact from one sample", () => {
    const operator: LinearOperator = { size: 3, apply: (v) => tidy(() => tf.mul(v, tf.tensor1d([1, 2, 4]))) };
    expect(hutchinsonTrace(operator, { samples: 1 }).trace).to.equal(7);
    expect(hutchinsonTrace(operator)).to.deep.equal({ trace: 7, standardError: 0, products: 10 });
    const diagonal = hutchinsonDiagonal(operator, { samples: 1 });
    expect([...diagonal.dataSync()]).to.deep.equal([1, 2, 4]);
    diagonal.dispose();
  });

  it("Hutchinson's error bar is the theoretical one, and covers the trace", () => {
    const operator = operatorWith(SPIKED);
    const a = operator.matrix.arraySync();
    const variance = 2 * total(a.flatMap((row, i) => row.map((value, j) => (i === j ? 0 : value ** 2))));
    let covered = 0;
    for (let seed = 0; seed < 20; seed++) {
      const { trace, standardError, products } = hutchinsonTrace(operator, { samples: 60, tolerance: 0, seed });
      expect(products).to.equal(60);
      expect(standardError).to.be.within(0.6 * Math.sqrt(variance / 60), 1.6 * Math.sqrt(variance / 60));
      if (Math.abs(trace - total(SPIKED)) < 2 * standardError) covered++;
    }
    expect(covered).to.be.at.least(16);
    const { standardError, trace, products } = hutchinsonTrace(operator, { samples: 2000, tolerance: 0.08 });
    expect(standardError).to.be.at.most(0.08 * trace);
    expect(products).to.be.within(10, 1999);
    operator.matrix.dispose();
  });

  it('Hutch++ is exact for an operator of low rank, and better than Hutchinson for a spiked one', () => {
    const before = tf.memory().numTensors;
    const low = operatorWith([5, 3, -2, ...new Array<number>(47).fill(0)]);
    expect(hutchPlusPlusTrace(low, { products: 15 }).trace).to.be.closeTo(6, 1e-3);
    low.matrix.dispose();
    const spiked = operatorWith(SPIKED);
    const errors = (estimate: (seed: number) => number): number =>
      total(Array.from({ length: 8 }, (_, seed) => (estimate(seed) - total(SPIKED)) ** 2));
    const plain = errors((seed) => hutchinsonTrace(spiked, { samples: 45, tolerance: 0, seed }).trace);
    expect(errors((seed) => hutchPlusPlusTrace(spiked, { products: 45, seed }).trace)).to.be.below(plain / 4);
    spiked.matrix.dispose();
    expect(tf.memory().numTensors).to.equal(before);
  });

  it('the density has mass one, the moments of the spectrum, and its shares of outliers', () => {
    const before = tf.memory().numTensors;
    const operator = operatorWith(SPIKED);
    const density = spectralDensity(operator, { probes: 30, steps: 30 });
    const moment = (order: number): number =>
      total(density.nodes.map((node, i) => density.weights[i]! * node ** order));
    const exact = (order: number): number => total(SPIKED.map((value) => value ** order)) / SPIKED.length;
    expect(moment(0)).to.be.closeTo(1, 1e-9);
    expect(moment(1)).to.be.closeTo(exact(1), 0.08);
    expect(moment(2)).to.be.closeTo(exact(2), 0.5);
    expect(total(density.weights.filter((_, i) => density.nodes[i]! < 1 && density.nodes[i]! > -1))).to.be.closeTo(
      0.95,
      0.02,
    );
    const { x, y } = densityCurve(density, { points: 2000 });
    expect(total(y) * (x[1]! - x[0]!)).to.be.closeTo(1, 1e-3);
    expect(x[0]).to.be.below(-3);
    expect(x.at(-1)).to.be.above(10);
    // A spectrum without a range is drawn 1 % of its value wide, and one at zero .01 wide.
    for (const [node, sigma] of [
      [2, 0.02],
      [0, 0.01],
    ] as const) {
      const line = densityCurve({ nodes: [node], weights: [1] }, { points: 3 });
      [node - 3 * sigma, node, node + 3 * sigma].forEach((at, i) => expect(line.x[i]).to.be.closeTo(at, 1e-12));
      expect(line.y[1]).to.be.closeTo(1 / (sigma * Math.sqrt(2 * Math.PI)), 1e-9);
    }
    operator.matrix.dispose();
    expect(tf.memory().numTensors).to.equal(before);
  });

  it('convergence is checked after every fifth product, and a trace ends at 5 % by default', () => {
    const counted = (operator: LinearOperator): { operator: LinearOperator; count(): number } => {
      let count = 0;
      const apply = (v: Tensor1D): Tensor1D => {
        count++;
        return operator.apply(v);
      };
      return { operator: { ...operator, apply }, count: () => count };
    };
    const spiked = operatorWith(SPIKED);
    const ends = counted(spiked);
    const pairs = extremeEigenpairs(ends.operator, { largest: 2, smallest: 1, steps: 100 });
    // One more product for the error bar of each.
    expect(ends.count() - 3)
      .to.be.within(10, 60)
      .and.to.satisfy((steps: number) => steps % 5 === 0);
    disposeEigenpairs([...pairs.largest, ...pairs.smallest]);
    const sampled = counted(spiked);
    const estimate = hutchinsonTrace(sampled.operator, { samples: 5000 });
    expect(sampled.count()).to.equal(estimate.products);
    expect(estimate.standardError).to.be.at.most(0.05 * Math.abs(estimate.trace));
    const looser = hutchinsonTrace(spiked, { samples: 5000, tolerance: 0.1 });
    expect(looser.products).to.be.below(estimate.products);
    spiked.matrix.dispose();
  });

  it('the matrix of an operator has its products as columns', () =>
    tidy(() => {
      const rotation: LinearOperator = {
        size: 2,
        apply: (v) => {
          const [a, b] = v.dataSync();
          return tf.tensor1d([0 - b!, 2 * a!]);
        },
      };
      expect(denseMatrix(rotation).arraySync()).to.deep.equal([
        [0, -1],
        [2, 0],
      ]);
    }));

  it('the density of a multiple of the identity is a single peak', () => {
    const operator: LinearOperator = { size: 10, apply: (v) => tf.mul(v, 3) };
    const { nodes, weights } = spectralDensity(operator, { probes: 2 });
    nodes.forEach((node) => expect(node).to.be.closeTo(3, 1e-5));
    expect(total(weights)).to.be.closeTo(1, 1e-9);
  });
});
