/** The plan of a search, in one line. */
import { type PlannedPart, type SearchPlan } from '../search/plan.js';
import { formatSeconds } from './progress.js';

/** Below this fraction a budget counts as not used up. */
const USED = 0.7;

/**
 * A line such as:
 * plan for 3 min: search 12 of 20 epochs (58 s), choice from 50 candidates (6 s), retraining 40 epochs (95 s); about …
 */
export function sayPlan({ search, derive, retrain, seconds, budget }: SearchPlan): string {
  const part = (name: string, unit: string, { count, of, seconds: time }: PlannedPart): string =>
    `${name} ${count}${count < of ? ` of ${of}` : ''} ${unit} (${formatSeconds(time)})`;
  const parts = [
    search && part('search', 'epochs', search),
    derive && part('choice from', 'candidates', derive),
    retrain && part('retraining', 'epochs', retrain),
  ].filter(Boolean);
  const over = budget !== undefined && seconds > budget;
  const spare = budget !== undefined && seconds < USED * budget;
  return `plan${budget === undefined ? '' : ` for ${formatSeconds(budget)}`}: ${parts.join(', ')}; about ${formatSeconds(seconds)} in all${over ? ', which is more than the budget but cannot be reduced further' : ''}${spare ? '; the rest of the budget is not used, because no more epochs were requested' : ''}`;
}
