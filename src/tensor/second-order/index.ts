/**
 * Second derivatives: products with the Hessian, Gauss-Newton matrix and Jacobian; per-example gradients; the layer
 * inputs and gradients that curvature is built from. Exact where verified; otherwise refused, or reported as inexact.
 */
export { capturedGradients, type CapturedGradients, type CaptureOptions, type LayerCapture } from './capture.js';
export { type CapturedUse, windowOf } from './captured-uses.js';
export { axisOfRows, type ExampleAxes, type ExampleAxis, followExamples, rowsByExample } from './example-axis.js';
export { gaussNewtonOperator, type CutLoss } from './gauss-newton.js';
export {
  hessianOperator,
  hvp,
  type HessianOperator,
  type HessianVectorProduct,
  type Loss,
} from './hessian-operator.js';
export { jacobianOperator, type JacobianOperator } from './jacobian-operator.js';
export type { ProductMethod, SecondOrderOptions } from './method.js';
export { patches } from './patches.js';
export {
  affineExampleGradients,
  depthwiseExampleGradients,
  perExampleGradients,
  type LayerExampleGradients,
} from './per-example.js';
