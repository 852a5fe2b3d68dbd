/**
 * What a study uses beyond the public API (`weft-nas/study`): data and their batches, training, sessions of searches,
 * and what it keeps.
 */
export { augmentSchema, checkConfig } from '../config/index.js';
export {
  batches,
  batchTensors,
  type Corpus,
  findDataFile,
  findDataset,
  isRotating,
  openDataset,
  prepareData,
  type PreparedData,
  prepareText,
  recordSplits,
  splitDataset,
  textBatches,
} from '../data/index.js';
export { proto10 } from '../data/proto10.js';
export * as twoModel from '../forgetting/two-model/index.js';
export { costsIn } from '../ranking/costs.js';
export * as stepping from '../search/stepping.js';
export { type Loss, perExampleGradients } from '../tensor/second-order/index.js';
export { watchKernels } from '../tensor/trace.js';
export * as training from '../training/index.js';
export { type Cells, openCells } from './cells.js';
export { keepSession, type KeptSession } from './kept-session.js';
export { checkPayload, plainPayload } from './payload.js';
export { stopHere } from './run-study.js';
