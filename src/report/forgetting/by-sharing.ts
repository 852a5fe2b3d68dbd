/** Dose and response: how forgetting grows with the number of weights shared with the next architecture. */
import { largestOf, smallestOf } from '../../statistics/extremes.js';
import { mean, quantile, spearman, standardError } from '../../statistics/index.js';
import { difference, orNull } from './by-option.js';
import { type Measurements, type Visit } from './measurements.js';

export interface SharingDegree {
  /**
   * Smallest and largest number of weights shared with the next architecture; null for the last of an epoch, which has
   * no next one.
   */
  readonly from: number | null;
  readonly to: number | null;
  readonly count: number;
  readonly meanDiff: number | null;
  readonly standardError: number | null;
}

const BINS = 4;

/**
 * Quartiles of the architectures by the number of weights shared with the one trained right after, then those with no
 * next one.
 */
export function sharingDegrees({ visits }: Measurements): SharingDegree[] {
  const followed = visits.filter(({ sharedNext }) => sharedNext !== undefined);
  const shared = followed.map(({ sharedNext }) => sharedNext!);
  const borders = [...new Set(Array.from({ length: BINS }, (_, i) => quantile(shared, (i + 1) / BINS)))];
  const bins = borders
    .map((border, i) =>
      followed.filter(({ sharedNext }) => sharedNext! <= border && (i === 0 || sharedNext! > borders[i - 1]!)),
    )
    .filter((members) => members.length > 0);
  const rows = bins.map((members) => ({
    from: smallestOf(members.map(({ sharedNext }) => sharedNext!)),
    to: largestOf(members.map(({ sharedNext }) => sharedNext!)),
    ...response(members),
  }));
  const last = visits.filter(({ sharedNext }) => sharedNext === undefined);
  return last.length > 0 ? [...rows, { from: null, to: null, ...response(last) }] : rows;
}

/** Spearman's rho of shared weights and forgetting. */
export function sharingCorrelation({ visits }: Measurements): number {
  const followed = visits.filter(({ sharedNext }) => sharedNext !== undefined);
  return spearman(
    followed.map(({ sharedNext }) => sharedNext!),
    followed.map(difference),
  );
}

function response(members: readonly Visit[]): Pick<SharingDegree, 'count' | 'meanDiff' | 'standardError'> {
  const differences = members.map(difference);
  return {
    count: members.length,
    meanDiff: orNull(mean(differences)),
    standardError: orNull(standardError(differences)),
  };
}
