/** Functions that run each exported kernel. */
import { tf, type Tensor, type Tensor2D, type Tensor4D } from '../../src/tensor/tf.js';

export type F = (x: Tensor) => Tensor;

export const weights = (...shape: number[]): Tensor =>
  tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(i + 1)),
    shape,
  );
const image =
  (f: (x: Tensor4D) => Tensor): F =>
  (x) =>
    f(x as Tensor4D);
const rows = (x: Tensor): Tensor2D => tf.reshape(x, [-1, 32]);
const positive = (x: Tensor): Tensor => tf.add(tf.abs(x), 0.5);
/** Into (-1, 1). */
const small = (x: Tensor): Tensor => tf.div(x, tf.add(tf.abs(x), 1));
const filter = (): Tensor4D => weights(3, 3, 2, 3) as Tensor4D;
const depthwise = (): Tensor4D => weights(3, 3, 2, 2) as Tensor4D;
const slopes = (channels: number): Tensor => weights(1, 1, channels);

/** Of x [N,4,4,2]. */
export const CASES: Readonly<Record<string, F | readonly F[]>> = {
  Abs: tf.abs,
  Acos: (x) => tf.acos(small(x)),
  Acosh: (x) => tf.acosh(tf.add(positive(x), 1)),
  Asin: (x) => tf.asin(small(x)),
  Asinh: tf.asinh,
  Atan: tf.atan,
  Atan2: (x) => tf.atan2(x, positive(x)),
  Atanh: (x) => tf.atanh(small(x)),
  Ceil: tf.ceil,
  Cos: tf.cos,
  Cosh: tf.cosh,
  Elu: tf.elu,
  Equal: (x) => tf.equal(x, tf.relu(x)),
  Erf: tf.erf,
  Exp: tf.exp,
  Expm1: tf.expm1,
  Floor: tf.floor,
  FloorDiv: (x) => tf.floorDiv(x, positive(x)),
  Greater: (x) => tf.greater(x, 0),
  GreaterEqual: (x) => tf.greaterEqual(x, 0),
  Identity: tf.clone,
  IsFinite: (x) => tf.isFinite(tf.div(1, tf.relu(x))),
  IsInf: (x) => tf.isInf(tf.div(1, tf.relu(x))),
  IsNan: (x) => tf.isNaN(tf.sqrt(x)),
  Less: (x) => tf.less(x, 0),
  LessEqual: (x) => tf.lessEqual(x, 0),
  Log: (x) => tf.log(positive(x)),
  Log1p: (x) => tf.log1p(positive(x)),
  LogicalAnd: (x) => tf.logicalAnd(tf.less(x, 1), tf.greater(x, 0)),
  LogicalNot: (x) => tf.logicalNot(tf.less(x, 0.5)),
  LogicalOr: (x) => tf.logicalOr(tf.less(x, -1), tf.greater(x, 0)),
  Maximum: (x) => tf.maximum(x, 0.1),
  Minimum: (x) => tf.minimum(x, 0.1),
  Neg: tf.neg,
  NotEqual: (x) => tf.notEqual(x, tf.relu(x)),
  OnesLike: (x) => tf.add(x, tf.onesLike(x)),
  Pow: (x) => tf.pow(positive(x), 1.5),
  Prelu: (x) => tf.prelu(x, slopes(2)),
  RealDiv: (x) => tf.div(2, positive(x)),
  Reciprocal: (x) => tf.reciprocal(positive(x)),
  Relu: tf.relu,
  Relu6: tf.relu6,
  Round: tf.round,
  Rsqrt: (x) => tf.rsqrt(positive(x)),
  Selu: tf.selu,
  Sigmoid: tf.sigmoid,
  Sign: tf.sign,
  Sin: tf.sin,
  Sinh: tf.sinh,
  Softplus: tf.softplus,
  Sqrt: (x) => tf.sqrt(positive(x)),
  Square: tf.square,
  SquaredDifference: (x) => tf.squaredDifference(x, 0.3),
  Sub: (x) => tf.sub(1, x),
  Tan: (x) => tf.tan(small(x)),
  Tanh: tf.tanh,
  ZerosLike: (x) => tf.add(x, tf.zerosLike(x)),
  Add: (x) => tf.add(x, tf.relu(x)),
  Mod: (x) => tf.mod(x, 0.7),
  Multiply: (x) => tf.mul(x, tf.relu(x)),
  Select: (x) => tf.where(tf.greater(x, 0), x, tf.square(x)),
  AddN: (x) => tf.addN([x, tf.relu(x), tf.square(x)]),
  Cast: (x) => tf.cast(tf.cast(tf.mul(x, 3), 'int32'), 'float32'),
  ClipByValue: (x) => tf.clipByValue(x, -0.5, 0.7),
  LeakyRelu: (x) => tf.leakyRelu(x, 0.1),
  OneHot: (x) => tf.oneHot(tf.argMax(rows(x), 1), 32, 2, -1),
  Cumsum: (x) => tf.cumsum(x, 2, true, true),
  All: [(x) => tf.all(tf.less(x, 2), [1, 2]), (x) => tf.all(tf.less(x, 2), 3, true)],
  Any: (x) => tf.any(tf.greater(x, 1), -1),
  ArgMax: (x) => tf.argMax(x, 2),
  ArgMin: (x) => tf.argMin(x, -1),
  Max: [(x) => tf.max(x, [1, 2]), (x) => tf.max(x, -1, true)],
  Mean: [(x) => tf.mean(x, [1, 2]), (x) => tf.mean(x, -1, true)],
  Min: (x) => tf.min(x, 1),
  Prod: (x) => tf.prod(x, 3),
  Softmax: (x) => tf.softmax(x),
  Sum: (x) => tf.sum(x, [2, 3], true),
  AvgPool: [image((x) => tf.avgPool(x, 3, 1, 'same')), image((x) => tf.avgPool(x, [2, 1], [1, 2], 'valid'))],
  BatchMatMul: [
    (x) => tf.matMul(rows(x), weights(32, 5)),
    (x) => tf.matMul(rows(x), weights(5, 32), false, true),
    (x) => tf.matMul(tf.reshape(x, [-1, 4, 8]), tf.reshape(x, [-1, 4, 8]), false, true),
  ],
  _FusedMatMul: ([undefined, 'linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const).map(
    (activation): F =>
      (x) =>
        tf.fused.matMul({
          a: rows(x),
          b: weights(32, 5),
          bias: weights(5),
          ...(activation && { activation }),
          leakyreluAlpha: 0.3,
          ...(activation === 'prelu' && { preluActivationWeights: weights(1, 5) }),
        }),
  ),
  Conv2D: [
    image((x) => tf.conv2d(x, filter(), 1, 'same')),
    image((x) => tf.conv2d(x, filter(), [1, 2], 'valid')),
    image((x) => tf.conv2d(x, filter(), 1, 2)),
    image((x) =>
      tf.conv2d(x, filter(), 1, [
        [0, 0],
        [1, 2],
        [0, 1],
        [0, 0],
      ]),
    ),
    image((x) => tf.conv2d(x, filter(), 1, 'same', 'NHWC', 2)),
  ],
  FusedConv2D: image((x) =>
    tf.fused.conv2d({ x, filter: filter(), strides: 1, pad: 'same', bias: weights(3), activation: 'relu' }),
  ),
  DepthwiseConv2dNative: [
    image((x) => tf.depthwiseConv2d(x, depthwise(), 1, 'same')),
    image((x) => tf.depthwiseConv2d(x, depthwise(), 2, 'valid')),
  ],
  FusedDepthwiseConv2D: image((x) =>
    tf.fused.depthwiseConv2d({ x, filter: depthwise(), strides: 1, pad: 'same', activation: 'relu6' }),
  ),
  FusedBatchNorm: [
    image((x) =>
      tf.batchNorm(
        x,
        weights(2) as tf.Tensor1D,
        tf.abs(weights(2)) as tf.Tensor1D,
        weights(2) as tf.Tensor1D,
        weights(2) as tf.Tensor1D,
        0.01,
      ),
    ),
    image((x) => tf.batchNorm(x, weights(2) as tf.Tensor1D, tf.abs(weights(2)) as tf.Tensor1D)),
  ],
  LRN: image((x) => tf.localResponseNormalization(x, 1, 1.5, 0.7, 0.4)),
  MaxPool: [image((x) => tf.maxPool(x, 3, 2, 'same')), image((x) => tf.maxPool(x, 2, 1, 'valid'))],
  ResizeBilinear: [
    image((x) => tf.image.resizeBilinear(x, [7, 5])),
    image((x) => tf.image.resizeBilinear(x, [3, 9], true)),
  ],
  ResizeNearestNeighbor: image((x) => tf.image.resizeNearestNeighbor(x, [8, 6], false, true)),
  Concat: [(x) => tf.concat([x, tf.relu(x)], -1), (x) => tf.concat([x, tf.relu(x), x], 1)],
  DepthToSpace: (x) => tf.depthToSpace(tf.concat([x, x], 3) as Tensor4D, 2, 'NHWC'),
  Einsum: (x) => tf.einsum('nhwc,cd->nhwd', x, weights(2, 3)),
  ExpandDims: (x) => tf.softmax(tf.expandDims(x, 2)),
  GatherV2: (x) => tf.gather(x, tf.tensor1d([3, 0, 0], 'int32'), 2),
  MirrorPad: (x) =>
    tf.mirrorPad(
      x,
      [
        [0, 0],
        [1, 2],
        [0, 1],
        [0, 0],
      ],
      'reflect',
    ),
  Pack: (x) => tf.stack([x, tf.relu(x)], 1),
  PadV2: (x) =>
    tf.pad(
      x,
      [
        [0, 0],
        [1, 0],
        [0, 2],
        [0, 0],
      ],
      0.5,
    ),
  Reshape: [(x) => tf.softmax(tf.reshape(x, [x.shape[0], 4, -1])), (x) => tf.softmax(tf.reshape(x, [-1, 8]))],
  Reverse: (x) => tf.reverse(x, [1, 3]),
  Slice: [(x) => tf.slice(x, [0, 1, 0, 0], [-1, 2, 3, 2]), (x) => tf.slice(x, [0, 2], [x.shape[0], 1])],
  SplitV: (x) => tf.add(...(tf.split(x, 2, 2) as [Tensor, Tensor])),
  StridedSlice: (x) => tf.stridedSlice(x, [0, 3, 0, 0], [0, 0, 4, 2], [1, -2, 2, 1], 1, 1),
  Tile: (x) => tf.tile(x, [1, 2, 1, 3]),
  Transpose: (x) => tf.transpose(x, [0, 3, 1, 2]),
  Unpack: (x) => tf.sub(...(tf.unstack(x, 3) as [Tensor, Tensor])),
};
