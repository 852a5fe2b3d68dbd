/** The distinct architectures of the final choice, best first. */
import { byQuality } from '../search/objective.js';
import { type EventLog, type EventOf } from './event-log.js';
import { measureOf } from './measure.js';

export interface Candidate {
  readonly architecture: string;
  readonly hash: string;
  /** Null for regression. */
  readonly accuracy: number | null;
  readonly loss: number;
  readonly score?: number;
  /** How often the controller, and random sampling, drew it. */
  readonly drawn: Readonly<Record<EventOf<'candidate'>['source'], number>>;
}

/**
 * Distinct candidates, best first: by accuracy (or the configured measure) and then loss; for language models and
 * regression by loss alone, as in the derivation.
 */
export function rankCandidates(log: EventLog): Candidate[] {
  const byHash = new Map<string, Candidate>();
  for (const { source, architecture, hash, accuracy, loss, score } of log.all('candidate')) {
    const known = byHash.get(hash);
    const drawn = known?.drawn ?? { controller: 0, random: 0 };
    byHash.set(hash, {
      architecture,
      hash,
      accuracy,
      loss,
      ...(score !== undefined && { score }),
      ...known,
      drawn: { ...drawn, [source]: drawn[source] + 1 },
    });
  }
  return [...byHash.values()].sort(byQuality(measureOf(log).field));
}
