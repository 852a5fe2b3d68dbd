/** The summary measures of a network with several labels per example. */
import { multiLabelMeasures } from '../statistics/index.js';
import { type PredictedValues } from '../training/predict.js';
import { type Tested } from './state.js';

/** The probability of each label from its logit. */
export const flagProbabilities = (logits: ArrayLike<number>): Float64Array =>
  Float64Array.from(logits, (z) => 1 / (1 + Math.exp(-z)));

/** The measures of logits and flags, row-major [count, size]. */
export function labelMeasures({ predicted, actual }: PredictedValues, size: number): NonNullable<Tested['labels']> {
  const { macroF1, microF1, exactMatch, meanAveragePrecision } = multiLabelMeasures(
    flagProbabilities(predicted),
    actual,
    size,
  );
  return { macroF1, microF1, exactMatch, ...(meanAveragePrecision !== undefined && { meanAveragePrecision }) };
}

/** The measures in words. */
export const sayLabels = ({
  macroF1,
  microF1,
  exactMatch,
  meanAveragePrecision,
}: NonNullable<Tested['labels']>): string =>
  `macro F1 ${macroF1.toFixed(3)}, micro F1 ${microF1.toFixed(3)}, all labels right for ${(100 * exactMatch).toFixed(1)} % of the examples${meanAveragePrecision === undefined ? '' : `, mean average precision ${meanAveragePrecision.toFixed(3)}`}`;
