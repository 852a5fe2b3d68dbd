/**
 * The shared weights compared with training-free rankers, against each ground truth that a run has: analysed once for
 * all chapters.
 */
import { analyseTruth, compareTrained, type RankerComparison } from '../../ranking/index.js';
import { decoded } from '../decoded.js';
import { type ReportInput } from '../input.js';

export interface Comparisons {
  /** By a table of published training results. */
  readonly published?: RankerComparison | undefined;
  /** By training the run's own sample; absent if a network is not from the space. */
  readonly trained?: RankerComparison | undefined;
}

export function comparisonsOf({
  space,
  ranking,
  truth,
}: Pick<ReportInput, 'space' | 'ranking' | 'truth'>): Comparisons {
  const isKnown =
    space && ranking?.architectures.every(({ architecture }) => decoded(space, architecture) !== undefined);
  return {
    published: truth && analyseTruth(truth),
    trained: isKnown ? compareTrained(ranking!, space) : undefined,
  };
}
