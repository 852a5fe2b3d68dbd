/** The public API of weft-nas: what search spaces, controllers and programs import. */
export { WeftError, type WeftErrorCode } from './errors.js';
export { z } from 'zod';
export * from './space/index.js';
export * from './operations/index.js';
export * from './graph/index.js';
export * from './supernet/index.js';
export {
  type BackendDescription,
  type BackendName,
  describeBackend,
  loadBackend,
  type LoadBackendOptions,
} from './tensor/backend.js';
export { stream, type Rng } from './tensor/rng.js';
export { tf, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D, tidy } from './tensor/tf.js';
export * as nn from './tensor/nn.js';
export { gradientsOf, valueAndGradients } from './tensor/autodiff.js';
export {
  compile,
  type CallOptions,
  type CompiledStep,
  type CompileMode,
  type CompileOptions,
  type Host,
  type Step,
  type StepResult,
} from './tensor/plan/index.js';
export { defineOptimizer, type OwnOptimizer } from './optimizers/index.js';
export { definePreconditioner, type OwnPreconditioner } from './preconditioners/index.js';
export { defineRegularizer, type OwnRegularizer } from './forgetting/index.js';
export { defineObjective, type ObjectiveDefinition, type OwnObjective } from './search/own-objective.js';
export type { OwnDefinition, OwnPart } from './parts/own.js';
export * as optimizers from './optimizers/index.js';
export * as curvature from './curvature/index.js';
export * as forgetting from './forgetting/index.js';
export * as preconditioners from './preconditioners/index.js';
export { disposeNamed, mapNamed, type NamedTensors, pickNamed, underPrefix, withPrefix } from './tensor/named.js';
export { type Dataset, type DatasetFields, defineDataset, type Examples, type InputShape } from './data/dataset.js';
export { defineData, type OwnData, type OwnDataDefinition } from './data/own.js';
export {
  collectDataset,
  type ExampleInput,
  type ExampleLabel,
  type InputsAndLabels,
  type LabelledExample,
  type MemoryData,
  type MemoryPart,
} from './data/memory.js';
export type { LabelList } from './data/memory-labels.js';
export * from './controller/index.js';
export * from './tabular/index.js';
export { enasSearches } from './config/presets/enas.js';
export * from './pareto/index.js';
export {
  defineStudy,
  gateRow,
  infoRow,
  type Parts,
  type PerformUnits,
  type Row,
  type Study,
  type StudyFigure,
  type StudyResult,
  type StudySection,
  type StudySetting,
  type StudyTable,
  type StudyUnit,
  type Tick,
  type UnitRequest,
  type UnitSetting,
  withinRow,
} from './studies/contract.js';
export {
  type ChapterContent,
  type ChapterDefinition,
  type ChapterFigure,
  type ChapterInput,
  type ChapterTable,
  defineChapter,
  type OwnChapter,
} from './report/chapter.js';
export type { FinishedStudy } from './studies/run-study.js';
export * from './predictors/index.js';
export * from './proxies/index.js';
export * from './statistics/index.js';
export type { SearchConfig, SearchConfigInput } from './config/index.js';
export type { JsonObject } from './runs/json.js';
export type { SearchEvent } from './search/events.js';
export * from './api/index.js';
export * from './api/device.js';
