/** What a search is after: what rewards the controller, and by what candidates are ranked and compared. */
import { type SearchConfig } from '../config/schema.js';
import { type Task } from '../graph/define-space.js';
import { type Evaluation, requireAccuracy } from '../training/evaluate.js';
import { type SearchData } from './data.js';

export interface Objective {
  /** What candidates are compared by: the share of right classes, or the loss: in nats a token, or the squared error of scaled targets. */
  readonly measure: 'accuracy' | 'loss';
  /** What differences are in. */
  readonly unit: string;
  /** What the controller learns from; higher is better. */
  reward(evaluation: Pick<Evaluation, 'accuracy' | 'loss'>): number;
}

/** c in the reward c / perplexity: 80 for words, as in ENAS (arXiv 1802.03268, section 3.1); rewards of characters are of the same order with 4. */
const SCALES = { word: 80, char: 4 } as const;

/**
 * The accuracy of a classifier, c / perplexity of a language model, 1 / (1 + L) of the mean squared error L of scaled targets: 1 for a network that is
 * always right, 1/2 for one that says no more than the mean, and above zero for all, so that bad ones are told apart too.
 */
export function objectiveOf({ task, card }: SearchData, { rewardScale }: SearchConfig['search']): Objective {
  if (task.kind === 'regression')
    return {
      measure: 'loss',
      unit: SQUARED_ERROR,
      reward: ({ loss }) => (Number.isFinite(loss) ? 1 / (1 + loss) : 0),
    };
  if (task.kind !== 'language') return { measure: 'accuracy', unit: 'points', reward: requireAccuracy };
  const scale = rewardScale ?? SCALES[card.level ?? 'word'];
  return {
    measure: 'loss',
    unit: 'nats a token',
    reward: ({ loss }) => (Number.isFinite(loss) ? scale * Math.exp(-loss) : 0),
  };
}

/** The unit of losses whose targets are scaled to a variance of one. */
export const SQUARED_ERROR = 'of squared error (targets scaled to a variance of one)';

/** The loss of guessing: that every class or token is equally likely, or that every target is the mean. */
export const guessingLoss = ({ kind, classes }: Task): number => (kind === 'regression' ? 1 : Math.log(classes));

interface Judged {
  readonly accuracy: number | null;
  readonly loss: number;
  readonly architecture: string;
}

/** Best first: by the measure; equal accuracies are told apart by the loss, and then by the text. */
export function byQuality(measure: Objective['measure']): (a: Judged, b: Judged) => number {
  return (a, b) =>
    (measure === 'accuracy' ? (b.accuracy ?? 0) - (a.accuracy ?? 0) : 0) ||
    a.loss - b.loss ||
    (a.architecture < b.architecture ? -1 : 1);
}
