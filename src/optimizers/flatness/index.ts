import { bayesianSam } from './bsam.js';
import { entropySgd } from './entropy-sgd.js';
import { efficientSam } from './esam.js';
import { friendlySam } from './f-sam.js';
import { gam } from './gam.js';
import { gsam } from './gsam.js';
import { lookSam } from './looksam.js';
import { asam, fisherSam, sam } from './sam.js';
import { adamTracer, sgdTracer } from './tracer.js';
import { weightedSam } from './wsam.js';

/** Optimizers that take a second gradient of the same batch to find flat minima. */
export const flatnessOptimizers = [
  sam,
  asam,
  gsam,
  lookSam,
  friendlySam,
  weightedSam,
  fisherSam,
  bayesianSam,
  efficientSam,
  sgdTracer,
  adamTracer,
  entropySgd,
  gam,
] as const;
