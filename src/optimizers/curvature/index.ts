import { adaHessianEntry } from './adahessian.js';
import { sasshaEntry } from './sassha.js';
import { sophiaEntry } from './sophia.js';

/** Optimizers that divide by an estimate of the Hessian's diagonal. */
export const curvatureOptimizers = [adaHessianEntry, sophiaEntry, sasshaEntry] as const;
