/** Elementwise kernels. */
import { IN_BOTH } from '../elementwise.js';
import { bool, float, int, type as dtype } from '../graph-def.js';
import { inOrder, listed, type Writer } from './writer.js';

const SAME_NAME = [
  ...IN_BOTH,
  'Atan2',
  'Expm1',
  'FloorDiv',
  'GreaterEqual',
  'IsFinite',
  'IsInf',
  'IsNan',
  'LessEqual',
  'Log1p',
  'LogicalAnd',
  'LogicalNot',
  'LogicalOr',
  'Maximum',
  'Minimum',
  'NotEqual',
  'OnesLike',
  'Prelu',
  'RealDiv',
  'Relu6',
  'Rsqrt',
  'Square',
  'SquaredDifference',
  'ZerosLike',
];
const OTHER_NAME = { Add: 'AddV2', Mod: 'FloorMod', Multiply: 'Mul', Select: 'SelectV2' };

export const ELEMENTWISE: Readonly<Record<string, Writer>> = {
  ...Object.fromEntries(SAME_NAME.map((op) => [op, inOrder(op)])),
  ...Object.fromEntries(Object.entries(OTHER_NAME).map(([kernel, op]) => [kernel, inOrder(op)])),
  AddN: listed('AddN'),
  Cast: ({ add, inputs, step }) => add('Cast', [inputs['x']!], { DstT: dtype(step.dtypes[0]!) }),
  ClipByValue: ({ add, inputs, constant, number }) =>
    add('ClipByValue', [
      inputs['x']!,
      constant([], [number('clipValueMin')], 'float32'),
      constant([], [number('clipValueMax')], 'float32'),
    ]),
  LeakyRelu: ({ add, inputs, number }) => add('LeakyRelu', [inputs['x']!], { alpha: float(number('alpha')) }),
  OneHot: ({ add, inputs, constant, integers, number, step }) =>
    add(
      'OneHot',
      [
        inputs['indices']!,
        integers('depth'),
        constant([], [number('onValue')], 'float32'),
        constant([], [number('offValue')], 'float32'),
      ],
      { T: dtype(step.dtypes[0]!), axis: int(-1) },
    ),
  Cumsum: ({ add, inputs, integers, step: { attributes } }) =>
    add('Cumsum', [inputs['x']!, integers('axis')], {
      exclusive: bool(attributes['exclusive']),
      reverse: bool(attributes['reverse']),
    }),
};
