/** report.json: every number of the forgetting report, under stable names. */
import { lookUp } from '../input.js';
import { splitsOf } from '../tables.js';
import { type ForgettingAnalysis } from './analysis.js';
import { widthSummary } from './by-width.js';
import { predictedDamage } from './by-tensor.js';
import { type Estimate } from './summary.js';

const FORGETTING_FORMAT = 'weft-forgetting-report';
/** Incremented when a field changes its meaning or is removed. */
const FORGETTING_VERSION = 1;

/** The report as plain values; numbers that are undefined are null. */
export function forgettingJson(analysis: ForgettingAnalysis): object {
  const {
    input,
    log,
    measurements: { config, epochs },
    summary,
    verdict,
    options,
    operations,
    edges,
    layers,
    tensors,
    sharing,
    health,
  } = analysis;
  const { type: _, ...configuration } = config;
  const started = log.last('search-started');
  return plain({
    format: FORGETTING_FORMAT,
    version: FORGETTING_VERSION,
    signs: {
      loss: 'loss2 - loss1 in nats, positive is forgotten',
      error: 'err2 - err1 as a share, positive is forgotten',
      fv: 'acc2 - acc1, negative is forgotten',
      bwt: 'negative is forgotten',
    },
    run: {
      name: lookUp(input.manifest, 'name'),
      seed: lookUp(input.manifest, 'seed'),
      weft: lookUp(input.manifest, 'environment', 'weft'),
      config_sha256: lookUp(input.manifest, 'configSha256'),
      space: started?.space,
      controller: started?.controller,
    },
    splits: Object.fromEntries(splitsOf(input)),
    configuration,
    verdict,
    from_epoch: summary.fromEpoch + 1,
    summary: {
      ...Object.fromEntries(
        Object.entries(summary)
          .filter(
            (entry): entry is [string, Estimate] =>
              typeof entry[1] === 'object' && entry[1] !== null && 'interval' in entry[1],
          )
          .map(([name, { value, standardError, interval }]) => [name, { value, standardError, interval }]),
      ),
      epochs: summary.epochs,
      architectures: summary.architectures,
      worstErrorDiff: summary.worstErrorDiff,
      final: summary.final,
      fisherDriftSpearman: analysis.fisherDriftCorrelation,
      sharingSpearman: analysis.sharingCorrelation,
    },
    epochs: epochs.map((one) => ({
      epoch: one.epoch + 1,
      loss: one.loss,
      error: one.error,
      reward: one.reward,
      alpha: one.alpha,
      fisherTrace: one.fisherTrace,
      predictedDamage: one.tensors.length > 0 ? predictedDamage(one) : null,
    })),
    ranking: analysis.ranking
      ? {
          tau: analysis.ranking.byMeasure.tau,
          spearman: analysis.ranking.byMeasure.spearman,
          architectures: analysis.ranking.byMeasure.count,
        }
      : null,
    matrix: log.last('forgetting-matrix')?.accuracy ?? null,
    widths: widthSummary(log) ?? null,
    operations,
    decisions: options,
    edges,
    layers,
    tensors,
    sharing,
    health,
  });
}

/** JSON has neither NaN nor undefined. */
export function plain(value: object): object {
  return JSON.parse(
    JSON.stringify(value, (_, item: unknown) =>
      item === undefined || (typeof item === 'number' && !Number.isFinite(item)) ? null : item,
    ),
  ) as object;
}
