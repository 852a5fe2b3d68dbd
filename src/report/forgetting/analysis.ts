/** All numbers of a run's forgetting report in one value: the page, the CSV files and report.json show nothing else. */
import { type SearchSpace } from '../../graph/define-space.js';
import { analyseRanking, type RankAnalysis } from '../../ranking/index.js';
import { type EventLog, eventLog } from '../event-log.js';
import { type ReportInput } from '../input.js';
import { type EdgeSummary, edgeSummaries } from './by-edge.js';
import { optionEffects, type OptionEffect, pooledEffects } from './by-option.js';
import { type SharingDegree, sharingCorrelation, sharingDegrees } from './by-sharing.js';
import {
  fisherDriftCorrelation,
  fisherHistogram,
  layerOf,
  mergeTensors,
  type TensorSummary,
  tensorSummaries,
} from './by-tensor.js';
import { checkRun, type HealthCheck } from './health.js';
import { type Measurements, readMeasurements } from './measurements.js';
import { type ForgettingSummary, summarizeRun, verdictOf } from './summary.js';

export interface ForgettingAnalysis {
  readonly input: ReportInput;
  readonly log: EventLog;
  readonly space: SearchSpace | undefined;
  readonly measurements: Measurements;
  readonly summary: ForgettingSummary;
  readonly verdict: string;
  readonly options: readonly OptionEffect[];
  readonly operations: ReturnType<typeof pooledEffects>;
  readonly edges: readonly EdgeSummary[];
  readonly tensors: readonly TensorSummary[];
  readonly layers: readonly TensorSummary[];
  readonly fisherDriftCorrelation: number;
  readonly fisherHistogram: readonly number[] | undefined;
  readonly sharing: readonly SharingDegree[];
  readonly sharingCorrelation: number;
  readonly health: readonly HealthCheck[];
  /** Against networks trained alone, if `weft rank` has trained some. */
  readonly ranking: RankAnalysis | undefined;
}

export interface AnalysisOptions {
  /** First epoch included in means, from 0; by default the first that a regularizer can have affected. */
  readonly fromEpoch?: number | undefined;
}

/**
 * Everything that a run's events say about forgetting; undefined if nothing was measured, or no epoch has finished yet.
 */
export function analyseForgetting(
  input: ReportInput,
  { fromEpoch }: AnalysisOptions = {},
): ForgettingAnalysis | undefined {
  const log = eventLog(input.events);
  const measurements = readMeasurements(log);
  if (!measurements || measurements.epochs.length === 0) return undefined;
  const { space } = input;
  const summary = summarizeRun(measurements, {
    classes: space?.task.classes,
    ...(fromEpoch !== undefined && { fromEpoch }),
  });
  const averaged: Measurements = {
    ...measurements,
    epochs: measurements.epochs.filter(({ epoch }) => epoch >= summary.fromEpoch),
    visits: measurements.visits.filter(({ epoch }) => epoch >= summary.fromEpoch),
  };
  const tensors = tensorSummaries(averaged);
  return {
    input,
    log,
    space,
    measurements,
    summary,
    tensors,
    verdict: verdictOf(summary),
    options: space ? optionEffects(averaged, space) : [],
    operations: space ? pooledEffects(averaged, space) : [],
    edges: space ? edgeSummaries(averaged, space, tensors) : [],
    layers: mergeTensors(tensors, layerOf),
    fisherDriftCorrelation: fisherDriftCorrelation(tensors),
    fisherHistogram: fisherHistogram(averaged),
    sharing: sharingDegrees(averaged),
    sharingCorrelation: sharingCorrelation(averaged),
    health: checkRun(measurements, input, log),
    ranking: input.ranking && analyseRanking(input.ranking),
  };
}
