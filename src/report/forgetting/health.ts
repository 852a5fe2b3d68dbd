/** Whether a run's numbers on forgetting can be trusted: checks that pass, warn, or do not apply. */
import { largestOf } from '../../statistics/extremes.js';
import { mean, pearson, standardError } from '../../statistics/index.js';
import { type EventLog } from '../event-log.js';
import { isNumber } from '../format.js';
import { type ReportInput } from '../input.js';
import { splitsOf } from '../tables.js';
import { predictedDamage } from './by-tensor.js';
import { type Measurements } from './measurements.js';

export interface HealthCheck {
  readonly id: string;
  readonly status: 'PASS' | 'WARN' | 'n/a';
  readonly what: string;
  /** The finding and, if it is bad, the remedy. */
  readonly detail: string;
}

/** The checks that a single run can answer; `compare` adds those that need several. */
export function checkRun(measurements: Measurements, input: ReportInput, log: EventLog): HealthCheck[] {
  return [
    stepSize(measurements, log),
    fisherTrace(measurements),
    fisherSplit(measurements, input),
    nonZero(measurements),
    calibration(measurements),
    enough(measurements),
    learned(measurements, input),
  ];
}

/**
 * Explicit steps along a quadratic with curvature alpha F are stable below lr alpha F = 2 and do not oscillate below 1.
 */
function stepSize({ config, visits }: Measurements, log: EventLog): HealthCheck {
  const what = 'learning rate × α × largest F below 1';
  const steps = log
    .all('architecture-trained')
    .map(({ maxStep }) => maxStep)
    .filter(isNumber);
  const largest = largestOf(steps, 0);
  if (config.fisherKind === null || visits.length === 0)
    return { id: 'step', status: 'n/a', what, detail: 'this run’s regularizer uses no Fisher information' };
  const found = `at most ${largest.toPrecision(3)}`;
  if (largest <= 1) return { id: 'step', status: 'PASS', what, detail: found };
  if (usesProximalStep(config.options))
    return { id: 'step', status: 'PASS', what, detail: `${found}, which does no harm with the proximal step` };
  return {
    id: 'step',
    status: 'WARN',
    what,
    detail: `${found}: explicit steps ${largest > 2 ? 'diverge' : 'overshoot'}; use the proximal step, or a smaller alpha`,
  };
}

function usesProximalStep(options: unknown): boolean {
  return JSON.stringify(options ?? null).includes('"proximal"');
}

function fisherTrace({ config, epochs }: Measurements): HealthCheck {
  const what = 'Fisher information finite and not zero';
  if (config.fisherKind === null)
    return { id: 'fisher', status: 'n/a', what, detail: 'this run’s regularizer uses none' };
  const traces = epochs.map(({ fisherTrace }) => fisherTrace);
  const active = traces.filter((trace) => isNumber(trace) && trace > 0);
  const broken = traces.some((trace) => trace !== null && !Number.isFinite(trace));
  if (broken || active.length === 0)
    return {
      id: 'fisher',
      status: 'WARN',
      what,
      detail: broken
        ? 'its trace is not finite in some epoch'
        : 'it is zero in every epoch: the regularizer never started (see its start epoch), so nothing was regularized',
    };
  return {
    id: 'fisher',
    status: 'PASS',
    what,
    detail: `trace above zero in ${active.length} of ${traces.length} epochs, last ${active.at(-1)!.toPrecision(3)}`,
  };
}

function fisherSplit({ config }: Measurements, input: ReportInput): HealthCheck {
  const what = 'Fisher information from examples that neither train nor test';
  if (config.fisherKind === null)
    return { id: 'split', status: 'n/a', what, detail: 'this run’s regularizer uses none' };
  const splits = new Map(splitsOf(input));
  const own = splits.get('fisher');
  if (!own)
    return {
      id: 'split',
      status: 'WARN',
      what,
      detail:
        'the run has no separate part for it, so it uses the validation part like the rewards; set data.fisher, for example to 0.1',
    };
  const twin = [...splits].find(
    ([name, record]) => name !== 'fisher' && record['indices'] !== undefined && record['indices'] === own['indices'],
  );
  if (twin) return { id: 'split', status: 'WARN', what, detail: `its part is the same as '${twin[0]}'` };
  return { id: 'split', status: 'PASS', what, detail: `a separate part with ${String(own['count'])} examples` };
}

function nonZero({ config, epochs }: Measurements): HealthCheck {
  const what = 'forgetting above two standard errors';
  const differences = epochs.map(({ loss }) => loss.meanDiff);
  const [value, error] = [mean(differences), standardError(differences)];
  const found = `mean over epochs ${value.toFixed(4)}${Number.isNaN(error) ? '' : ` ± ${error.toFixed(4)}`} nats`;
  if (Number.isNaN(error))
    return { id: 'forgetting', status: 'n/a', what, detail: `${found}; one epoch has no standard error` };
  if (value > 2 * error) return { id: 'forgetting', status: 'PASS', what, detail: found };
  if (config.regularizer !== 'none')
    return {
      id: 'forgetting',
      status: 'n/a',
      what,
      detail: `${found}; this may be the effect of the regularizer: compare with a run without it`,
    };
  return {
    id: 'forgetting',
    status: 'WARN',
    what,
    detail: `${found}: there is nothing that a regularizer could remove; a larger learning rate or more steps per architecture would cause forgetting`,
  };
}

/** Predicted damage of the quadratic model against the measured increase of the loss, over epochs. */
function calibration({ epochs }: Measurements): HealthCheck {
  const what = 'predicted damage ½ΔᵀFΔ agrees with the measured loss';
  const both = epochs
    .map((epoch) => ({ predicted: predictedDamage(epoch), measured: epoch.loss.meanDiff }))
    .filter(({ predicted }) => predicted > 0);
  if (both.length < 4)
    return { id: 'calibration', status: 'n/a', what, detail: 'fewer than four epochs with Fisher information' };
  const r = pearson(
    both.map(({ predicted }) => predicted),
    both.map(({ measured }) => measured),
  );
  const slope = calibrationSlope(both);
  const found = `slope through zero ${slope.toPrecision(3)}, correlation ${r.toFixed(2)} over ${both.length} epochs`;
  return slope > 0 && r > 0
    ? { id: 'calibration', status: 'PASS', what, detail: found }
    : {
        id: 'calibration',
        status: 'WARN',
        what,
        detail: `${found}: the Fisher information does not predict where the loss rises; use more examples for it, or another kind`,
      };
}

/** Least-squares slope through zero of measured on predicted values. */
export function calibrationSlope(both: readonly { readonly predicted: number; readonly measured: number }[]): number {
  return (
    both.reduce((sum, { predicted, measured }) => sum + predicted * measured, 0) /
    both.reduce((sum, { predicted }) => sum + predicted * predicted, 0)
  );
}

function enough({ config, epochs, visits }: Measurements): HealthCheck {
  const what = 'enough measurements';
  const perEpoch = visits.length / Math.max(1, epochs.length);
  const found = `${visits.length} architectures in ${epochs.length} epochs, each on ${config.batches === 1 ? 'one validation batch' : `${config.batches} validation batches`}`;
  if (epochs.length < 4)
    return { id: 'measurements', status: 'WARN', what, detail: `${found}: intervals over so few epochs mean little` };
  if (perEpoch < 5)
    return {
      id: 'measurements',
      status: 'WARN',
      what,
      detail: `${found}: with fewer than five architectures per epoch “best five” is all of them, and ranks mean little`,
    };
  return { id: 'measurements', status: 'PASS', what, detail: found };
}

/** At chance level, differences say nothing about forgetting. */
function learned({ epochs }: Measurements, { space }: ReportInput): HealthCheck {
  const what = 'architectures have learned something';
  if (!space)
    return { id: 'learned', status: 'n/a', what, detail: 'without the space, the level of chance is unknown' };
  const accuracy = 1 - (epochs.at(-1)?.error.meanSecond ?? NaN);
  const found = `accuracy ${(100 * accuracy).toFixed(1)} % at the end of the last epoch, chance is ${(100 / space.task.classes).toFixed(1)} %`;
  return accuracy > 2 / space.task.classes
    ? { id: 'learned', status: 'PASS', what, detail: found }
    : {
        id: 'learned',
        status: 'WARN',
        what,
        detail: `${found}: what was never learned cannot be forgotten; train longer or with another learning rate`,
      };
}
