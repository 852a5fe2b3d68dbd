/** What a search is after: what rewards the controller, and by what candidates are ranked and compared. */
import { type SearchConfig } from '../config/schema.js';
import { type Evaluation } from '../training/evaluate.js';
import { type SearchData } from './data.js';

export interface Objective {
  /** What candidates are compared by: the share of right classes, or the loss in nats a token. */
  readonly measure: 'accuracy' | 'loss';
  /** What the controller learns from; higher is better. */
  reward(evaluation: Pick<Evaluation, 'accuracy' | 'loss'>): number;
}

/** c in the reward c / perplexity: 80 for words, as in ENAS (arXiv 1802.03268, section 3.1); rewards of characters are of the same order with 4. */
const SCALES = { word: 80, char: 4 } as const;

/** The accuracy of a classifier, c / perplexity of a language model. */
export function objectiveOf({ task, card }: SearchData, { rewardScale }: SearchConfig['search']): Objective {
  if (task.kind !== 'language') return { measure: 'accuracy', reward: ({ accuracy }) => accuracy };
  const scale = rewardScale ?? SCALES[card.level ?? 'word'];
  return { measure: 'loss', reward: ({ loss }) => (Number.isFinite(loss) ? scale * Math.exp(-loss) : 0) };
}

interface Judged {
  readonly accuracy: number;
  readonly loss: number;
  readonly architecture: string;
}

/** Best first: by the measure; equal accuracies are told apart by the loss, and then by the text. */
export function byQuality(measure: Objective['measure']): (a: Judged, b: Judged) => number {
  return (a, b) =>
    (measure === 'accuracy' ? b.accuracy - a.accuracy : 0) ||
    a.loss - b.loss ||
    (a.architecture < b.architecture ? -1 : 1);
}
