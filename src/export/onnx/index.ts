/** A network as ONNX: the same program that becomes a TensorFlow graph, in the operations of opset 18. */
import { INPUT } from '../graph-def.js';
import { dtypeOf, type Program, scopeOf, shapeOf, type Step, stepsOf, type Value } from '../program.js';
import { type RoundedType } from '../rounding.js';
import { createOnnxWriter, type OnnxReference } from './graph.js';
import { OPSET, onnxKernel, writeOnnxStep } from './kernels/index.js';
import { type DataType, encodeModel } from './proto.js';

export { OPSET } from './kernels/index.js';

export interface OnnxOptions {
  /** Of one example. */
  readonly inputShape: readonly number[];
  readonly name: string;
  readonly producer: readonly [name: string, version: string];
  /** Reduced precision for large weights; 32-bit floats by default. */
  readonly rounded?: RoundedType | undefined;
  /** Key-value metadata stored in the model. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The bytes of a model with the input `input` float32 [N,…], and the program's values as its outputs. Images stay
 * [N,H,W,C] at the inputs and outputs. Throws WeftError('export') naming a kernel that ONNX cannot express.
 */
export function onnxModel(
  program: Program,
  { inputShape, name, producer, rounded, metadata }: OnnxOptions,
): Uint8Array {
  const graph = createOnnxWriter([INPUT, ...Object.keys(program)], rounded);
  const written = new Map<Step, { outputs: readonly OnnxReference[]; scope: string }>();
  const channels = new Map<OnnxReference, OnnxReference>();
  const referenceTo = (value: Value): OnnxReference => {
    if (value.kind === 'input') return INPUT;
    if (value.kind === 'constant') return graph.constant(value);
    return written.get(value.step)!.outputs[value.output]!;
  };
  for (const step of stepsOf(program)) {
    const scope = scopeOf(step, (source) => written.get(source)!.scope);
    // Constants are written by the node that uses them: a convolution needs them in another order.
    const inputs = lazily(step, referenceTo);
    written.set(step, { outputs: writeOnnxStep(onnxKernel(step, inputs, graph, scope, channels)), scope });
  }
  for (const [output, value] of Object.entries(program)) graph.output(output, referenceTo(value));
  return encodeModel({
    opset: OPSET,
    producer,
    name,
    nodes: graph.nodes,
    initializers: graph.initializers,
    inputs: [{ name: INPUT, type: 'float32', shape: [-1, ...inputShape] }],
    outputs: Object.entries(program).map(([output, value]) => ({
      name: output,
      type: dtypeOf(value) as DataType,
      shape: shapeOf(value),
    })),
    metadata,
  });
}

/** References to the inputs of a step, each created on demand. */
function lazily(step: Step, referenceTo: (value: Value) => OnnxReference): Readonly<Record<string, OnnxReference>> {
  return Object.defineProperties(
    {},
    Object.fromEntries(
      Object.entries(step.inputs).map(([name, value]) => [name, { enumerable: true, get: () => referenceTo(value) }]),
    ),
  );
}
