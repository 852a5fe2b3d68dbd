/**
 * How good a test accuracy is: compared with the most frequent class, with simple models, and with a perfect result.
 */
import { type EventLog, type EventOf } from '../event-log.js';
import { isNumber, percent, points } from '../format.js';

export interface AccuracyGrade {
  /**
   * `good` is shown in green: far from guessing, and not behind a simple model. `poor` is not clearly above guessing,
   * or behind a simple model.
   */
  readonly grade: 'good' | 'fair' | 'poor';
  readonly words: string;
}

/** A good network makes at most this fraction of the mistakes of always predicting the most frequent class. */
const GOOD_SHARE_OF_MISTAKES = 0.5;

/** Undefined if the result was not compared with anything. */
export function accuracyGrade(log: EventLog): AccuracyGrade | undefined {
  const recorded: Partial<EventOf<'assessed'>> | undefined = log.last('assessed');
  const accuracy = log.last('tested')?.accuracy;
  const { majority, simpleModels } = recorded ?? {};
  if (!isNumber(accuracy) || !isNumber(majority?.accuracy) || !isNumber(majority.interval?.[0])) return undefined;
  const best = simpleModels?.[0];
  const behind = isNumber(best?.interval?.[1]) && best.interval[1] < 0;
  const ahead = isNumber(best?.interval?.[0]) && best.interval[0] > 0;
  const above = majority.interval[0] > 0;
  const guess = `always answering the most frequent class reaches ${percent(majority.accuracy)}`;
  const comparison = best
    ? behind
      ? `${best.name}, a simple model, is better by ${points(-best.difference).replace('+', '')} points`
      : ahead
        ? `it is better than the best simple model (${best.name}, ${percent(best.accuracy)})`
        : `the best simple model (${best.name}) reaches ${percent(best.accuracy)}, which is no clear difference`
    : undefined;
  const words = `For comparison: ${guess}${comparison === undefined ? '' : `; ${comparison}`}.`;
  if (!above || behind) return { grade: 'poor', words };
  const good = 1 - accuracy <= GOOD_SHARE_OF_MISTAKES * (1 - majority.accuracy);
  return { grade: good ? 'good' : 'fair', words };
}
