/**
 * Linear algebra on batches of matrices [...,rows,columns], the same on every backend, differentiable, and
 * never NaN: what cannot be computed throws a `numeric` WeftError.
 */
export { cholesky, choleskySolve, logDeterminant, triangularSolve, type TriangularSolveOptions } from './cholesky.js';
export { addToDiagonal, trace } from './diagonal.js';
export { damped, type Damped, type DampingOptions } from './damped.js';
export { eigh, ridgedInverseRoot, type Eigh } from './eigh.js';
export { deflated, gramOfRows, rankOneRemoved } from './few-rows.js';
export { newtonSchulzBfloat16 } from './newton-schulz.js';
export type { Precision, PrecisionOption } from './factorization.js';
export { diagonalPart } from './matrices.js';
export { qr, type Qr } from './qr.js';
export { inverse, solve, type InverseOptions, type SolveOptions } from './solve.js';
