/**
 * The commands as functions: `weft search` is `runSearch`. Each loads its dependencies on first call, so importing
 * stays fast.
 */
import { type DescribedPart, type ListedPart, type PartKind } from './catalogue.js';
import { type CompareOptions, type CompareOutcome, type DiffOptions, type DiffOutcome } from './compare.js';
import { type FinishedStudy, type Study } from '../studies/index.js';
import { type SearchConfig } from '../config/index.js';
import { type DoctorRow } from '../doctor/index.js';
import { type Ui, type UiOptions } from '../ui/index.js';
import { type ConvertOptions } from './convert.js';
import { type DeriveOptions, type DeriveOutcome } from './derive.js';
import { type EvaluateOptions, type EvaluationOutcome } from './evaluate.js';
import { type JobsOptions, type ProcessesOptions, type WithExecutor } from './executors.js';
import { type CheckOptions, type CheckOutcome } from './check-export.js';
import { type ExportOptions, type ExportOutcome } from './export.js';
import { type ForgettingComparison, type ForgettingOptions, type ForgettingReport } from './forgetting.js';
import { type HalvingOutcome, type HalvingRequest } from './halve.js';
import { type LoadedLabeller, type LoadedModel, type LoadedRegressor, type LoadModelOptions } from './predict.js';
import { type RankOptions, type RankOutcome } from './rank.js';
import { type TruthOptions, type TruthOutcome } from './rank-truth.js';
import { type SpaceOptions } from './recorded-run.js';
import { type ReportOptions } from './report.js';
import { type ResumeOutcome, type ResumeRequest, type SearchOutcome, type SearchRequest } from './search.js';
import {
  type SeedsOutcome,
  type SeedsReport,
  type SeedsRequest,
  type TrainSeedsOutcome,
  type TrainSeedsRequest,
} from './seeds.js';
import { type SharpnessOptions, type SharpnessOutcome } from './sharpness.js';
import { type MeasureConflictsOptions } from './conflicts.js';
import { type OptionConflicts } from '../search/splitting/conflicts.js';
import { type SpecializedOutcome, type SpecializeRunOptions } from './specialize.js';
import { type QueueAddress, type QueueJobsOptions, type QueueState, type WorkerOptions } from './queue.js';
import { type RecipeNote } from './recipes.js';
import { type RunStatus } from './status.js';
import { type StudyRequest } from './study.js';
import { type TemplateOptions } from './templates.js';
import { type TrainRequest } from './train.js';

export type { DescribedPart, ListedOption, ListedPart, PartKind } from './catalogue.js';
export type { CompareOptions, CompareOutcome, DiffOptions, DiffOutcome };
export type { MeasureConflictsOptions } from './conflicts.js';
export type { ConflictOptions, OptionConflicts } from '../search/splitting/conflicts.js';
export type { Conversion, ConvertOptions } from './convert.js';
export type { DerivedCandidate, DeriveOptions, DeriveOutcome } from './derive.js';
export type { Retrained } from './retrain-best.js';
export type { EvaluateOptions, EvaluationOutcome } from './evaluate.js';
export type { JobsOptions, ProcessesOptions, PendingJobs, WithExecutor } from './executors.js';
export type { CheckOptions, CheckOutcome } from './check-export.js';
export type { ExportOptions, ExportOutcome } from './export.js';
export type { ForgettingComparison, ForgettingOptions, ForgettingReport } from './forgetting.js';
export type { AshaRequest, HalvingOutcome, HalvingRequest } from './halve.js';
export type { SearchListeners } from './listeners.js';
export type { PartsRequest } from './parts.js';
export type {
  LoadedModel,
  LabelPrediction,
  LoadedLabeller,
  LoadedRegressor,
  LoadModelOptions,
  NamedNumbers,
  NamedPrediction,
  PredictedNumbers,
  Prediction,
} from './predict.js';
export type { RankOptions, RankOutcome } from './rank.js';
export type { ProxyChoice } from './rank-proxies.js';
export type { TruthOptions, TruthOutcome } from './rank-truth.js';
export type { RecordedOptions, SpaceOptions } from './recorded-run.js';
export type { ReportOptions } from './report.js';
export type { ResumeOutcome, ResumeRequest, SearchOutcome, SearchRequest } from './search.js';
export type {
  SeedSearch,
  SeedsOutcome,
  SeedsReport,
  SeedsRequest,
  TrainSeedsOutcome,
  TrainSeedsRequest,
} from './seeds.js';
export type { SessionOptions } from './session.js';
export type { RunSharpness, SharpnessOptions, SharpnessOutcome } from './sharpness.js';
export type { SpecializedOutcome, SpecializeRunOptions } from './specialize.js';
export type { QueueAddress, QueueJobsOptions, QueueState, WorkerOptions } from './queue.js';
export type { RecipeNote } from './recipes.js';
export type { RunStatus } from './status.js';
export type { TemplateKind, TemplateOptions } from './templates.js';
export type { DoctorRow } from '../doctor/index.js';
export type { StudyRequest } from './study.js';
export type { TrainRequest } from './train.js';
export type { TrustOptions } from './trust.js';
export { type Ui, type UiOptions };

/**
 * Searches, retrains the best from scratch, tests it once, and leaves a run directory with its report. The space's and
 * the controller's options are `config.space` and `config.controller`; their names are those of the given parts unless
 * the configuration names the files that define them, which `weft resume` and `weft report` then find. Throws
 * WeftError('config') on a wrong configuration. No directory is left behind if an error occurs before the first step.
 */
export async function runSearch(request: SearchRequest): Promise<SearchOutcome> {
  return (await import('./search.js')).runSearch(request);
}

/**
 * Resumes a run that was stopped or killed, from its last checkpoint. For a finished run, recreates anything missing:
 * the network and the summary from the last checkpoint, the report always. Throws WeftError('run') if a network or
 * summary is missing and no checkpoint is left.
 */
export async function resumeSearch(directory: string, request: ResumeRequest = {}): Promise<ResumeOutcome> {
  return (await import('./search.js')).resumeSearch(directory, request);
}

/** The same search with several seeds, and a page that summarizes them; undefined if it was stopped. */
export async function searchSeeds(request: SeedsRequest): Promise<SeedsOutcome | undefined> {
  return (await import('./seeds.js')).searchSeeds(request);
}

/**
 * Trains one architecture (text encoding) from scratch with several seeds, one run each; undefined if they were
 * stopped.
 */
export async function trainSeeds(
  architecture: string,
  request: TrainSeedsRequest,
): Promise<TrainSeedsOutcome | undefined> {
  return (await import('./seeds.js')).trainSeeds(architecture, request);
}

/**
 * Trains one architecture (text encoding) from scratch, tests it once, and leaves a run directory with its report;
 * `run` gives space, data and training.
 */
export async function trainArchitecture(architecture: string, request: TrainRequest = {}): Promise<SearchOutcome> {
  return (await import('./train.js')).trainArchitecture(architecture, request);
}

/**
 * Successive halving (Jamieson & Talwalkar 2016, arXiv 1502.07943): trains random architectures alone for a short time,
 * and the best of them for longer. Finished trainings are not repeated. Undefined if it was stopped.
 */
export async function runHalving(request: HalvingRequest = {}): Promise<HalvingOutcome | undefined> {
  return (await import('./halve.js')).runHalving(request);
}

/**
 * Evaluates fresh candidates from the controller with the shared weights of a run's last checkpoint, best first; the
 * run itself is not changed. Throws WeftError('config') if no candidate meets the conditions.
 */
export async function deriveRun(directory: string, options: DeriveOptions = {}): Promise<DeriveOutcome> {
  return (await import('./derive.js')).deriveRun(directory, options);
}

/**
 * Accuracy and loss of a run's trained network on the test part of its own data, or on other data in the same format.
 * Throws WeftError('data') if the data does not fit, or the run's own data has changed.
 */
export async function evaluateRun(directory: string, options: EvaluateOptions = {}): Promise<EvaluationOutcome> {
  return (await import('./evaluate.js')).evaluateRun(directory, options);
}

/**
 * How well the shared weights of a run reproduce the ranking of architectures trained alone; writes `RUN/rank` and the
 * run's report. Finished trainings are not repeated. Undefined if it was stopped.
 */
export async function rankRun(directory: string, options: RankOptions = {}): Promise<RankOutcome | undefined> {
  return (await import('./rank.js')).rankRun(directory, options);
}

/**
 * The same against a table of published training results: nothing is trained. Writes `RUN/rank/truth.json` and the
 * run's report.
 */
export async function rankRunByTable(directory: string, options: TruthOptions): Promise<TruthOutcome> {
  return (await import('./rank-truth.js')).rankRunByTable(directory, options);
}

/**
 * The best network within each budget from a run's elastic supernet, exported without training. Throws
 * WeftError('config') for a space that is not elastic, and if a budget is below the smallest network.
 */
export async function specializeRun(directory: string, options: SpecializeRunOptions): Promise<SpecializedOutcome> {
  return (await import('./specialize.js')).specializeRun(directory, options);
}

/**
 * Writes a run's trained network for stock TensorFlow.js (browser and Node), as ONNX and as safetensors into a folder,
 * with a page to try it. An earlier export there is replaced, anything else is not.
 */
export async function exportRun(directory: string, options: ExportOptions = {}): Promise<ExportOutcome> {
  return (await import('./export.js')).exportRun(directory, options);
}

/**
 * Loads each file of a run's export in its own runtime and compares its outputs with the network's for examples of the
 * test part, or for synthetic ones if the data cannot be opened. Throws WeftError('export') naming a file that cannot
 * be run.
 */
export async function checkExport(
  directory: string,
  folder: string,
  options: CheckOptions = {},
): Promise<CheckOutcome> {
  return (await import('./check-export.js')).checkExport(directory, folder, options);
}

/**
 * Measures the loss surface at a run's retrained network, or at its shared weights; writes a file into the run, and its
 * report.
 */
export async function measureRunSharpness(
  directory: string,
  options: SharpnessOptions = {},
): Promise<SharpnessOutcome> {
  return (await import('./sharpness.js')).measureRunSharpness(directory, options);
}

/**
 * Writes one self-contained HTML file about a run, finished or not, and returns its path. The same run gives the same
 * bytes.
 */
export async function writeReport(directory: string, options: ReportOptions = {}): Promise<string> {
  return (await import('./report.js')).writeRunReport(directory, options);
}

/** Summarizes runs of one search with different seeds as a page: `seeds.html` next to the first by default. */
export async function reportSeeds(
  directories: readonly string[],
  options: SpaceOptions & { readonly out?: string } = {},
): Promise<SeedsReport> {
  return (await import('./seeds.js')).reportSeeds(directories, options);
}

/**
 * How much training each architecture made the others forget: writes `RUN/forgetting`. Throws WeftError('run') if a run
 * did not measure it.
 */
export async function reportForgetting(directory: string, options: ForgettingOptions = {}): Promise<ForgettingReport> {
  return (await import('./forgetting.js')).reportForgetting(directory, options);
}

/**
 * Compares runs with regularizers with runs without, paired by seed: writes a page, a JSON file and tables into `out`.
 */
export async function compareRunsByForgetting(
  directories: readonly string[],
  options: ForgettingOptions & { readonly out: string },
): Promise<ForgettingComparison> {
  return (await import('./forgetting.js')).compareRunsByForgetting(directories, options);
}

/**
 * Compares configurations over their finished runs, each with the first: paired by seed if possible, with intervals and
 * a verdict, as a page. Throws WeftError('run') for runs that are not finished, differ in nothing but the seed, or were
 * tested on different data.
 */
export async function compareRuns(
  directories: readonly string[],
  options: CompareOptions = {},
): Promise<CompareOutcome> {
  return (await import('./compare.js')).compareRuns(directories, options);
}

/**
 * Draws two architectures of a space overlaid, as a page, and counts parameters and multiply-adds of both. Each is a
 * finished run, or a text encoding whose space is given by `run` or the other one.
 */
export async function diffNetworks(a: string, b: string, options: DiffOptions = {}): Promise<DiffOutcome> {
  return (await import('./compare.js')).diffNetworks(a, b, options);
}

/**
 * Writes the record of a run, finished or not, for TensorBoard, Optuna or spreadsheets into a folder
 * (`RUN/tensorboard`, `RUN/optuna` or `RUN/csv` by default), and returns the paths of the files. The same run gives the
 * same bytes.
 */
export async function convertRun(directory: string, options: ConvertOptions): Promise<string[]> {
  return (await import('./convert.js')).convertRun(directory, options);
}

/**
 * The trained network of a finished run, checked against the run's hashes, or of a folder that `exportRun` has written,
 * which needs no space. Throws WeftError('run') if there is none, and WeftError('unsupported') for a language model,
 * and for a network that predicts numbers (see `loadRegressor`).
 *
 * @example
 * const model = await loadModel('runs/RUN');
 * const [{ label, probability }] = model.predict([[5.1, 3.5, 1.4, 0.2]]);
 * model.dispose();
 */
export async function loadModel(directory: string, options: LoadModelOptions = {}): Promise<LoadedModel> {
  return (await import('./predict.js')).loadModel(directory, options);
}

/**
 * The trained network of a finished run that predicts numbers, for predictions on new rows or pictures; checked against
 * the hashes of the run. The caller disposes it. Throws WeftError('unsupported') for a classifier or a language model.
 *
 * @example
 * const model = await loadRegressor('runs/RUN');
 * const [{ price }] = model.predict([[5.1, 3.5, 1.4]]);
 * model.dispose();
 */
export async function loadRegressor(directory: string, options: LoadModelOptions = {}): Promise<LoadedRegressor> {
  return (await import('./predict.js')).loadRegressor(directory, options);
}

/**
 * The same for a multi-label network. Throws WeftError('unsupported') for any other.
 *
 * @example
 * const model = await loadLabeller('runs/RUN');
 * const [{ labels, probabilities }] = model.predict([[5.1, 3.5, 1.4]]);
 * model.dispose();
 */
export async function loadLabeller(directory: string, options: LoadModelOptions = {}): Promise<LoadedLabeller> {
  return (await import('./predict.js')).loadLabeller(directory, options);
}

/** Everything of one kind that is chosen by name, with descriptions. */
export async function listParts(kind: PartKind): Promise<readonly ListedPart[]> {
  return (await import('./catalogue.js')).listParts(kind);
}

/** One part by name, or by a file of your own, with its options. Throws WeftError if it does not exist. */
export async function describePart(kind: PartKind, name: string): Promise<DescribedPart> {
  return (await import('./catalogue.js')).describePart(kind, name);
}

/**
 * Runs a study, built-in or your own, and writes its report, rows and tables; undefined if it was stopped. Throws
 * WeftError('config') for unknown options.
 */
export async function runStudy(study: string | Study, request: StudyRequest = {}): Promise<FinishedStudy | undefined> {
  return (await import('./study.js')).runStudy(study, request);
}

/**
 * Serves pages over a folder of runs on the loopback interface until `close()` is called; does not start or stop runs.
 */
export async function serveUi(folder: string, options: UiOptions = {}): Promise<Ui> {
  const [{ serveUi: serve }, { spaceToDraw }] = await Promise.all([
    import('../ui/index.js'),
    import('./drawn-space.js'),
  ]);
  return serve(folder, { spaceOf: spaceToDraw, ...options });
}

/** Runs jobs one after another in this process, the default: for in-memory data, and parts passed as values. */
export function inThisProcess(options: JobsOptions = {}): WithExecutor {
  return async (jobs, use) => (await import('./executors.js')).inThisProcess(options)(jobs, use);
}

/** Runs jobs in child processes on this machine, one per processor by default, which load parts by name or file. */
export function inProcesses(options: ProcessesOptions = {}): WithExecutor {
  return async (jobs, use) => (await import('./executors.js')).inProcesses(options)(jobs, use);
}

/**
 * How the options of each choice of a run's space interact in its shared weights, by gradient directions and by mutual
 * forgetting, with the best split in two by each measure; the choice most worth splitting by forgetting first. The run
 * is not changed.
 */
export async function measureRunConflicts(
  directory: string,
  options: MeasureConflictsOptions = {},
): Promise<OptionConflicts[]> {
  return (await import('./conflicts.js')).measureRunConflicts(directory, options);
}

/**
 * Runs jobs through a queue that outlives every process: either a folder served by processes on this machine, or a
 * database served by workers on many machines.
 */
export function inQueue(options: QueueJobsOptions = {}): WithExecutor {
  return async (jobs, use) => (await import('./queue.js')).inQueue(options)(jobs, use);
}

/**
 * Runs jobs from a queue in child processes until `signal` stops it, or with `untilEmpty` until the queue is empty.
 * Jobs in progress are then saved and returned. Loads no code except the files named here, identified by content.
 * Throws WeftError('job') for a queue that cannot be opened.
 */
export async function runWorker(options: WorkerOptions = {}): Promise<void> {
  return (await import('./queue.js')).runWorker(options);
}

/**
 * The state of a queue: numbers of jobs, its workers, its failures. Throws WeftError('job') if it does not exist; it is
 * not created.
 */
export async function queueState(options: QueueAddress = {}): Promise<QueueState> {
  return (await import('./queue.js')).queueState(options);
}

/**
 * Returns failed jobs to a queue, all of them or those whose key begins with `key`, and gives their number. Throws
 * WeftError('job') if `key` matches none.
 */
export async function retryJobs(options: QueueAddress & { readonly key?: string | undefined } = {}): Promise<number> {
  return (await import('./queue.js')).retryJobs(options);
}

/** The state of each run in a folder, sorted by name; a run that cannot be opened is listed as damaged. */
export async function listRuns(folder = 'runs'): Promise<RunStatus[]> {
  return (await import('./status.js')).listRuns(folder);
}

/** The state of one run. Throws WeftError('run') if it cannot be opened. */
export async function describeRun(directory: string): Promise<RunStatus> {
  return (await import('./status.js')).describeRun(directory);
}

/** The recipes of the project (`runs/recipes`) and of the package, in alphabetical order. */
export async function listRecipes(): Promise<RecipeNote[]> {
  return (await import('./recipes.js')).listRecipes();
}

/**
 * The configuration of a recipe, for `runSearch({ config })`. Throws WeftError('config') if there is none with this
 * name.
 */
export async function loadRecipe(name: string): Promise<SearchConfig> {
  return (await import('./recipes.js')).loadRecipe(name);
}

/**
 * Writes a commented, runnable template for a part of your own, with its test, into a folder, and returns the paths of
 * the files: without `kind`, a space and its configuration. Throws WeftError('config') if a file already exists, unless
 * `force` is true.
 */
export async function writeTemplate(folder: string, options: TemplateOptions = {}): Promise<string[]> {
  return (await import('./templates.js')).writeTemplate(folder, options);
}

/** Checks the capabilities of this machine, one row each, with a remedy for anything missing. */
export async function diagnose(): Promise<DoctorRow[]> {
  return (await import('../doctor/index.js')).diagnose();
}
