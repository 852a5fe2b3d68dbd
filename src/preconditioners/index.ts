export {
  createPreconditioner,
  type PreconditionerConfigInput,
  type PreconditionerSchema,
  preconditionerSchema,
  PRECONDITIONERS,
} from './catalogue.js';
export type { BlockSolver, Curvature, Damping, Representation, Statistics, Triple } from './contract.js';
export type { PreconditionerSummary } from './entry.js';
export { definePreconditioner, type OwnPreconditioner } from './methods/own.js';
export { empiricalFisher, exactFisher, sampledFisher } from './curvatures/fisher.js';
export { type Block, type BlockData, blocksOf, type CapturedBlock } from './layers/blocks.js';
export { dataOf, exampleGradients } from './layers/data.js';
export { layered, type LayeredOptions } from './layers/layered.js';
export { kronecker, type KroneckerOptions } from './representations/kronecker.js';
export { unit } from './representations/unit.js';
