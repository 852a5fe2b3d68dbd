/** The TensorFlow operations for each kernel of TensorFlow.js, in the form that its graph executor reads. */
import { WeftError } from '../../errors.js';
import { type GraphWriter, type Reference } from '../graph-def.js';
import { type Step } from '../program.js';
import { ELEMENTWISE } from './elementwise.js';
import { LINEAR } from './linear.js';
import { REDUCTIONS } from './reductions.js';
import { SHAPE } from './shape.js';
import { kernelWriter, type Writer } from './writer.js';

export const WRITERS: Readonly<Record<string, Writer>> = { ...ELEMENTWISE, ...LINEAR, ...REDUCTIONS, ...SHAPE };

/** Whether there are operations for the kernel. */
export const isExportable = (kernel: string): boolean => Object.hasOwn(WRITERS, kernel);

/** Writes a kernel call into the graph, its nodes named under `scope`; returns its first output. */
export function writeStep(
  step: Step,
  inputs: Readonly<Record<string, Reference>>,
  graph: GraphWriter,
  scope: string,
): Reference {
  if (!isExportable(step.kernel)) {
    throw new WeftError(
      'export',
      `TensorFlow has no operation for the kernel '${step.kernel}'`,
      'build the operation from other TensorFlow.js functions; the weights are in model.safetensors in any case',
    );
  }
  return WRITERS[step.kernel]!(kernelWriter(step, inputs, graph, scope));
}
