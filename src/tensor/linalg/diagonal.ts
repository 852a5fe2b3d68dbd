/** The diagonal of square matrices, without an identity matrix of their size. */
import { defineKernel, type Kernel } from '../kernels/define.js';
import { constant, rawOp, T } from '../kernels/raw-op.js';
import { rawSession } from '../kernels/raw-session.js';
import { reductionAttributes } from '../kernels/native-basics.js';
import { tf, type Tensor } from '../tf.js';
import { assertSquare, diagonalPart } from './matrices.js';

const traceKernel: Kernel<{ a: Tensor }, object> = defineKernel({
  name: 'WeftTrace',
  native: ({ a }, _, backend) => {
    const diagonal = rawOp(backend, 'MatrixDiagPart', [T], [a]);
    const sum = rawOp(backend, 'Sum', reductionAttributes('float32', false), [
      diagonal,
      constant(backend, [a.shape.length - 2]),
    ]);
    diagonal.dispose();
    return sum;
  },
  plain: ({ a }) => tf.sum(diagonalPart(a), -1),
  gradient: {
    save: ['a'],
    backward: (dy, [a]) => ({ a: () => tf.mul(tf.eye(a!.shape.at(-1)!), tf.reshape(dy, [...dy.shape, 1, 1])) }),
  },
});

/** Sum of the diagonal of each matrix [...,n,n] -> [...]. */
export function trace(a: Tensor): Tensor {
  assertSquare(a);
  return traceKernel({ a }, {});
}

const addKernel: Kernel<{ a: Tensor; value: Tensor }, object> = defineKernel({
  name: 'WeftAddToDiagonal',
  native: ({ a, value }, _, backend) => {
    const s = rawSession(backend);
    const diagonal = s.run('AddV2', [T], [s.run('MatrixDiagPart', [T], [s.idOf(a)]), s.idOf(value)]);
    const result = s.release(s.run('MatrixSetDiag', [T], [s.idOf(a), diagonal]), a.shape);
    s.end();
    return result;
  },
  plain: ({ a, value }) =>
    tf.add(a, tf.mul(tf.eye(a.shape.at(-1)!), value.rank === 0 ? value : tf.expandDims(value, -1))),
  gradient: {
    save: ['value'],
    backward: (dy, [value]) => ({
      a: () => dy,
      value: () => (value!.rank === 0 ? tf.sum(trace(dy)) : tf.expandDims(trace(dy), -1)),
    }),
  },
});

/** A + value·I of each matrix [...,n,n]; value a number, a scalar, or one for each matrix [...,1]. */
export function addToDiagonal(a: Tensor, value: Tensor | number): Tensor {
  assertSquare(a);
  return addKernel({ a, value: typeof value === 'number' ? tf.scalar(value) : value }, {});
}
