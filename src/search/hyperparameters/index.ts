export { accepts, candidateConfig, hyperparametersOf, refuseHyperparameters, withHyperparameters } from './fields.js';
export { jointSpace, type Candidate, candidateText, type Joint, readCandidate } from './space.js';
export type { Hyperparameter, Hyperparameters, HyperparameterValue } from './values.js';
