/**
 * Curvature of a loss surface at a point: eigenvalues, trace and density of its Hessian, or of any symmetric
 * linear operator given by its products.
 */
export {
  densityCurve,
  spectralDensity,
  type CurveOptions,
  type DensityCurve,
  type DensityOptions,
  type SpectralDensity,
} from './density.js';
export { descentEdge, type EdgeOptimizer, type Edges, edgesOf, momentumEdge, nesterovEdge, samEdge } from './edge.js';
export {
  disposeEigenpairs,
  extremeEigenpairs,
  topEigenvalue,
  type EigenvalueOptions,
  type Eigenpair,
  type ExtremeEigenpairs,
} from './eigenvalues.js';
export { FISHER_KINDS, fisherInformation, type FisherEstimate, type FisherKind, type FisherOptions } from './fisher.js';
export { drawClasses, drawNormals, squaresOfExamples, squaresOfProducts, targetDeviation } from './fisher-parts.js';
export { exampleSquares, type ExampleSquares } from './fisher-squares.js';
export { gaussNewton, hessian, type CurvatureOperator } from './hessian.js';
export { lanczos, ritz, type LanczosOptions, type Ritz, type Tridiagonal } from './lanczos.js';
export {
  denseMatrix,
  flatten,
  matrixOperator,
  operatorOnVectors,
  unflatten,
  type LinearOperator,
} from './linear-operator.js';
export {
  hutchinsonDiagonal,
  hutchinsonTrace,
  hutchPlusPlusTrace,
  type TraceEstimate,
  type TraceOptions,
} from './trace.js';
export { scaledByWeights } from './scale-free.js';
export {
  type Alignment,
  type Eigenvalue,
  measureSharpness,
  type Sharpness,
  type SharpnessOptions,
  sharpnessRise,
  topOfHessian,
  type TopOfHessian,
  type TopOptions,
} from './sharpness.js';
export {
  type DirectionOptions,
  filterNormalizedDirection,
  type GridOptions,
  type LossLine,
  lossLine,
  type LossPlane,
  lossPlane,
} from './surface.js';
