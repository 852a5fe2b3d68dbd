/**
 * The measure by which candidates are compared, in numbers and words: accuracy, the loss of a language model, or the
 * squared error of predicted numbers.
 */
import { SQUARED_ERROR } from '../search/objective.js';
import { ownValue } from '../errors.js';
import { type EventLog } from './event-log.js';
import { ABSENT, decimal, isNumber, percent, points } from './format.js';

export interface Measure {
  readonly field: 'accuracy' | 'score' | 'loss';
  /** Its name. */
  readonly name: string;
  /** 1 if larger is better, -1 if smaller is. */
  readonly sign: 1 | -1;
  /** A value with its unit. */
  show(value: unknown): string;
  /** The difference between two values, signed and without the unit. */
  advantage(value: unknown): string;
  readonly unit: string;
  /** The name of a loss when it is shown alone. */
  readonly loss: string;
  /** What a loss is, and a value to compare it with. */
  readonly lossMeaning: string;
  /** The training loss, for an axis. */
  readonly trained: string;
  /** The reward, for an axis. */
  readonly reward: string;
  /** Whether values are shown in per cent. */
  readonly percent: boolean;
  /** The name of an example. */
  readonly example: 'example' | 'token';
  /** The columns shown for each candidate in a table. */
  readonly columns: readonly {
    readonly title: string;
    cell(candidate: { readonly accuracy?: unknown; readonly loss?: unknown; readonly score?: unknown }): string;
  }[];
}

const lossColumn = (title: string): Measure['columns'][number] => ({ title, cell: ({ loss }) => decimal(loss) });
const ofLoss = (title: string, value: (loss: number) => string): Measure['columns'][number] => ({
  title,
  cell: ({ loss }) => (isNumber(loss) ? value(loss) : ABSENT),
});

const ACCURACY: Measure = {
  field: 'accuracy',
  name: 'accuracy',
  sign: 1,
  show: (value) => percent(value),
  advantage: (value) => points(value),
  unit: 'points',
  loss: 'loss (nats)',
  lossMeaning:
    'The mean of −ln p, where p is the probability that the network gives to the right class: 0 is perfect, and giving ten classes the same probability has a loss of 2.3.',
  trained: 'cross-entropy (nats)',
  reward: 'validation accuracy, %',
  percent: true,
  example: 'example',
  columns: [{ title: 'accuracy', cell: ({ accuracy }) => percent(accuracy) }, lossColumn('loss')],
};
/** Other measures of classifiers, as `search.reward` names them. */
const SCORES: Readonly<Record<string, string>> = {
  'balanced-accuracy': 'balanced accuracy',
  f1: 'macro F1',
  auc: 'area under the ROC curve',
};

function scoreNamed(name: string, isOfLabels: boolean): Measure {
  return {
    ...ACCURACY,
    field: 'score',
    name,
    reward: `validation ${name}, %`,
    columns: [{ title: name, cell: ({ score }) => percent(score) }, ...(isOfLabels ? LABEL_LOSS : ACCURACY).columns],
  };
}

const lessIsBetter = (value: unknown): string =>
  isNumber(value) && value !== 0 ? `${value < 0 ? '−' : '+'}${decimal(Math.abs(value))}` : decimal(value);
const LOSS: Measure = {
  field: 'loss',
  name: 'loss',
  sign: -1,
  unit: 'nats per token',
  loss: 'loss (nats)',
  lossMeaning: 'The mean of −ln p, where p is the probability that the network gives to the token that comes next.',
  trained: 'cross-entropy (nats)',
  reward: 'c / validation perplexity',
  percent: false,
  example: 'token',
  show: (value) => (isNumber(value) ? `${decimal(value)}\u00a0nats` : decimal(value)),
  advantage: lessIsBetter,
  columns: [lossColumn('loss (nats)'), ofLoss('perplexity', (loss) => decimal(Math.exp(loss), 2))],
};
/** For a classifier that is rewarded by its loss. */
const LOG_LOSS: Measure = {
  ...LOSS,
  unit: 'nats',
  lossMeaning: ACCURACY.lossMeaning,
  reward: 'exp(−loss)',
  example: 'example',
  columns: [lossColumn('loss (nats)'), ACCURACY.columns[0]!],
};
const LABEL_LOSS: Measure = {
  ...LOG_LOSS,
  unit: 'nats per label',
  lossMeaning:
    'The mean of −ln p over labels and examples, where p is the probability that the network gives to the right answer: 0 is perfect, and always answering one half has a loss of 0.69.',
  columns: [lossColumn('loss (nats per label)')],
};
const SQUARES: Measure = {
  field: 'loss',
  name: 'squared error',
  sign: -1,
  unit: SQUARED_ERROR,
  loss: 'squared error (scaled targets)',
  lossMeaning:
    'The mean squared error of the numbers to predict, scaled to a mean of 0 and a variance of 1 over the training part: always predicting the mean has an error of about 1.',
  trained: 'squared error (scaled targets)',
  reward: '1 / (1 + squared error)',
  percent: false,
  example: 'example',
  show: (value) => decimal(value),
  advantage: lessIsBetter,
  columns: [lossColumn('squared error'), ofLoss('its root', (loss) => decimal(Math.sqrt(loss)))],
};

/** The measure by which the run's networks are compared. */
export function measureOf(log: EventLog): Measure {
  const task = log.last('search-started')?.task;
  const tested = log.last('tested');
  const reward = log.last('search-started')?.reward;
  const score = reward === undefined ? undefined : ownValue(SCORES, reward);
  if (score !== undefined) return scoreNamed(score, task === 'multi-label');
  if (task === 'multi-label') return LABEL_LOSS;
  if (reward === 'log-loss') return LOG_LOSS;
  if (task === 'regression' || tested?.targets) return SQUARES;
  const language = task === 'language' || log.last('comparison')?.measure === 'loss' || isNumber(tested?.perplexity);
  return language ? LOSS : ACCURACY;
}
