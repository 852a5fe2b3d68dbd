/**
 * Which kernels have a verified second derivative. TensorFlow.js gives no error for a kernel whose gradient
 * is computed off the tape: the second derivative is simply wrong. So every kernel on the way from the
 * parameters to their gradients must be in this list, and the list contains only kernels that the contract
 * test `test/contract/second-order.test.ts` checks against an independent reference.
 */
import type { TapeNode } from '../tape.js';

export const VERIFIED: ReadonlySet<string> = new Set([
  'Abs',
  'Add',
  'AddN',
  'AvgPool',
  'BatchMatMul',
  'Cast',
  'ClipByValue',
  'Concat',
  'Conv2D',
  'Conv2DBackpropFilter',
  'Conv2DBackpropInput',
  'DepthwiseConv2dNative',
  'DepthwiseConv2dNativeBackpropFilter',
  'DepthwiseConv2dNativeBackpropInput',
  'Exp',
  'GatherV2',
  'Identity',
  'LeakyRelu',
  'Log',
  'Log1p',
  'Max',
  'Maximum',
  'Mean',
  'Min',
  'Minimum',
  'Multiply',
  'Neg',
  'Pack',
  'PadV2',
  'Pow',
  'RealDiv',
  'Relu',
  'Relu6',
  'Reshape',
  'Rsqrt',
  'Select',
  'Selu',
  'Sigmoid',
  'Slice',
  'Softmax',
  'Softplus',
  'SplitV',
  'Sqrt',
  'Square',
  'Step',
  'Sub',
  'Sum',
  'Tanh',
  'Tile',
  'Transpose',
  'Unpack',
  'UnsortedSegmentSum',
  'ZerosLike',
  'WeftBatchNorm',
  'WeftBatchNormGrad',
  'WeftBiasGrad',
  'WeftBroadcast',
  'WeftCorners',
  'WeftCrossEntropy',
  'WeftCrossEntropyGrad',
  'WeftDense',
  'WeftMaxPool',
  'WeftMaxPoolGrad',
  'WeftPointwise',
  'WeftPointwiseFilter',
  'WeftRecurrentCell',
  'WeftReluGrad',
  'WeftSigmoidGrad',
  'WeftTanhGrad',
  // A customGrad has no kernel name, but this one is made in a scope of its own.
  'logSoftmax__op',
]);

/** Names of the kernels among `nodes`, sorted. */
export function kernelsOf(nodes: readonly TapeNode[]): string[] {
  return [...new Set(nodes.map((node) => node.kernelName))].sort();
}

/** Names of the kernels among `nodes` whose second derivative is neither verified nor `trusted`. */
export function unverifiedKernels(nodes: readonly TapeNode[], trusted: readonly string[] = []): string[] {
  return kernelsOf(
    nodes.filter(
      ({ kernelName, gradient }) => !gradient || !(VERIFIED.has(kernelName) || trusted.includes(kernelName)),
    ),
  );
}
