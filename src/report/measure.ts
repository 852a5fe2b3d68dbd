/** What candidates are judged by, in numbers and words: the share of right classes, or the loss of a language model. */
import { type EventLog } from './event-log.js';
import { decimal, isNumber, percent, points } from './format.js';

export interface Measure {
  readonly field: 'accuracy' | 'loss';
  /** 1 where more is better, -1 where less is. */
  readonly sign: 1 | -1;
  /** A value with its unit. */
  show(value: unknown): string;
  /** By how much one is better than another, with a sign and without the unit. */
  advantage(value: unknown): string;
  readonly unit: string;
  /** Whether values are drawn as per cent. */
  readonly percent: boolean;
  /** What an example is called. */
  readonly example: 'example' | 'token';
}

const ACCURACY: Measure = {
  field: 'accuracy',
  sign: 1,
  show: (value) => percent(value),
  advantage: (value) => points(value),
  unit: 'points',
  percent: true,
  example: 'example',
};
const LOSS: Measure = {
  field: 'loss',
  sign: -1,
  unit: 'nats a token',
  percent: false,
  example: 'token',
  show: (value) => (isNumber(value) ? `${decimal(value)}\u00a0nats` : decimal(value)),
  advantage: (value) =>
    isNumber(value) && value !== 0 ? `${value < 0 ? '−' : '+'}${decimal(Math.abs(value))}` : decimal(value),
};

/** By what the run's networks are judged. */
export function measureOf(log: EventLog): Measure {
  const language =
    log.last('search-started')?.task === 'language' ||
    log.last('comparison')?.measure === 'loss' ||
    isNumber(log.last('tested')?.perplexity);
  return language ? LOSS : ACCURACY;
}
