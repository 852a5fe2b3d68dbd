import { ownValue, unknownNameHint, WeftError } from '../errors.js';
import { type Predictor } from './contract.js';
import { forest } from './forest.js';
import { gaussianProcess } from './gaussian-process.js';
import { gradientBoosting } from './gradient-boosting.js';
import { mlpEnsemble } from './mlp-ensemble.js';
import { ridge } from './ridge.js';

export type { Features, FittedPredictor, Expectation, Predictor } from './contract.js';
export {
  choiceEncoding,
  type Encoding,
  graphEncoding,
  joinEncodings,
  pathEncoding,
  type PathOptions,
} from './encodings.js';
export { FEWEST_EPOCHS, fitLearningCurve, type LearningCurve } from './learning-curve.js';
export { forest, gaussianProcess, gradientBoosting, mlpEnsemble, ridge };

/** Every predictor by its name. */
export const PREDICTORS: Readonly<Record<string, Predictor>> = {
  ridge,
  forest,
  'gradient-boosting': gradientBoosting,
  'gaussian-process': gaussianProcess,
  'mlp-ensemble': mlpEnsemble,
};

/** The predictor of this name; throws WeftError('config') if there is none. */
export function predictorNamed(name: string): Predictor {
  const found = ownValue(PREDICTORS, name);
  if (!found)
    throw new WeftError('config', `no predictor is called '${name}'`, unknownNameHint(name, Object.keys(PREDICTORS)));
  return found;
}
