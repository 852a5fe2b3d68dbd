/** What a chain is told about the training it is for. */
import { type ParameterRole } from '../operations/operation.js';
import { type OwnParts } from '../parts/own.js';

export interface TrainingLength {
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
}

export interface TrainingSetting extends TrainingLength {
  /** Role of a parameter by name; parameters without one count as kernels. */
  readonly roleOf?: ((parameter: string) => ParameterRole | undefined) | undefined;
  /** Number of training examples, for optimizers whose noise depends on it. */
  readonly examples?: number | undefined;
  /** Optimizers and preconditioners of the user's own, which configurations name. */
  readonly own?: OwnParts | undefined;
}
