/**
 * Gradients of sums and means as one broadcast; the library's own multiply by an array of ones that they make in
 * JavaScript.
 */
import { tf, type Tensor } from '../library.js';
import { defineGradient, defineKernel, type Kernel } from './define.js';
import { T, typeAttribute } from './raw-op.js';
import { rawSession } from './raw-session.js';

interface Broadcast {
  /** The shape of x with the axes of length 1 that are to be stretched. */
  kept: number[];
  shape: number[];
  factor: number;
}

/** factor·x, reshaped and then stretched. */
const broadcast: Kernel<{ x: Tensor }, Broadcast> = defineKernel({
  name: 'WeftBroadcast',
  native: ({ x }, { kept, shape, factor }, backend) => {
    const s = rawSession(backend);
    const scaled = factor === 1 ? s.idOf(x) : s.run('Mul', [T], [s.idOf(x), s.constant(factor, 'float32')]);
    const reshaped = s.run('Reshape', RESHAPE, [scaled, s.constant(kept)]);
    const result = s.release(s.run('BroadcastTo', INDEXED, [reshaped, s.constant(shape)]), shape);
    s.end();
    return result;
  },
  plain: ({ x }, { kept, shape, factor }) =>
    tf.tile(
      tf.reshape(factor === 1 ? x : tf.mul(x, factor), kept),
      shape.map((length, axis) => length / kept[axis]!),
    ),
  gradient: {
    save: ['x'],
    backward: (dy, [x], { kept, factor }) => ({
      x: () => {
        const sum = tf.reshape(
          tf.sum(
            dy,
            kept.flatMap((length, axis) => (length === 1 ? [axis] : [])),
          ),
          x!.shape,
        );
        return factor === 1 ? sum : tf.mul(sum, factor);
      },
    }),
  },
});
const RESHAPE = [T, typeAttribute('Tshape', 'int32')];
const INDEXED = [T, typeAttribute('Tidx', 'int32')];

interface Attributes {
  axis: number | number[];
}

function stretch(dy: Tensor, { shape }: Tensor, { axis }: Attributes, factor: number): Tensor {
  const kept = shape.slice();
  for (const i of tf.util.parseAxisParam(axis, shape)) kept[i] = 1;
  return broadcast({ x: dy }, { kept, shape, factor });
}

/** Σ x², a scalar, in one pass that makes no second tensor of this size. */
export const sumOfSquares: Kernel<{ x: Tensor }, object> = defineKernel({
  name: 'WeftSumOfSquares',
  native: ({ x }, _, backend) => {
    const s = rawSession(backend);
    const half = s.run('L2Loss', [T], [s.idOf(x)]);
    const result = s.release(s.run('Mul', [T], [half, s.constant(2, 'float32')]), []);
    s.end();
    return result;
  },
  plain: ({ x }) => tf.sum(tf.square(x)),
  gradient: { save: ['x'], backward: (dy, [x]) => ({ x: () => tf.mul(x!, tf.mul(dy, 2)) }) },
});

export function installReductions(): void {
  defineGradient<{ x: Tensor }, Attributes, Tensor>('Sum', {
    save: ['x'],
    backward: (dy, [x], attributes) => ({ x: () => stretch(dy, x!, attributes, 1) }),
  });
  defineGradient<{ x: Tensor }, Attributes, Tensor>('Mean', {
    save: ['x'],
    backward: (dy, [x], attributes) => ({ x: () => stretch(dy, x!, attributes, dy.size / x!.size) }),
  });
}
