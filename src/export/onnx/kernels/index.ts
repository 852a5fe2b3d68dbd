/** The ONNX operations for each kernel of TensorFlow.js. */
import { type OnnxReference } from '../graph.js';
import { ELEMENTWISE } from './elementwise.js';
import { LINEAR } from './linear.js';
import { REDUCTIONS } from './reductions.js';
import { SHAPE } from './shape.js';
import { type OnnxKernel, type OnnxKernelWriter } from './writer.js';

export { type OnnxKernel, onnxKernel } from './writer.js';

export const WRITERS: Readonly<Record<string, OnnxKernelWriter>> = {
  ...ELEMENTWISE,
  ...LINEAR,
  ...REDUCTIONS,
  ...SHAPE,
};

/** Writes a kernel call; returns its outputs. Throws WeftError('export') naming a kernel that ONNX cannot express. */
export function writeOnnxStep(kernel: OnnxKernel): readonly OnnxReference[] {
  const { kernel: name } = kernel.step;
  if (!Object.hasOwn(WRITERS, name)) return kernel.refuse(`opset ${OPSET} has no operation for it`);
  return [WRITERS[name]!(kernel)].flat();
}

/** The ONNX opset version written: that of onnx 1.13 (December 2022). */
export const OPSET = 18;
