/** Elementwise kernels. */
import { IN_BOTH } from '../../elementwise.js';
import { DATA_TYPES, type DataType } from '../proto.js';
import { axisOf, inOrder, type OnnxKernelWriter } from './writer.js';

const OTHER_NAME = {
  Add: 'Add',
  AddN: 'Sum',
  GreaterEqual: 'GreaterOrEqual',
  IsInf: 'IsInf',
  IsNan: 'IsNaN',
  LessEqual: 'LessOrEqual',
  LogicalAnd: 'And',
  LogicalNot: 'Not',
  LogicalOr: 'Or',
  Maximum: 'Max',
  Minimum: 'Min',
  Multiply: 'Mul',
  Prelu: 'PRelu',
  RealDiv: 'Div',
  Select: 'Where',
};

/** With the shape of the input, regardless of its values. */
const filled =
  (value: number): OnnxKernelWriter =>
  ({ add, inputs, scalar }) =>
    add('Expand', [scalar(value), add('Shape', [inputs['x']!])]);

export const ELEMENTWISE: Readonly<Record<string, OnnxKernelWriter>> = {
  ...Object.fromEntries(IN_BOTH.map((op) => [op, inOrder(op)])),
  ...Object.fromEntries(Object.entries(OTHER_NAME).map(([kernel, op]) => [kernel, inOrder(op)])),
  Cast: ({ add, inputs, step }) => add('Cast', [inputs['x']!], { to: { int: DATA_TYPES[step.dtypes[0] as DataType] } }),
  ClipByValue: ({ add, inputs, number, scalar }) =>
    add('Clip', [inputs['x']!, scalar(number('clipValueMin')), scalar(number('clipValueMax'))]),
  Cumsum: ({ add, inputs, number, integers, shape, step: { attributes } }) =>
    add('CumSum', [inputs['x']!, integers([axisOf(number('axis'), shape('x').length)], [])], {
      exclusive: { int: attributes['exclusive'] === true ? 1 : 0 },
      reverse: { int: attributes['reverse'] === true ? 1 : 0 },
    }),
  Expm1: ({ add, inputs, scalar }) => add('Sub', [add('Exp', [inputs['x']!]), scalar(1)]),
  FloorDiv: ({ add, inputs }) => add('Floor', [add('Div', [inputs['a']!, inputs['b']!])]),
  IsFinite: ({ add, inputs: { x } }) => add('Not', [add('Or', [add('IsInf', [x!]), add('IsNaN', [x!])])]),
  LeakyRelu: ({ add, inputs, number }) => add('LeakyRelu', [inputs['x']!], { alpha: { float: number('alpha') } }),
  Log1p: ({ add, inputs, scalar }) => add('Log', [add('Add', [inputs['x']!, scalar(1)])]),
  // The remainder has the sign of the divisor, as in TensorFlow.
  Mod: ({ add, inputs: { a, b } }) => add('Sub', [a!, add('Mul', [add('Floor', [add('Div', [a!, b!])]), b!])]),
  NotEqual: ({ add, inputs: { a, b } }) => add('Not', [add('Equal', [a!, b!])]),
  OneHot: ({ add, inputs, integers, number, constant }) =>
    add('OneHot', [
      add('Cast', [inputs['indices']!], { to: { int: DATA_TYPES.int64 } }),
      integers([number('depth')], []),
      constant({
        kind: 'constant',
        name: undefined,
        dtype: 'float32',
        shape: [2],
        values: [number('offValue'), number('onValue')],
      }),
    ]),
  OnesLike: filled(1),
  Relu6: ({ add, inputs, scalar }) => add('Clip', [inputs['x']!, scalar(0), scalar(6)]),
  Rsqrt: ({ add, inputs }) => add('Reciprocal', [add('Sqrt', [inputs['x']!])]),
  Square: ({ add, inputs: { x } }) => add('Mul', [x!, x!]),
  SquaredDifference({ add, inputs: { a, b } }) {
    const difference = add('Sub', [a!, b!]);
    return add('Mul', [difference, difference]);
  },
  ZerosLike: filled(0),
};
