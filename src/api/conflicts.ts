/** Which options of a run's choices interfere through shared weights. */
import { measureConflicts, type ConflictOptions, type OptionConflicts } from '../search/splitting/index.js';
import { loadRecordedParts, openRecorded } from './recorded-run.js';
import { openSession, type SessionOptions } from './session.js';

export interface MeasureConflictsOptions extends SessionOptions, ConflictOptions {}

/** See `measureRunConflicts` in index.ts. */
export async function measureRunConflicts(
  directory: string,
  options: MeasureConflictsOptions = {},
): Promise<OptionConflicts[]> {
  const recorded = openRecorded(directory, options);
  const session = await openSession(recorded, await loadRecordedParts(recorded, options), options);
  try {
    return measureConflicts(session, options);
  } finally {
    session.dispose();
  }
}
