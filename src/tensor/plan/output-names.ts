/** TensorFlow's names for the outputs of its operations, which a function's body has to spell out. */

/**
 * Operations by the names of their outputs, in order; a name with a star stands for as many outputs as the attribute
 * after it says. From TensorFlow's registry of operations (version 2.15); stateful operations are left out.
 */
const BY_OUTPUTS: Record<string, string> = {
  activations: 'Elu LeakyRelu Relu Relu6 Selu Softplus',
  backprops: 'EluGrad ReluGrad',
  bins: 'Bincount',
  crops: 'CropAndResize',
  diagonal: 'MatrixDiagPart',
  'e v': 'SelfAdjointEigV2',
  filter_backprop: 'Dilation2DBackpropFilter',
  in_backprop: 'Dilation2DBackpropInput',
  'loss backprop': 'SparseSoftmaxCrossEntropyWithLogits',
  out: 'Complex Cumprod Cumsum',
  output:
    'All Any ArgMax ArgMin AvgPool AvgPool3D AvgPool3DGrad AvgPoolGrad BatchMatMul BatchMatMulV2 BatchToSpaceND BiasAdd BiasAddGrad BroadcastTo Cholesky ClipByValue Concat ConcatV2 Conv2D Conv2DBackpropFilter Conv2DBackpropInput Conv3D Conv3DBackpropFilterV2 Conv3DBackpropInputV2 DepthToSpace DepthwiseConv2dNative DepthwiseConv2dNativeBackpropFilter DepthwiseConv2dNativeBackpropInput Diag Dilation2D Einsum ExpandDims Fill GatherNd GatherV2 Identity Imag L2Loss LRN LRNGrad LinSpace MatrixInverse MatrixSetDiag MatrixSolve MatrixTriangularSolve Max MaxPool MaxPool3D MaxPool3DGrad MaxPoolGrad MaxPoolGradGrad Mean Min MirrorPad OneHot Pack PadV2 Prod Range Real Reshape ResizeBilinearGrad ResizeNearestNeighborGrad Reverse ReverseV2 ScatterNd Select Slice SpaceToBatchND StridedSlice Sum TensorScatterUpdate Tile UnsortedSegmentSum _MklNativeAvgPool _MklNativeConv2D _MklNativeConv2DBackpropFilter _MklNativeConv2DBackpropInput _MklNativeDepthwiseConv2dNative _MklNativeMaxPoolGrad',
  'output workspace': '_MklNativeMaxPool',
  'output*num': 'Unpack',
  'output*num_split': 'Split SplitV',
  patches: 'ExtractImagePatches',
  product: 'MatMul',
  'q r': 'Qr',
  r0: 'BroadcastArgs',
  resized_images: 'ResizeBilinear ResizeNearestNeighbor',
  's u v': 'Svd',
  softmax: 'Softmax _MklSoftmax',
  sum: 'AddN',
  'values indices': 'TopK TopKV2',
  'x_backprop scale_backprop offset_backprop reserve_space_4 reserve_space_5': 'FusedBatchNormGradV3',
  y: 'Abs Acos Acosh Asin Asinh Atan Atanh Cast Ceil ComplexAbs Cos Cosh Erf Exp Expm1 Floor InplaceSub IsFinite IsInf IsNan Log Log1p LogicalNot Neg OnesLike Reciprocal Round Rsqrt Sigmoid Sign Sin Sinh Sqrt Square Tan Tanh Transpose ZerosLike',
  'y batch_mean batch_variance reserve_space_1 reserve_space_2': 'FusedBatchNorm',
  'y batch_mean batch_variance reserve_space_1 reserve_space_2 reserve_space_3': 'FusedBatchNormV3',
  z: 'Add AddV2 Atan2 Equal FloorDiv FloorMod Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr Maximum Minimum Mod Mul NotEqual Pow RealDiv SigmoidGrad SquaredDifference Sub TanhGrad',
};

const NAMES = new Map(
  Object.entries(BY_OUTPUTS).flatMap(([outputs, operations]) =>
    operations.split(' ').map((operation) => [operation, outputs.split(' ')] as const),
  ),
);

/** `name:index` of an operation's output within a function's body; undefined for an unknown operation. */
export function outputName(op: string, index: number): string | undefined {
  const names = NAMES.get(op);
  if (!names) return undefined;
  const list = /^(\w+)\*/.exec(names[0]!);
  return list ? `${list[1]}:${index}` : `${names[index]}:0`;
}
