export { activate, type ActiveNode } from './activate.js';
export { peakActivationBytes } from './activation-memory.js';
export type { GatedNode, GraphBuilder, NodeRef, Sizes } from './builder.js';
export { type Cell, stack } from './cell.js';
export { canonicalHash } from './canonical.js';
export { multiplyAddCount, parameterCount, weightBytes } from './cost.js';
export { type FewestExamples, fewestExamplesIn, fewestExamplesOf } from './fewest-examples.js';
export { deployedNodes } from './deployed.js';
export {
  defineSpace,
  logitsShape,
  type SearchSpace,
  type SpaceDefinition,
  type SpaceFactory,
  type Task,
} from './define-space.js';
export type { Combination, EdgeAttributes, Guard, NodeAttributes, SupernetGraph } from './nodes.js';
