/** The time overhead of the weight plasticity loss. */
import { type SearchConfigInput, type StudySetting } from 'weft-nas';
import { checkConfig, stepping, stopHere } from 'weft-nas/study';
import { random } from 'weft-nas/controllers/random';

const STEPS = 20;
const ROUNDS = 4;

/**
 * Seconds of an epoch of one architecture of 20 batches, without anything and with wpl, the least of several rounds
 * taken in turn.
 */
export async function epochCosts({
  seed,
  parts,
  watch,
  shouldStop,
}: Pick<StudySetting, 'seed' | 'parts' | 'watch' | 'shouldStop'>): Promise<{ without: number; with: number }> {
  const space = await parts.space('macro-cnn');
  const begin = (regularizer: SearchConfigInput['search']): stepping.SearchSession => {
    const config = checkConfig({
      seed,
      space: { name: 'macro-cnn', layers: 6, filters: 16 },
      data: { fisher: 0.1, validation: 0.1 },
      search: { epochs: 1000, batchSize: 48, batchesPerArchitecture: STEPS, rounds: 0, probe: 0, ...regularizer },
      forgetting: { measure: false },
    } satisfies SearchConfigInput);
    return stepping.createSession({ config, space, controller: random, data: stepping.openData(config) }, () => {});
  };
  const sessions = [begin({}), begin({ regularizer: { name: 'wpl', alpha: 10, fisher: { examples: 64 } } })];
  /** Whole architectures, so that each Fisher estimate is counted with its 20 steps. */
  const time = (session: stepping.SearchSession): number => {
    const before = watch.elapsed();
    for (let step = 0; step < STEPS; step++) stepping.advance(session);
    return watch.elapsed() - before;
  };
  const least = [Infinity, Infinity];
  try {
    for (let round = -1; round < ROUNDS; round++) {
      for (const [i, session] of sessions.entries()) {
        const seconds = time(session);
        if (session.state.phase === 'epoch-end') stepping.advance(session);
        if (round >= 0) least[i] = Math.min(least[i]!, seconds);
        await stopHere({ shouldStop });
      }
    }
    return { without: least[0]!, with: least[1]! };
  } finally {
    sessions.forEach((session) => session.dispose());
  }
}
