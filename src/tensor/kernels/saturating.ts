/** Gradients of tanh and sigmoid from their values, as one kernel each. */
import { tf, type Tensor } from '../library.js';
import { defineGradient, defineKernel, type Kernel } from './define.js';
import { rawOp, T } from './raw-op.js';

/** dy·(1 − y²) for y = tanh(x). */
const tanhGrad: Kernel<{ dy: Tensor; y: Tensor }, object> = defineKernel({
  name: 'WeftTanhGrad',
  native: ({ dy, y }, _, backend) => rawOp(backend, 'TanhGrad', [T], [y, dy]),
  plain: ({ dy, y }) => tf.mul(dy, tf.sub(1, tf.square(y))),
  gradient: {
    save: ['dy', 'y'],
    backward: (g, [dy, y]) => ({
      dy: () => tanhGrad({ dy: g, y: y! }, {}),
      y: () => tf.mul(tf.mul(tf.mul(g, dy!), y!), -2),
    }),
  },
});

/** dy·y·(1 − y) for y = sigmoid(x). */
const sigmoidGrad: Kernel<{ dy: Tensor; y: Tensor }, object> = defineKernel({
  name: 'WeftSigmoidGrad',
  native: ({ dy, y }, _, backend) => rawOp(backend, 'SigmoidGrad', [T], [y, dy]),
  plain: ({ dy, y }) => tf.mul(dy, tf.mul(y, tf.sub(1, y))),
  gradient: {
    save: ['dy', 'y'],
    backward: (g, [dy, y]) => ({
      dy: () => sigmoidGrad({ dy: g, y: y! }, {}),
      y: () => tf.mul(tf.mul(g, dy!), tf.sub(1, tf.mul(y!, 2))),
    }),
  },
});

export function installSaturating(): void {
  const install = (kernelName: string, gradient: Kernel<{ dy: Tensor; y: Tensor }, object>): void =>
    defineGradient<{ x: Tensor }, object, Tensor>(kernelName, {
      save: [],
      saveOutputs: [true],
      backward: (dy, [y]) => ({ x: () => gradient({ dy, y: y! }, {}) }),
    });
  install('Tanh', tanhGrad);
  install('Sigmoid', sigmoidGrad);
}
