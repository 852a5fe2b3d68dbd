/**
 * SOAP against its algorithm in float64 with dense linear algebra (Vyas et al. 2024, algorithm 3, with the first update
 * skipped as in its authors' code).
 */
import { expect } from 'chai';
import { EigenvalueDecomposition, Matrix, QrDecomposition } from 'ml-matrix';
import { chain } from '../../src/chain/chain.js';
import { constant } from '../../src/chain/schedule.js';
import { emptyState, replaceState } from '../../src/chain/state.js';
import { scaleByLearningRate } from '../../src/chain/transforms/learning-rate.js';
import { piecesOf } from '../../src/preconditioners/tensors/blocks.js';
import { soap, type SoapOptions } from '../../src/preconditioners/tensors/soap.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { disposeNamed } from '../../src/tensor/named.js';
import { stream } from '../../src/tensor/rng.js';
import { type Scalar, tf } from '../../src/tensor/tf.js';
import { disposeState } from '../optimizers/problems.js';

const OPTIONS: SoapOptions = { beta1: 0.8, beta2: 0.9, decay: 0.85, epsilon: 1e-3, interval: 3, blockSize: 128 };
const STEPS = 11;

/** The updates that follow from gradients of one matrix. */
function reference(gradients: readonly Matrix[], { beta1, beta2, decay, epsilon, interval }: SoapOptions): Matrix[] {
  const [first, ...rest] = gradients;
  const outer = (g: Matrix): { left: Matrix; right: Matrix } => ({
    left: g.mmul(g.transpose()),
    right: g.transpose().mmul(g),
  });
  const blend = (a: Matrix, b: Matrix, beta: number): Matrix =>
    Matrix.add(Matrix.mul(a, beta), Matrix.mul(b, 1 - beta));
  const start = outer(first!);
  const factors = { left: Matrix.mul(start.left, 1 - decay), right: Matrix.mul(start.right, 1 - decay) };
  const basisOf = (factor: Matrix): Matrix => {
    const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(factor, { assumeSymmetric: true });
    const order = realEigenvalues.map((_, i) => i).sort((i, j) => realEigenvalues[j]! - realEigenvalues[i]!);
    return eigenvectorMatrix.subMatrixColumn(order);
  };
  const q = { left: basisOf(factors.left), right: basisOf(factors.right) };
  let m = Matrix.zeros(first!.rows, first!.columns);
  let v = m.clone();
  return rest.map((g, i) => {
    const t = i + 1;
    const into = (x: Matrix): Matrix => q.left.transpose().mmul(x).mmul(q.right);
    const back = (x: Matrix): Matrix => q.left.mmul(x).mmul(q.right.transpose());
    const projected = into(g);
    m = blend(m, projected, beta1);
    v = blend(v, Matrix.mul(projected, projected), beta2);
    const direction = Matrix.div(
      Matrix.div(m, 1 - beta1 ** t),
      Matrix.add(Matrix.sqrt(Matrix.div(v, 1 - beta2 ** t)), epsilon / Math.sqrt(1 - beta2 ** t)),
    );
    const update = back(direction);
    const own = outer(g);
    for (const side of ['left', 'right'] as const) factors[side] = blend(factors[side], own[side], decay);
    if (t % interval === 0) {
      const original = back(m);
      for (const side of ['left', 'right'] as const) {
        const image = factors[side].mmul(q[side]);
        const found = Array.from({ length: image.columns }, (_, j) =>
          Matrix.mul(q[side], image)
            .getColumn(j)
            .reduce((a, b) => a + b, 0),
        );
        const order = found.map((_, j) => j).sort((i2, j2) => found[j2]! - found[i2]!);
        q[side] = new QrDecomposition(image.subMatrixColumn(order)).orthogonalMatrix;
        v = side === 'left' ? v.subMatrixRow(order) : v.subMatrixColumn(order);
      }
      m = into(original);
    }
    return update;
  });
}

/** What the link makes of the same gradients: the weight's moves, turned round. */
function updatesOf(gradients: readonly Matrix[], options: SoapOptions): number[][] {
  const trainer = chain(soap(options), scaleByLearningRate(constant(1)));
  let state = emptyState;
  const found = gradients.map((g, step) => {
    const w = tf.zeros([g.rows, g.columns]);
    const evaluate = () => ({ loss: tf.scalar(1) as Scalar, gradients: { w: tf.tensor2d(g.to2DArray()) } });
    const next = trainer.step(evaluate, { w }, state, { step });
    state = replaceState(state, next.state);
    // What does not move is not among the new weights.
    const update = [...(next.parameters['w'] ?? w).dataSync()].map((value) => 0 - value);
    w.dispose();
    disposeNamed(next.parameters);
    return update;
  });
  disposeState(state);
  return found;
}

const gradientsOf = (rows: number, columns: number): Matrix[] => {
  const rng = stream('soap', rows, columns);
  return Array.from({ length: STEPS }, (_, i) =>
    Matrix.from1DArray(
      rows,
      columns,
      Array.from({ length: rows * columns }, (__, j) => rng.normal() * (j % 2 === 0 ? 1 : 0.3) + (i % 4) / 4),
    ),
  );
};

function expectClose(found: readonly number[], expected: readonly number[], what: string): void {
  const scale = Math.max(...expected.map(Math.abs));
  found.forEach((value, i) => expect(Math.abs(value - expected[i]!) / scale, `${what}, entry ${i}`).to.be.below(2e-3));
}

describe('SOAP', () => {
  before(() => loadBackend());

  for (const [rows, columns] of [
    [3, 2],
    // A larger null space would leave the basis open.
    [2, 3],
  ] as const)
    it(`takes the steps of its algorithm with a matrix of ${rows} by ${columns}, through ${Math.floor((STEPS - 1) / 3)} changes of the basis`, () => {
      const before = tf.memory().numTensors;
      const gradients = gradientsOf(rows, columns);
      const [first, ...updates] = updatesOf(gradients, OPTIONS);
      expect(first!.every((value) => value === 0)).to.equal(true);
      const expected = reference(gradients, OPTIONS);
      updates.forEach((update, i) => expectClose(update, expected[i]!.to1DArray(), `update ${i + 2}`));
      expect(tf.memory().numTensors).to.equal(before);
    });

  it('treats the blocks of a matrix as separate matrices, and reassembles them', () => {
    const gradients = gradientsOf(5, 3);
    const options = { ...OPTIONS, blockSize: 2 };
    const whole = updatesOf(gradients, options);
    for (const {
      begin: [top, left],
      size: [height, width],
    } of piecesOf([5, 3], 2)) {
      const [bottom, right] = [top + height - 1, left + width - 1];
      const blocks = updatesOf(
        gradients.map((g) => g.subMatrix(top, bottom, left, right)),
        options,
      );
      whole.forEach((update, step) => {
        const found = Matrix.from1DArray(5, 3, update).subMatrix(top, bottom, left, right).to1DArray();
        found.forEach((value, i) => expect(value).to.be.closeTo(blocks[step]![i]!, 1e-5));
      });
    }
  });

  it('scales a vector as Adam does, one update late', () => {
    const gradients = gradientsOf(1, 3);
    const [first, ...updates] = updatesOf(gradients, OPTIONS);
    expect(first!.every((value) => value === 0)).to.equal(true);
    const { beta1, beta2, epsilon } = OPTIONS;
    let [m, v] = [
      [0, 0, 0],
      [0, 0, 0],
    ];
    updates.forEach((update, i) => {
      const g = gradients[i + 1]!.getRow(0);
      m = m.map((value, j) => beta1 * value + (1 - beta1) * g[j]!);
      v = v.map((value, j) => beta2 * value + (1 - beta2) * g[j]! ** 2);
      const correction = Math.sqrt(1 - beta2 ** (i + 1)) / (1 - beta1 ** (i + 1));
      expectClose(
        update,
        m.map((value, j) => (value / (Math.sqrt(v[j]!) + epsilon)) * correction),
        `update ${i + 2}`,
      );
    });
  });
});
