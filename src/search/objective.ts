/** What a search is after: what rewards the controller, and by what candidates are ranked and compared. */
import { type SearchConfig } from '../config/schema.js';
import { WeftError } from '../errors.js';
import { type Task } from '../graph/define-space.js';
import { classificationMeasures, mean, multiLabelMeasures } from '../statistics/index.js';
import { type Evaluation, requireAccuracy, type Scoring } from '../training/evaluate.js';
import { type SearchData } from './data.js';

export interface Objective {
  /**
   * What candidates are compared by: the share of right classes, another measure of a classifier, or the loss: in nats, or the squared error of scaled
   * targets.
   */
  readonly measure: 'accuracy' | 'score' | 'loss';
  /** What differences are in. */
  readonly unit: string;
  /** How the score is computed, where it is the measure. */
  readonly scoring?: Scoring;
  /** What the controller learns from; higher is better. */
  reward(evaluation: Pick<Evaluation, 'accuracy' | 'loss' | 'score'>): number;
}

/** c in the reward c / perplexity: 80 for words, as in ENAS (arXiv 1802.03268, section 3.1); rewards of characters are of the same order with 4. */
const SCALES = { word: 80, char: 4 } as const;

/** Measures of a classifier besides its accuracy. In a batch with only one class the area under the curve is undefined, and counts as that of guessing. */
const SCORINGS = {
  'balanced-accuracy': (...of) => classificationMeasures(...of).balancedAccuracy,
  f1: (...of) => classificationMeasures(...of).macroF1,
  auc: (...of) => classificationMeasures(...of).auc ?? 0.5,
} satisfies Record<string, Scoring>;

/** The same of several labels of an example: means over the labels of which the batch says something. */
const LABEL_SCORINGS: Readonly<Record<string, Scoring>> = {
  f1: (...of) => multiLabelMeasures(...of).macroF1,
  auc: (...of) => {
    const areas = multiLabelMeasures(...of).labels.flatMap(({ auc }) => auc ?? []);
    return areas.length > 0 ? mean(areas) : 0.5;
  },
};

/** Whether a search whose examples have several labels may be rewarded by this. */
export const isRewardOfLabels = (reward: string): boolean =>
  reward === 'log-loss' || Object.hasOwn(LABEL_SCORINGS, reward);

/**
 * The accuracy of a classifier, or what `search.reward` names (exp(-L) of the loss L for log-loss); c / perplexity of a language model; 1 / (1 + L) of
 * the mean squared error L of scaled targets: 1 for a network that is always right, 1/2 for one that says no more than the mean, and above zero for all,
 * so that bad ones are distinguished too. Throws WeftError('config') for a reward that the task does not have.
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

/** By what networks that were trained alone are compared, whatever has rewarded a search. */
export const trainedMeasure = ({ measure }: Objective, { kind }: Task): 'accuracy' | 'loss' =>
  measure === 'loss' || kind === 'multi-label' ? 'loss' : 'accuracy';

/** The unit of losses whose targets are scaled to a variance of one. */
export const SQUARED_ERROR = 'of squared error (targets scaled to a variance of one)';

/** The loss of guessing: that every class or token is equally likely, that every label holds half of the time, or that every target is the mean. */
export const guessingLoss = ({ kind, classes }: Task): number =>
  kind === 'regression' ? 1 : Math.log(kind === 'multi-label' ? 2 : classes);

interface Judged {
  readonly accuracy: number | null;
  readonly loss: number;
  readonly score?: number;
  readonly architecture: string;
}

/** By how much `a` is better than `b` by the measure; 0 where the loss is the measure, which tells equal ones apart. */
export const advantage = (
  a: Pick<Judged, 'accuracy' | 'score'>,
  b: Pick<Judged, 'accuracy' | 'score'>,
  measure: Objective['measure'],
): number => (measure === 'loss' ? 0 : (a[measure] ?? 0) - (b[measure] ?? 0));

/** Best first: by the measure; ties are broken by the loss, and then by the text. */
export function byQuality(measure: Objective['measure']): (a: Judged, b: Judged) => number {
  return (a, b) => advantage(b, a, measure) || a.loss - b.loss || (a.architecture < b.architecture ? -1 : 1);
}
