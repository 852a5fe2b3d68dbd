/**
 * Gradients of TensorFlow.js's gradient kernels, which the library lacks. All of them are linear in each
 * argument, so the gradient of one is another of the same family. They run only while a gradient is
 * itself being differentiated; first derivatives neither use nor pay for them.
 */
import { defineGradient, runKernel } from './define.js';
import type { Tensor } from '../tf.js';

interface WindowAttributes {
  strides: unknown;
  pad: unknown;
  dimRoundingMode?: unknown;
  dataFormat?: unknown;
  dilations?: unknown;
}

const run = (kernel: string, inputs: Record<string, Tensor>, attributes: object): Tensor =>
  runKernel(kernel, inputs, attributes) as Tensor;

/** Registers them with TensorFlow.js. */
export function installStockGradients(): void {
  defineGradient<{ x: Tensor; dy: Tensor }, WindowAttributes, Tensor>('Conv2DBackpropFilter', {
    save: ['x', 'dy'],
    backward: (g, [x, dy], { strides, pad, dataFormat, dimRoundingMode }) => {
      const window = { strides, pad, dataFormat, dimRoundingMode };
      return {
        x: () => run('Conv2DBackpropInput', { dy: dy!, filter: g }, { ...window, inputShape: x!.shape }),
        dy: () => run('Conv2D', { x: x!, filter: g }, { ...window, dilations: 1 }),
      };
    },
  });

  defineGradient<{ x: Tensor; dy: Tensor }, WindowAttributes, Tensor>('DepthwiseConv2dNativeBackpropFilter', {
    save: ['x', 'dy'],
    backward: (g, [x, dy], { strides, pad, dimRoundingMode, dilations }) => {
      const window = { strides, pad, dimRoundingMode, dilations };
      return {
        x: () => run('DepthwiseConv2dNativeBackpropInput', { dy: dy!, filter: g }, { ...window, inputShape: x!.shape }),
        dy: () => run('DepthwiseConv2dNative', { x: x!, filter: g }, window),
      };
    },
  });

  defineGradient<{ dy: Tensor; filter: Tensor }, WindowAttributes, Tensor>('DepthwiseConv2dNativeBackpropInput', {
    save: ['dy', 'filter'],
    backward: (g, [dy, filter], { strides, pad, dimRoundingMode, dilations }) => {
      const window = { strides, pad, dimRoundingMode, dilations };
      return {
        dy: () => run('DepthwiseConv2dNative', { x: g, filter: filter! }, window),
        filter: () =>
          run('DepthwiseConv2dNativeBackpropFilter', { x: g, dy: dy! }, { ...window, filterShape: filter!.shape }),
      };
    },
  });
}
