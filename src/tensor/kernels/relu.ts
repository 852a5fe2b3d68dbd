/** The gradient of the rectifier as one kernel: dy where x > 0, else 0. */
import { tf, type Tensor } from '../library.js';
import { defineGradient, defineKernel, independent, type Kernel } from './define.js';
import { rawOp, T } from './raw-op.js';

const reluGrad: Kernel<{ dy: Tensor; x: Tensor }, object> = defineKernel({
  name: 'WeftReluGrad',
  native: ({ dy, x }, _, backend) => rawOp(backend, 'ReluGrad', [T], [dy, x]),
  plain: ({ dy, x }) => tf.mul(dy, tf.step(x)),
  gradient: {
    save: ['x'],
    backward: (g, [x]) => ({ dy: () => reluGrad({ dy: g, x: x! }, {}), x: independent }),
  },
});

export function installRelu(): void {
  defineGradient<{ x: Tensor }, object, Tensor>('Relu', {
    save: ['x'],
    backward: (dy, [x]) => ({ x: () => reluGrad({ dy, x: x! }, {}) }),
  });
}
