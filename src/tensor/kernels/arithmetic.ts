/**
 * Gradients of sums, products and quotients without the casts and reshapes of the library's own, which copy whole
 * tensors.
 */
import { tf, type Tensor } from '../library.js';
import { defineGradient } from './define.js';

type Pair = { a: Tensor; b: Tensor };

/** The gradient of a broadcast operand: summed over the axes along which it was stretched. */
function reduceTo(gradient: Tensor, { shape }: Tensor): Tensor {
  if (tf.util.arraysEqual(gradient.shape, shape)) return gradient;
  const axes = tf.backend_util.getReductionAxes(shape, gradient.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(gradient, axes) : gradient, shape);
}

function install(
  kernelName: string,
  a: (dy: Tensor, a: Tensor, b: Tensor) => Tensor,
  b: (dy: Tensor, a: Tensor, b: Tensor) => Tensor,
): void {
  defineGradient<Pair, object, Tensor>(kernelName, {
    save: ['a', 'b'],
    backward: (dy, [x, y]) => ({ a: () => reduceTo(a(dy, x!, y!), x!), b: () => reduceTo(b(dy, x!, y!), y!) }),
  });
}

export function installArithmetic(): void {
  install(
    'Add',
    (dy) => dy,
    (dy) => dy,
  );
  install(
    'Sub',
    (dy) => dy,
    (dy) => tf.neg(dy),
  );
  install(
    'Multiply',
    (dy, _, b) => tf.mul(dy, b),
    (dy, a) => tf.mul(dy, a),
  );
  install(
    'RealDiv',
    (dy, _, b) => tf.div(dy, b),
    (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), tf.square(b))),
  );
  defineGradient<{ x: Tensor }, object, Tensor>('Square', {
    save: ['x'],
    backward: (dy, [x]) => ({ x: () => tf.mul(dy, tf.mul(x!, 2)) }),
  });
}
