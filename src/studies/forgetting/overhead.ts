/** What the weight plasticity loss costs in time. */
import { checkConfig, type SearchConfigInput } from '../../config/index.js';
import { breathe } from '../../runs/index.js';
import { advance } from '../../search/advance.js';
import { openData } from '../../search/data.js';
import { createSession, type SearchSession } from '../../search/session.js';
import { type StudySetting } from '../contract.js';
import { uniform } from './dag-space.js';

const STEPS = 20;
const ROUNDS = 4;

/** Seconds of an epoch of one architecture of 20 batches, without anything and with wpl, the least of several rounds taken in turn. */
export async function epochCosts({
  seed,
  parts,
  watch,
}: Pick<StudySetting, 'seed' | 'parts' | 'watch'>): Promise<{ without: number; with: number }> {
  const space = await parts.space('macro-cnn');
  const begin = (regularizer: SearchConfigInput['search']): SearchSession => {
    const config = checkConfig({
      seed,
      space: { name: 'macro-cnn', layers: 6, filters: 16 },
      data: { fisher: 0.1, validation: 0.1 },
      search: { epochs: 1000, batchSize: 48, batchesPerArchitecture: STEPS, rounds: 0, probe: 0, ...regularizer },
      forgetting: { measure: false },
    } satisfies SearchConfigInput);
    return createSession({ config, space, controller: uniform, data: openData(config) }, () => {});
  };
  const sessions = [begin({}), begin({ regularizer: { name: 'wpl', alpha: 10, fisher: { examples: 64 } } })];
  /** Whole architectures, so that each Fisher estimate is counted with its 20 steps. */
  const time = (session: SearchSession): number => {
    const before = watch.elapsed();
    for (let step = 0; step < STEPS; step++) advance(session);
    return watch.elapsed() - before;
  };
  const least = [Infinity, Infinity];
  try {
    for (let round = -1; round < ROUNDS; round++) {
      for (const [i, session] of sessions.entries()) {
        const seconds = time(session);
        if (session.state.phase === 'epoch-end') advance(session);
        if (round >= 0) least[i] = Math.min(least[i]!, seconds);
        await breathe();
      }
    }
    return { without: least[0]!, with: least[1]! };
  } finally {
    sessions.forEach((session) => session.dispose());
  }
}
