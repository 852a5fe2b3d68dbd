/** The plan of a search, in one line. */
import { type PlannedPart, type SearchPlan } from '../search/plan.js';
import { formatSeconds } from './progress.js';

/** Below this fraction a budget counts as not used up. */
const USED = 0.7;
/** Above this fraction of a budget the time before the search is worth a word. */
const NOTEWORTHY = 0.2;

/**
 * A line such as:
 * plan for 3 min: search 12 of 20 epochs (58 s), choice from 50 candidates (6 s), retraining 40 epochs (95 s); about …
 */
export function sayPlan({ search, derive, retrain, seconds, budget, already }: SearchPlan): string {
  const part = (name: string, unit: string, { count, of, seconds: time }: PlannedPart): string =>
    `${name} ${count}${count < of ? ` of ${of}` : ''} ${unit} (${formatSeconds(time)})`;
  const parts = [
    search && part('search', 'epochs', search),
    derive && part('choice from', 'candidates', derive),
    retrain && part('retraining', 'epochs', retrain),
  ].filter(Boolean);
  const left = budget === undefined ? Infinity : budget - already;
  const over = seconds > left;
  const isWhole = [search, retrain].every((one) => !one || one.count >= one.of);
  const spare = budget !== undefined && isWhole && already + seconds < USED * budget;
  const before = already > NOTEWORTHY * (budget ?? Infinity) ? ` (${formatSeconds(already)} of it have passed)` : '';
  const tooMuch = over
    ? `, which is more than ${already > 0 ? 'is left of the budget' : 'the budget'} but cannot be reduced further`
    : '';
  const unused = spare ? '; the rest of the budget is not used, because no more epochs were requested' : '';
  const within = budget === undefined ? '' : ` for ${formatSeconds(budget)}${before}`;
  return `plan${within}: ${parts.join(', ')}; about ${formatSeconds(seconds)} in all${tooMuch}${unused}`;
}
