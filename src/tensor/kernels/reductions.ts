/** Gradients of sums and means as one broadcast; the library's own multiply by an array of ones that they make in JavaScript. */
import { tf, type Tensor } from '../library.js';
import { defineGradient, defineKernel, type Kernel } from './define.js';
import { constant, rawOp, T, typeAttribute } from './raw-op.js';

/** x with its axes of length 1 stretched to `shape`, which has the same rank. */
const broadcast: Kernel<{ x: Tensor }, { shape: number[] }> = defineKernel({
  name: 'WeftBroadcast',
  native: ({ x }, { shape }, backend) => rawOp(backend, 'BroadcastTo', [T, typeAttribute('Tidx', 'int32')], [x, constant(backend, shape)]),
  plain: ({ x }, { shape }) => tf.tile(x, shape.map((length, axis) => length / x.shape[axis]!)),
  gradient: {
    save: ['x'],
    backward: (dy, [x]) => ({ x: () => tf.sum(dy, x!.shape.flatMap((length, axis) => (length === 1 ? [axis] : [])), true) }),
  },
});

interface Attributes {
  axis: number | number[];
}

function stretch(dy: Tensor, x: Tensor, { axis }: Attributes): Tensor {
  const kept = x.shape.slice();
  for (const i of tf.util.parseAxisParam(axis, x.shape)) kept[i] = 1;
  return broadcast({ x: tf.reshape(dy, kept) }, { shape: x.shape });
}

export function installReductions(): void {
  defineGradient<{ x: Tensor }, Attributes, Tensor>('Sum', {
    save: ['x'],
    backward: (dy, [x], attributes) => ({ x: () => stretch(dy, x!, attributes) }),
  });
  defineGradient<{ x: Tensor }, Attributes, Tensor>('Mean', {
    save: ['x'],
    backward: (dy, [x], attributes) => ({ x: () => stretch(tf.mul(dy, dy.size / x!.size), x!, attributes) }),
  });
}
