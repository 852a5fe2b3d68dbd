/** What a search holds on to: numbers of tensors and resident bytes along many steps. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { checkConfig } from '../../src/config/index.js';
import { advance } from '../../src/search/advance.js';
import { openData } from '../../src/search/data.js';
import { createSession } from '../../src/search/session.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf } from '../../src/tensor/tf.js';
import { enas } from '../../controllers/enas.js';
import { macroCnn } from '../../search-spaces/macro-cnn.js';

export interface SearchMemory {
  /** Tensors more at the end of the steps than after warm-up. */
  readonly grownTensors: number;
  /** Tensors left once the session is disposed. */
  readonly leftTensors: number;
  /** Resident MB once garbage is collected, after warm-up and after each quarter of the steps. */
  readonly residentMB: readonly number[];
  /** From the end of the first quarter to the end of the last. */
  readonly grownMB: number;
}

/** Steps before the first look: every weight has been trained then, and every buffer has its size. */
const WARM_UP = 150;

/** Runs so many training steps of shared weights, with the controller's updates that belong to them. */
export async function measureSearchMemory(steps: number): Promise<SearchMemory> {
  await loadBackend();
  const config = checkConfig({
    space: { name: 'macro-cnn', layers: 2, filters: 4, reductions: 1 },
    data: { subset: { train: 400 } },
    search: { epochs: steps, batchSize: 32, rounds: 2, samplesPerRound: 4, probe: 2, rewardBatchSize: 32 },
  });
  const before = tf.memory().numTensors;
  const session = createSession({ config, space: macroCnn, controller: enas, data: openData(config) }, () => {});
  const run = (count: number): void => {
    for (let done = 0; done < count;) {
      if (session.state.phase === 'weights') done++;
      advance(session);
    }
  };
  run(WARM_UP);
  const tensors = tf.memory().numTensors;
  const residentMB = [settledMB()];
  for (let quarter = 0; quarter < 4; quarter++) {
    run(steps / 4);
    residentMB.push(settledMB());
  }
  const grownTensors = tf.memory().numTensors - tensors;
  session.dispose();
  return {
    grownTensors,
    leftTensors: tf.memory().numTensors - before,
    residentMB,
    grownMB: residentMB.at(-1)! - residentMB[1]!,
  };
}

/** Resident memory once garbage is collected: what V8 has not got round to collecting is no growth. */
function settledMB(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().rss / 2 ** 20;
}
