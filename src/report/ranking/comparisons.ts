/**
 * The shared weights among rankers that train nothing, by each truth that a run has: analysed once for all chapters.
 */
import { analyseTruth, compareTrained, type RankerComparison } from '../../ranking/index.js';
import { decoded } from '../decoded.js';
import { type ReportInput } from '../input.js';

export interface Comparisons {
  /** By a table of published trainings. */
  readonly published?: RankerComparison | undefined;
  /** By trainings of the run's own sample; absent where a network is not of the space. */
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
