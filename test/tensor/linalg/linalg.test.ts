import { expect } from 'chai';
import { WeftError } from '../../../src/errors.js';
import { gradientsOf } from '../../../src/tensor/autodiff.js';
import {
  cholesky,
  choleskySolve,
  damped,
  eigh,
  inverse,
  logDeterminant,
  qr,
  ridgedInverseRoot,
  solve,
  triangularSolve,
} from '../../../src/tensor/linalg/index.js';
import { type NamedTensors, squaredNorm } from '../../../src/tensor/named.js';
import { stream } from '../../../src/tensor/rng.js';
import { tf, tidy, type Scalar, type Tensor } from '../../../src/tensor/tf.js';
import { NATIVE, onEachBackend } from '../backends.js';

const rng = stream('linalg');
const random = (...shape: number[]): Tensor =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal()),
    shape,
  );
const eye = (like: Tensor): Tensor => tf.mul(tf.eye(like.shape.at(-1)!), tf.onesLike(like));
const scaledColumns = (a: Tensor, d: Tensor): Tensor => tf.mul(a, tf.expandDims(d, -2));

/** A·Aᵀ/n + ½: symmetric, with eigenvalues from ½ to about 4½. */
const positive = (a: Tensor): Tensor =>
  tf.add(tf.div(tf.matMul(a, a, false, true), a.shape.at(-1)!), tf.mul(0.5, tf.eye(a.shape.at(-2)!)));

/** ‖found − expected‖ / ‖expected‖. */
const error = (found: Tensor, expected: Tensor): number => {
  expect(found.shape).to.deep.equal(expected.shape);
  return tf.div(tf.norm(tf.sub(found, expected)), tf.norm(expected)).dataSync()[0]!;
};

const numeric = (f: () => unknown, message: RegExp): void => {
  expect(f).to.throw(WeftError, message).with.property('code', 'numeric');
};

describe('linear algebra', () => {
  onEachBackend((backend) => {
    const slack = backend === NATIVE ? 10 : 1;

    for (const precision of ['float32', 'float64'] as const) {
      for (const [label, shape] of [
        ['one matrix', [24, 24]],
        ['a batch', [2, 3, 8, 8]],
      ] as const) {
        it(`residuals of ${label} in ${precision}`, () => {
          const before = tf.memory().numTensors;
          tidy(() => {
            const a = random(...shape);
            const s = positive(a);
            const b = random(...shape.slice(0, -1), 3);
            const l = cholesky(s, { precision });
            expect(error(tf.matMul(l, l, false, true), s)).to.be.below(1e-6);
            expect(tf.max(tf.abs(tf.sub(l, tf.linalg.bandPart(l, -1, 0)))).dataSync()[0]).to.equal(0);
            expect(error(tf.matMul(l, triangularSolve(l, b, { precision })), b)).to.be.below(1e-5);
            expect(error(tf.matMul(l, triangularSolve(l, b, { precision, adjoint: true }), true), b)).to.be.below(1e-5);
            expect(error(tf.matMul(s, choleskySolve(l, b, { precision })), b)).to.be.below(1e-5);

            const general = tf.add(a, tf.mul(2 * Math.sqrt(shape.at(-1)!), tf.eye(shape.at(-1)!)));
            expect(error(tf.matMul(general, solve(general, b, { precision })), b)).to.be.below(1e-5);
            expect(error(tf.matMul(general, solve(general, b, { precision, adjoint: true }), true), b)).to.be.below(
              1e-5,
            );
            expect(error(tf.matMul(inverse(general, { precision }), general), eye(a))).to.be.below(1e-5);

            const { values, vectors } = eigh(s, { precision });
            expect(error(tf.matMul(scaledColumns(vectors, values), vectors, false, true), s)).to.be.below(2e-6 * slack);
            expect(error(tf.matMul(vectors, vectors, true), eye(a))).to.be.below(2e-6 * slack);

            expect(error(logDeterminant(s, { precision }), tf.sum(tf.log(values), -1))).to.be.below(1e-5);
          });
          expect(tf.memory().numTensors, 'tensors left behind').to.equal(before);
        });
      }
    }

    for (const [rows, columns] of [
      [12, 7],
      [7, 7],
    ] as const) {
      it(`QR of ${rows}x${columns}`, () =>
        tidy(() => {
          const a = random(2, rows, columns);
          const { q, r } = qr(a);
          expect(error(tf.matMul(q, r), a)).to.be.below(1e-5);
          expect(error(tf.matMul(q, q, true), eye(r))).to.be.below(1e-5);
          expect(Math.min(...tf.mul(r, tf.eye(columns)).dataSync())).to.be.at.least(0);
          expect(tf.max(tf.abs(tf.sub(r, tf.linalg.bandPart(r, 0, -1)))).dataSync()[0]).to.equal(0);
        }));
    }

    const shapes: Record<string, number[]> = { a: [5, 5], tall: [7, 5], b: [5, 3] };
    const shifted = (a: Tensor): Tensor => tf.add(a, tf.mul(4, tf.eye(5)));
    const GRADIENTS: Record<string, (p: Record<string, Tensor>) => Tensor> = {
      cholesky: ({ a }) => cholesky(positive(a!)),
      'triangular solve': ({ a, b }) => triangularSolve(cholesky(positive(a!)), b!),
      'triangular solve, adjoint': ({ a, b }) => triangularSolve(cholesky(positive(a!)), b!, { adjoint: true }),
      'cholesky solve': ({ a, b }) => choleskySolve(cholesky(positive(a!)), b!),
      solve: ({ a, b }) => solve(shifted(a!), b!),
      'solve, adjoint': ({ a, b }) => solve(shifted(a!), b!, { adjoint: true }),
      'solve, double': ({ a, b }) => solve(shifted(a!), b!, { precision: 'float64' }),
      inverse: ({ a }) => inverse(shifted(a!)),
      'log determinant': ({ a }) => logDeterminant(positive(a!)),
      eigenvalues: ({ a }) => eigh(positive(a!)).values,
      'eigenvectors, squared': ({ a }) => tf.square(eigh(positive(a!)).vectors),
      'Q of QR': ({ tall }) => qr(tall!).q,
      'R of QR': ({ tall }) => qr(tall!).r,
    };
    for (const [name, f] of Object.entries(GRADIENTS)) {
      it(`gradient of ${name} is that of finite differences`, () => {
        const before = tf.memory().numTensors;
        tidy(() => {
          const point = Object.fromEntries(Object.entries(shapes).map(([key, shape]) => [key, random(...shape)]));
          const weights = random(...f(point).shape);
          const loss = (p: NamedTensors): Scalar => tf.sum(tf.mul(f(p), weights));
          const gradients = gradientsOf(loss, point);
          for (const [key, gradient] of Object.entries(gradients)) {
            const v = random(...shapes[key]!);
            const at = (step: number): number =>
              loss({ ...point, [key]: tf.add(point[key]!, tf.mul(v, step)) }).dataSync()[0]!;
            const h = 4e-3;
            const expected = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
            const scale = tf.mul(tf.norm(gradient), tf.norm(v)).dataSync()[0]!;
            expect(tf.sum(tf.mul(gradient, v)).dataSync()[0], key).to.be.closeTo(expected, 3e-3 * Math.max(1, scale));
          }
          expect(Object.keys(gradients)).to.not.be.empty;
        });
        expect(tf.memory().numTensors, 'tensors left behind').to.equal(before);
      });
    }

    it('what cannot be computed is an error that says why, never NaN', () => {
      const before = tf.memory().numTensors;
      tidy(() => {
        const indefinite = tf.tensor2d([
          [1, 2],
          [2, 1],
        ]);
        const singular = tf.tensor2d([
          [1, 2],
          [2, 4],
        ]);
        for (const precision of ['float32', 'float64'] as const) {
          numeric(() => cholesky(indefinite, { precision }), /\[2,2\] is not positive definite/);
          numeric(
            () => cholesky(tf.stack([tf.eye(2), indefinite]), { precision }),
            /\[2,2,2\] is not positive definite/,
          );
          numeric(() => inverse(singular, { precision }), /is singular/);
          numeric(() => solve(singular, tf.ones([2, 1]), { precision }), /is singular/);
          numeric(
            () =>
              triangularSolve(
                tf.tensor2d([
                  [1, 0],
                  [1, 0],
                ]),
                tf.ones([2, 1]),
                { precision },
              ),
            /zero on its diagonal/,
          );
          numeric(
            () =>
              cholesky(
                tf.tensor2d([
                  [1, NaN],
                  [NaN, 1],
                ]),
                { precision },
              ),
            /contains NaN or infinity/,
          );
          numeric(() => solve(tf.eye(2), tf.tensor2d([[1], [Infinity]]), { precision }), /contains NaN or infinity/);
        }
        numeric(
          () =>
            inverse(
              tf.tensor2d([
                [1, 1],
                [1, 1 + 2 ** -23],
              ]),
            ),
          /singular to working precision/,
        );
        expect(
          inverse(
            tf.tensor2d([
              [1, 1],
              [1, 1 + 2 ** -23],
            ]),
            { precision: 'float64' },
          ).dataSync()[3],
        ).to.be.closeTo(2 ** 23, 1);
        for (const shape of [[2, 3], [4]])
          expect(() => cholesky(tf.ones(shape))).to.throw(WeftError, /not a square matrix/);
        expect(() => solve(tf.eye(3), tf.ones([2, 1]))).to.throw(WeftError, /\[2,1\] does not fit the matrix \[3,3\]/);
        expect(() => qr(tf.ones([2, 3]))).to.throw(WeftError, /QR of a tensor \[2,3\]/);
      });
      expect(tf.memory().numTensors, 'tensors left behind').to.equal(before);
    });

    it('damping is zero if none is needed, else the first that suffices, and is reported', () => {
      const before = tf.memory().numTensors;
      tidy(() => {
        expect(damped(tf.eye(3), (m) => cholesky(m)).damping).to.equal(0);
        const indefinite = tf.tensor2d([
          [1, 2],
          [2, 1],
        ]);
        const { result, damping } = damped(indefinite, (m) => cholesky(m), { initial: 0.1, factor: 4 });
        expect(damping).to.be.closeTo(1.6, 1e-6);
        expect(
          error(tf.matMul(result, result, false, true), tf.add(indefinite, tf.mul(damping, tf.eye(2)))),
        ).to.be.below(1e-5);
        expect(
          damped(
            tf.tensor2d([
              [2, 2],
              [2, 2],
            ]),
            (m) => inverse(m),
          ).damping,
        ).to.be.within(1e-6, 1e-4);
        numeric(
          () => damped(indefinite, (m) => cholesky(m), { initial: 1e-3, attempts: 2 }),
          /not positive definite, not even with 0.01 added/,
        );
        expect(() =>
          damped(indefinite, () => {
            throw new RangeError('mine');
          }),
        ).to.throw(RangeError, 'mine');
      });
      expect(tf.memory().numTensors, 'tensors left behind').to.equal(before);
    });

    it('an inverse root with a ridge is that of the matrix with the ridge added, or with its rounding error if that is larger', () => {
      const before = tf.memory().numTensors;
      tidy(() => {
        const g = random(2, 8, 3);
        const a = tf.matMul(g, g, false, true); // of rank 3
        const fourth = (root: Tensor): Tensor => tf.matMul(tf.matMul(root, root), tf.matMul(root, root));
        const { root, raised } = ridgedInverseRoot(a, 4, tf.fill([2, 1], 0.5));
        expect(raised).to.equal(false);
        expect(error(tf.matMul(fourth(root), tf.add(a, tf.mul(0.5, tf.eye(8)))), eye(a))).to.be.below(1e-4);
        const least = ridgedInverseRoot(a, 2, tf.fill([2, 1], 1e-30));
        expect(least.raised).to.equal(true);
        const largest = tf.max(eigh(a).values, -1).dataSync();
        tf.max(eigh(least.root).values, -1)
          .dataSync()
          .forEach((value, i) => expect(value).to.be.closeTo((8 * 2 ** -23 * largest[i]!) ** -0.5, 0.2 * value));
      });
      expect(tf.memory().numTensors, 'tensors left behind').to.equal(before);
    });

    it('the sum of squares and its gradient are those of the parts', () =>
      tidy(() => {
        const tensors = { a: random(3, 4), b: random(7), c: tf.scalar(2) };
        const expected = Object.values(tensors).reduce(
          (sum, tensor) => sum + [...tensor.dataSync()].reduce((part, value) => part + value * value, 0),
          0,
        );
        expect(squaredNorm(tensors).dataSync()[0]).to.be.closeTo(expected, 1e-4);
        const gradients = gradientsOf((parameters) => squaredNorm(parameters), tensors);
        for (const [name, tensor] of Object.entries(tensors))
          expect(error(gradients[name]!, tf.mul(tensor, 2))).to.be.below(1e-6);
      }));

    it("double precision inverts what single precision cannot: Pascal's matrix, whose inverse has integers only", () =>
      tidy(() => {
        const n = 8;
        const pascal = tf.buffer([n, n]);
        for (let i = 0; i < n; i++)
          for (let j = 0; j < n; j++)
            pascal.set(i === 0 || j === 0 ? 1 : pascal.get(i - 1, j) + pascal.get(i, j - 1), i, j);
        const a = pascal.toTensor();
        const inverted = inverse(a, { precision: 'float64' });
        expect(tf.max(tf.abs(tf.sub(inverted, tf.round(inverted)))).dataSync()[0]).to.be.below(1e-2);
        expect(inverted.dataSync()[0]).to.equal(n);
        numeric(() => inverse(a, { precision: 'float32' }), /singular to working precision/);
      }));
  });
});
