/**
 * What a command does, as a function: `weft search` is `runSearch`, `weft report` is `writeReport`. Each loads what it needs when it is
 * called, so that importing the package takes no longer than its parts.
 */
import { type SpaceFactory } from '../graph/define-space.js';
import { type SearchListeners } from './listeners.js';
import { type LoadedModel, type LoadModelOptions, type NamedPrediction, type Prediction } from './predict.js';
import { type WriteReportOptions } from './report.js';
import { type ResumeOutcome, type ResumeRequest, type SearchOutcome, type SearchRequest } from './search.js';

export type { LoadedModel, LoadModelOptions, NamedPrediction, Prediction, WriteReportOptions };
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
export async function resumeSearch(directory: string, request: ResumeRequest): Promise<ResumeOutcome> {
  return (await import('./search.js')).resumeSearch(directory, request);
}

/** Writes one self-contained HTML file about a run of this space, finished or not, and returns its path. The same run gives the same bytes. */
export async function writeReport(
  directory: string,
  space: SpaceFactory,
  options: WriteReportOptions = {},
): Promise<string> {
  return (await import('./report.js')).writeReport(directory, space, options);
}

/**
 * The trained network of a finished run, checked against the run's hashes. Throws WeftError('run') if there is none, and
 * WeftError('unsupported') for a language model.
 *
 * @example
 * const model = await loadModel('runs/RUN', { space: mlp });
 * const [{ label, probability }] = model.predict([[5.1, 3.5, 1.4, 0.2]]);
 * model.dispose();
 */
export async function loadModel(directory: string, options: LoadModelOptions): Promise<LoadedModel> {
  return (await import('./predict.js')).loadModel(directory, options);
}
