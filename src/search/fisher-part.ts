/** The part of the data on which Fisher information is estimated. */
import { type SearchConfig } from '../config/schema.js';
import { WeftError } from '../errors.js';

/** Default share of the training part, if a regularizer needs Fisher information. */
const FISHER_SHARE = 0.1;

/** The share of the data that is set aside for Fisher information. */
export function fisherShare({ data, search }: SearchConfig): number | undefined {
  return (
    data.fisher ?? (search.regularizer.name !== 'none' && 'fisher' in search.regularizer ? FISHER_SHARE : undefined)
  );
}

/**
 * Number of examples for an estimate of Fisher information; undefined if none is needed. Throws if there are no
 * examples for it.
 */
export function fisherExamples(
  { search: { regularizer } }: SearchConfig,
  part: object | undefined,
): number | undefined {
  if (!('fisher' in regularizer)) return undefined;
  if (!part)
    throw new WeftError(
      'data',
      `'${regularizer.name}' needs separate examples for Fisher information, but the data has none held out`,
      'set data.fisher to a share, for example 0.1',
    );
  return regularizer.fisher.examples;
}
