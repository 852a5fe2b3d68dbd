/** The objective of a search: the controller's reward, and the measure by which candidates are ranked and compared. */
import { type SearchConfig } from '../config/schema.js';
import { WeftError } from '../errors.js';
import { type Task } from '../graph/define-space.js';
import { classificationMeasures, mean, multiLabelMeasures } from '../statistics/index.js';
import { type Evaluation, requireAccuracy, type Scoring } from '../training/evaluate.js';
import { type SearchData } from './data.js';

export interface Objective {
  /**
   * What candidates are compared by: the accuracy, another measure of a classifier, or the loss, in nats or as the
   * squared error of scaled targets.
   */
  readonly measure: 'accuracy' | 'score' | 'loss';
  /** The unit of differences. */
  readonly unit: string;
  /** How the score is computed, if it is the measure. */
  readonly scoring?: Scoring;
  /** The controller's reward; higher is better. */
  reward(evaluation: Pick<Evaluation, 'accuracy' | 'loss' | 'score'>): number;
}

/**
 * c in the reward c / perplexity: 80 for words, as in ENAS (arXiv 1802.03268, section 3.1); rewards of characters are
 * of the same order with 4.
 */
const SCALES = { word: 80, char: 4 } as const;

/**
 * Measures of a classifier besides its accuracy. In a batch with only one class the area under the curve is undefined,
 * and counts as 1/2.
 */
const SCORINGS = {
  'balanced-accuracy': (...of) => classificationMeasures(...of).balancedAccuracy,
  f1: (...of) => classificationMeasures(...of).macroF1,
  auc: (...of) => classificationMeasures(...of).auc ?? 0.5,
} satisfies Record<string, Scoring>;

/** The same for several labels per example: means over the labels for which they are defined in the batch. */
const LABEL_SCORINGS: Readonly<Record<string, Scoring>> = {
  f1: (...of) => multiLabelMeasures(...of).macroF1,
  auc: (...of) => {
    const areas = multiLabelMeasures(...of).labels.flatMap(({ auc }) => auc ?? []);
    return areas.length > 0 ? mean(areas) : 0.5;
  },
};

/** Whether this reward is available to a search whose examples have several labels. */
export const isRewardOfLabels = (reward: string): boolean =>
  reward === 'log-loss' || Object.hasOwn(LABEL_SCORINGS, reward);

/**
 * The accuracy of a classifier, or what `search.reward` names (exp(-L) of the loss L for log-loss); c / perplexity of a
 * language model; 1 / (1 + L) of the mean squared error L of scaled targets: 1 for a perfect network, 1/2 for one that
 * always predicts the mean, and above zero for all, so that bad ones are distinguished too. Throws WeftError('config')
 * for a reward that the task does not have.
 */
export function objectiveOf(
  { task, card }: Pick<SearchData, 'task' | 'card'>,
  { reward, rewardScale }: SearchConfig['search'],
): Objective {
  if (task.kind === 'regression')
    return {
      measure: 'loss',
      unit: SQUARED_ERROR,
      reward: ({ loss }) => (Number.isFinite(loss) ? 1 / (1 + loss) : 0),
    };
  if (task.kind === 'multi-label') {
    if (reward !== undefined && !isRewardOfLabels(reward))
      throw new WeftError(
        'config',
        `search.reward: ${reward} measures how well classes are distinguished, but each example has several labels`,
        'take f1, auc or log-loss, or leave it out: the reward is exp(-loss)',
      );
    if (reward !== undefined && reward !== 'log-loss')
      return { measure: 'score', unit: 'points', scoring: LABEL_SCORINGS[reward]!, reward: ({ score }) => score! };
    return {
      measure: 'loss',
      unit: 'nats per label',
      reward: ({ loss }) => (Number.isFinite(loss) ? Math.exp(-loss) : 0),
    };
  }
  if (task.kind === 'language') {
    if (reward !== undefined)
      throw new WeftError(
        'config',
        `search.reward: ${reward} measures how well classes are distinguished, but the data is a text`,
        'leave it out: the reward is c / perplexity',
      );
    const scale = rewardScale ?? SCALES[card.level ?? 'word'];
    return {
      measure: 'loss',
      unit: 'nats per token',
      reward: ({ loss }) => (Number.isFinite(loss) ? scale * Math.exp(-loss) : 0),
    };
  }
  if (reward === undefined || reward === 'accuracy')
    return { measure: 'accuracy', unit: 'points', reward: requireAccuracy };
  if (reward === 'log-loss')
    return { measure: 'loss', unit: 'nats', reward: ({ loss }) => (Number.isFinite(loss) ? Math.exp(-loss) : 0) };
  return { measure: 'score', unit: 'points', scoring: SCORINGS[reward], reward: ({ score }) => score! };
}

/** The measure by which separately trained networks are compared, whatever the reward of the search. */
export const trainedMeasure = ({ measure }: Objective, { kind }: Task): 'accuracy' | 'loss' =>
  measure === 'loss' || kind === 'multi-label' ? 'loss' : 'accuracy';

/** The unit of losses of targets scaled to a variance of one; it follows a number. */
export const SQUARED_ERROR = 'in squared error of scaled targets';

/**
 * The loss of guessing: every class or token equally likely, every label true half of the time, or every target at the
 * mean.
 */
export const guessingLoss = ({ kind, classes }: Task): number =>
  kind === 'regression' ? 1 : Math.log(kind === 'multi-label' ? 2 : classes);

interface CandidateQuality {
  readonly accuracy: number | null;
  readonly loss: number;
  readonly score?: number;
  readonly architecture: string;
}

/** How much better `a` is than `b` by the measure; 0 if the measure is the loss, which breaks ties anyway. */
export const advantage = (
  a: Pick<CandidateQuality, 'accuracy' | 'score'>,
  b: Pick<CandidateQuality, 'accuracy' | 'score'>,
  measure: Objective['measure'],
): number => (measure === 'loss' ? 0 : (a[measure] ?? 0) - (b[measure] ?? 0));

/** Best first: by the measure; ties are broken by the loss, and then by the text. */
export function byQuality(measure: Objective['measure']): (a: CandidateQuality, b: CandidateQuality) => number {
  return (a, b) => advantage(b, a, measure) || a.loss - b.loss || (a.architecture < b.architecture ? -1 : 1);
}
