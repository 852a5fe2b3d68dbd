import { bayesianSamEntry } from './bsam.js';
import { entropySgdEntry } from './entropy-sgd.js';
import { efficientSamEntry } from './esam.js';
import { friendlySamEntry } from './f-sam.js';
import { gamEntry } from './gam.js';
import { gsamEntry } from './gsam.js';
import { lookSamEntry } from './looksam.js';
import { asamEntry, fisherSamEntry, samEntry } from './sam.js';
import { adamTracerEntry, sgdTracerEntry } from './tracer.js';
import { weightedSamEntry } from './wsam.js';

/** Optimizers that take a second gradient of the same batch to find flat minima. */
export const flatnessOptimizers = [
  samEntry,
  asamEntry,
  gsamEntry,
  lookSamEntry,
  friendlySamEntry,
  weightedSamEntry,
  fisherSamEntry,
  bayesianSamEntry,
  efficientSamEntry,
  sgdTracerEntry,
  adamTracerEntry,
  entropySgdEntry,
  gamEntry,
] as const;
