/**
 * Raw operations in float64. TensorFlow.js has no such type, so the tensors between the two casts live in
 * the binding alone and are freed here.
 */
import { boolAttribute, typeAttribute, type NativeBackend, type OpAttribute } from '../kernels/raw-op.js';
import type { Tensor } from '../tf.js';

const castAttributes = (from: 'float32' | 'float64', to: 'float32' | 'float64'): OpAttribute[] => [
  typeAttribute('SrcT', from),
  typeAttribute('DstT', to),
  boolAttribute('Truncate', false),
];
const WIDEN = castAttributes('float32', 'float64');
const NARROW = castAttributes('float64', 'float32');

/** Runs an operation of the TensorFlow runtime on float32 tensors with float64 inside. */
export function executeInDouble(
  backend: NativeBackend,
  op: string,
  attributes: readonly OpAttribute[],
  inputs: readonly Tensor[],
  outputs: number,
): Tensor[] {
  const { binding } = backend;
  const temporary: number[] = [];
  const execute = (
    name: string,
    withAttributes: readonly OpAttribute[],
    ids: readonly number[],
    count: number,
  ): number[] => {
    const results = binding.executeOp(name, withAttributes, ids, count).map(({ id }) => id);
    temporary.push(...results);
    return results;
  };
  try {
    const wide = backend.getInputTensorIds(inputs).flatMap((id) => execute('Cast', WIDEN, [id], 1));
    const results = execute(op, [typeAttribute('T', 'float64'), ...attributes], wide, outputs);
    return results.map((id) => backend.createOutputTensor(binding.executeOp('Cast', NARROW, [id], 1)[0]!));
  } finally {
    for (const id of temporary) binding.deleteTensor(id);
  }
}
