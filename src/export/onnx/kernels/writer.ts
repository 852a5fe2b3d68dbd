/** Shared parts of the ONNX kernel writers. */
import { WeftError } from '../../../errors.js';
import { type Constant, shapeOf, type Step } from '../../program.js';
import { type OnnxReference, type OnnxWriter } from '../graph.js';
import { type OnnxAttribute } from '../proto.js';

/** Writes one kernel call as one or several nodes and returns its outputs. */
export type OnnxKernelWriter = (kernel: OnnxKernel) => OnnxReference | readonly OnnxReference[];

/** Everything that a kernel's writer needs. */
export interface OnnxKernel {
  readonly step: Step;
  /** By the kernel's names of its inputs, which are already in the graph. */
  readonly inputs: Readonly<Record<string, OnnxReference>>;
  add(
    op: string,
    inputs: readonly OnnxReference[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
  ): OnnxReference;
  addMany(
    op: string,
    inputs: readonly OnnxReference[],
    attributes: Readonly<Record<string, OnnxAttribute>>,
    outputs: number,
  ): OnnxReference[];
  /** A list of integers, or with the shape [] a single one. */
  integers(values: readonly number[], shape?: readonly number[]): OnnxReference;
  scalar(value: number): OnnxReference;
  constant(constant: Constant): OnnxReference;
  /** An attribute of the kernel. */
  number(attribute: string, fallback?: number): number;
  /** Shape of an input; -1 stands for the batch size. */
  shape(input: string): readonly number[];
  /** Images [N,H,W,C] as [N,C,H,W], the layout of ONNX convolutions, and back. */
  channelsFirst(images: OnnxReference): OnnxReference;
  channelsLast(images: OnnxReference): OnnxReference;
  /** Refuses to write the kernel, for this reason. */
  refuse(reason: string): never;
}

/** `channels` caches images that are already channels-first. */
export function onnxKernel(
  step: Step,
  inputs: Readonly<Record<string, OnnxReference>>,
  graph: OnnxWriter,
  scope: string,
  channels: Map<OnnxReference, OnnxReference>,
): OnnxKernel {
  const addMany: OnnxKernel['addMany'] = (op, references, attributes, outputs) =>
    graph.add(`${scope}/${op}`, op, references, attributes, outputs);
  const add: OnnxKernel['add'] = (op, references, attributes = {}) => addMany(op, references, attributes, 1)[0]!;
  return {
    step,
    inputs,
    add,
    addMany,
    integers: graph.integers,
    scalar: (value) =>
      graph.constant({ kind: 'constant', name: undefined, dtype: 'float32', shape: [], values: [value] }),
    constant: graph.constant,
    number: (attribute, fallback) => Number(step.attributes[attribute] ?? fallback),
    shape: (input) => shapeOf(step.inputs[input]!),
    channelsFirst: (images) => channels.get(images) ?? add('Transpose', [images], { perm: { ints: [0, 3, 1, 2] } }),
    channelsLast(images) {
      const last = add('Transpose', [images], { perm: { ints: [0, 2, 3, 1] } });
      channels.set(last, images);
      return last;
    },
    refuse(reason): never {
      throw new WeftError(
        'export',
        `ONNX cannot represent the kernel '${step.kernel}': ${reason}`,
        'build the operation from other TensorFlow.js functions; the other files of the export are complete',
      );
    },
  };
}

/** The kernel's inputs in order, and nothing else. */
export const inOrder =
  (op: string): OnnxKernelWriter =>
  ({ add, inputs }) =>
    add(op, Object.values(inputs));

/** An axis that may be counted from the end. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);
