import { adaHessian } from './adahessian.js';
import { sassha } from './sassha.js';
import { sophia } from './sophia.js';

/** Optimizers that divide by an estimate of the Hessian's diagonal. */
export const curvatureOptimizers = [adaHessian, sophia, sassha] as const;
