/** What a chain knows about the training that it is built for. */
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
  /** The user's own optimizers and preconditioners, which configurations refer to by name. */
  readonly own?: OwnParts | undefined;
}
