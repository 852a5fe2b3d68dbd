/** Elementwise kernels that GraphDef and ONNX both have under TensorFlow.js's name. */
export const IN_BOTH =
  'Abs Acos Acosh Asin Asinh Atan Atanh Ceil Cos Cosh Elu Equal Erf Exp Floor Greater Identity Less Log Neg Pow Reciprocal Relu Round Selu Sigmoid Sign Sin Sinh Softplus Sqrt Sub Tan Tanh'.split(
    ' ',
  );
