import { type Assessment } from './assess.js';

/** Why no claim is justified, as a clause; `what` names the things that were counted, in the plural. */
export function obstacleOf(
  { count, fewest, obstacle }: Pick<Assessment, 'count' | 'fewest' | 'obstacle'>,
  what: string,
): string {
  switch (obstacle) {
    case 'few':
      return `a claim takes at least ${fewest} ${what}`;
    case 'constant':
      return `all ${count} ${what} give the same, which does not say how far others would differ`;
    case 'chance':
      return 'so large a difference may be chance';
    case undefined:
      return '';
  }
}

/** A note for an interval that excludes zero although the permutation test makes no claim; otherwise empty. */
export function despiteInterval({
  interval,
  p,
  claim,
  obstacle,
}: Omit<Assessment, 'value' | 'count' | 'fewest'>): string {
  if (!interval || claim || obstacle !== 'chance' || (interval[0] <= 0 && 0 <= interval[1])) return '';
  return `, but p = ${p.toFixed(3)} by permutation`;
}
