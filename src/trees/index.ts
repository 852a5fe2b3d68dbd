export type { Table } from './bins.js';
export { boost, type BoostingOptions } from './boosting.js';
export { type Forest, type ForestOptions, growForest } from './forest.js';
export { groveOf } from './tree.js';
export { meanAndDeviation } from './votes.js';
