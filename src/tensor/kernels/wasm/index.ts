/**
 * Gradient kernels that the WebAssembly backend lacks, built from forward kernels that it has and registered
 * under the library's own names: with them it trains convolutions and embeddings.
 */
import { tf, tidy, type Tensor } from '../../library.js';
import { convBackpropFilter } from './conv-backprop-filter.js';
import { depthwiseBackpropFilter, depthwiseBackpropInput } from './depthwise-backprop.js';
import { segmentSum } from './segment-sum.js';

export function installWasmGradients(): void {
  register('Conv2DBackpropFilter', convBackpropFilter);
  register('DepthwiseConv2dNativeBackpropFilter', depthwiseBackpropFilter);
  register('DepthwiseConv2dNativeBackpropInput', depthwiseBackpropInput);
  register('UnsortedSegmentSum', segmentSum);
}

function register<I, A>(kernelName: string, f: (inputs: I, attributes: A) => Tensor): void {
  tf.registerKernel({
    kernelName,
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) => tidy(() => f(inputs as unknown as I, attrs as unknown as A)),
  });
}
