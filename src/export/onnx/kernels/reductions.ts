/** Reductions, and normalizations over several values. */
import { DATA_TYPES } from '../proto.js';
import { axisOf, type OnnxKernel, type OnnxKernelWriter } from './writer.js';

/** Along the axes that an attribute lists; all of them by default. */
function reduced(
  { add, inputs, integers, shape, step: { attributes } }: OnnxKernel,
  op: string,
  attribute: string,
  x = inputs['x']!,
): string {
  const rank = shape('x').length;
  const axes = attributes[attribute] as number | readonly number[] | null | undefined;
  const list =
    axes == null ? Array.from({ length: rank }, (_, i) => i) : [axes].flat().map((axis) => axisOf(axis, rank));
  return add(op, [x, integers(list)], { keepdims: { int: attributes['keepDims'] === true ? 1 : 0 } });
}

const reduction =
  (op: string, attribute = 'axis'): OnnxKernelWriter =>
  (kernel) =>
    reduced(kernel, op, attribute);

/** Of truth values, as numbers. */
const logical =
  (op: string): OnnxKernelWriter =>
  (kernel) => {
    const numbers = kernel.add('Cast', [kernel.inputs['x']!], { to: { int: DATA_TYPES.int32 } });
    return kernel.add('Cast', [reduced(kernel, op, 'axis', numbers)], { to: { int: DATA_TYPES.bool } });
  };

const position =
  (op: string): OnnxKernelWriter =>
  ({ add, inputs, number, shape }) => {
    const found = add(op, [inputs['x']!], {
      axis: { int: axisOf(number('axis'), shape('x').length) },
      keepdims: { int: 0 },
    });
    return add('Cast', [found], { to: { int: DATA_TYPES.int32 } });
  };

export const REDUCTIONS: Readonly<Record<string, OnnxKernelWriter>> = {
  All: logical('ReduceMin'),
  Any: logical('ReduceMax'),
  ArgMax: position('ArgMax'),
  ArgMin: position('ArgMin'),
  Max: reduction('ReduceMax', 'reductionIndices'),
  Mean: reduction('ReduceMean'),
  Min: reduction('ReduceMin'),
  Prod: reduction('ReduceProd'),
  Softmax: ({ add, inputs, shape }) =>
    add('Softmax', [inputs['logits']!], { axis: { int: shape('logits').length - 1 } }),
  Sum: reduction('ReduceSum'),
};
