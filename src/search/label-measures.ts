/** The few numbers by which a network with several labels per example is known. */
import { multiLabelMeasures } from '../statistics/index.js';
import { type PredictedValues } from '../training/predict.js';
import { type Tested } from './state.js';

/** Each label's probability by itself, of its logit. */
export const flagProbabilities = (logits: ArrayLike<number>): Float64Array =>
  Float64Array.from(logits, (z) => 1 / (1 + Math.exp(-z)));

/** Of logits and flags, row-major [count, size]. */
export function labelMeasures({ predicted, actual }: PredictedValues, size: number): NonNullable<Tested['labels']> {
  const { macroF1, microF1, exactMatch, meanAveragePrecision } = multiLabelMeasures(
    flagProbabilities(predicted),
    actual,
    size,
  );
  return { macroF1, microF1, exactMatch, ...(meanAveragePrecision !== undefined && { meanAveragePrecision }) };
}

/** In words, for people. */
export const sayLabels = ({
  macroF1,
  microF1,
  exactMatch,
  meanAveragePrecision,
}: NonNullable<Tested['labels']>): string =>
  `macro F1 ${macroF1.toFixed(3)}, micro F1 ${microF1.toFixed(3)}, all labels right for ${(100 * exactMatch).toFixed(1)} % of the examples${meanAveragePrecision === undefined ? '' : `, mean average precision ${meanAveragePrecision.toFixed(3)}`}`;
