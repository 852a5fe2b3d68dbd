/** The optimizers that train the weights they evaluate: what averages can be taken of. */
import { baseOptimizers } from './base/index.js';
import { curvatureOptimizers } from './curvature/index.js';
import { flatnessOptimizers } from './flatness/index.js';

export const plainOptimizers = [...baseOptimizers, ...flatnessOptimizers, ...curvatureOptimizers] as const;
