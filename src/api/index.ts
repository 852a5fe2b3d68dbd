/**
 * What a command does, as a function: `weft search` is `runSearch`, `weft report` is `writeReport`. Each loads what it needs when it is
 * called, so that importing the package takes no longer than its parts.
 */
import { type CompareOptions, type CompareOutcome, type DiffOptions, type DiffOutcome } from './compare.js';
import { type Conversion, type ConvertOptions } from './convert.js';
import { type EvaluateOptions, type EvaluationOutcome } from './evaluate.js';
import { type SearchListeners } from './listeners.js';
import { type LoadedModel, type LoadModelOptions, type NamedPrediction, type Prediction } from './predict.js';
import { type RecordedOptions, type SpaceOptions } from './recorded-run.js';
import { type ReportOptions } from './report.js';
import { type ResumeOutcome, type ResumeRequest, type SearchOutcome, type SearchRequest } from './search.js';
import { type TrainRequest } from './train.js';
import { type TrustOptions } from './trust.js';

export type { CompareOptions, CompareOutcome, DiffOptions, DiffOutcome };
export type { Conversion, ConvertOptions, EvaluateOptions, EvaluationOutcome, LoadedModel, LoadModelOptions };
export type { NamedPrediction, Prediction, RecordedOptions, ReportOptions, SpaceOptions, TrainRequest, TrustOptions };
export type { SearchListeners };
export type { ResumeOutcome, ResumeRequest, SearchOutcome, SearchRequest };

/**
 * Searches, retrains the best from scratch, tests it once, and leaves a run directory with its report. The space's and the controller's
 * options are `config.space` and `config.controller`; their names are those of the given parts unless the configuration names the files
 * that define them, which `weft resume` and `weft report` then find. Throws WeftError('config') on a wrong configuration. No directory
 * stays behind where an error comes before the first step.
 */
export async function runSearch(request: SearchRequest): Promise<SearchOutcome> {
  return (await import('./search.js')).runSearch(request);
}

/**
 * Goes on with a run that was stopped or killed, from its last checkpoint. Of a finished one whatever is missing is made again: the
 * network and the summary from the last checkpoint, the report always. Throws WeftError('run') where a network or summary is missing
 * and no checkpoint is left.
 */
export async function resumeSearch(directory: string, request: ResumeRequest = {}): Promise<ResumeOutcome> {
  return (await import('./search.js')).resumeSearch(directory, request);
}

/** Trains one architecture (text encoding) from scratch, tests it once, and leaves a run directory with its report; `run` gives space, data and training. */
export async function trainArchitecture(architecture: string, request: TrainRequest = {}): Promise<SearchOutcome> {
  return (await import('./train.js')).trainArchitecture(architecture, request);
}

/**
 * Accuracy and loss of a run's trained network on the test part of its own data, or on other data of the same form. Throws
 * WeftError('data') where the data does not fit, or the run's own data has changed.
 */
export async function evaluateRun(directory: string, options: EvaluateOptions = {}): Promise<EvaluationOutcome> {
  return (await import('./evaluate.js')).evaluateRun(directory, options);
}

/** Writes one self-contained HTML file about a run, finished or not, and returns its path. The same run gives the same bytes. */
export async function writeReport(directory: string, options: ReportOptions = {}): Promise<string> {
  return (await import('./report.js')).writeRunReport(directory, options);
}

/**
 * Compares configurations over their finished runs, each with the first: paired by seed where that is possible, with intervals and a
 * verdict, as a page. Throws WeftError('run') for runs that are not finished, differ in nothing but the seed, or were tested on
 * different data.
 */
export async function compareRuns(
  directories: readonly string[],
  options: CompareOptions = {},
): Promise<CompareOutcome> {
  return (await import('./compare.js')).compareRuns(directories, options);
}

/**
 * Draws two architectures of a space over each other, as a page, and counts parameters and multiply-adds of both. Either is a finished
 * run, or a text encoding whose space `run` or the other one tells.
 */
export async function diffNetworks(a: string, b: string, options: DiffOptions = {}): Promise<DiffOutcome> {
  return (await import('./compare.js')).diffNetworks(a, b, options);
}

/**
 * Writes the record of a run, finished or not, for TensorBoard, Optuna or spreadsheets into a folder (`RUN/tensorboard`, `RUN/optuna` or
 * `RUN/csv` by default), and returns the paths of the files. The same run gives the same bytes.
 */
export async function convertRun(directory: string, options: ConvertOptions): Promise<string[]> {
  return (await import('./convert.js')).convertRun(directory, options);
}

/**
 * The trained network of a finished run, checked against the run's hashes. Throws WeftError('run') if there is none, and
 * WeftError('unsupported') for a language model.
 *
 * @example
 * const model = await loadModel('runs/RUN');
 * const [{ label, probability }] = model.predict([[5.1, 3.5, 1.4, 0.2]]);
 * model.dispose();
 */
export async function loadModel(directory: string, options: LoadModelOptions = {}): Promise<LoadedModel> {
  return (await import('./predict.js')).loadModel(directory, options);
}
