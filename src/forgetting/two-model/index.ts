export { openTwoModelData, type TwoModelDataOptions } from './data.js';
export {
  type FirstTraining,
  type SecondTraining,
  trainFirst,
  type TrainedFirst,
  type TwoModelCurve,
  type TwoModelData,
  type TwoModelOutcome,
  type TwoModelSetting,
} from './experiment.js';
export { type TwoModelOptions, twoModelSpace } from './space.js';
