/** A thousand search steps: tensors are constant in number, resident memory is flat after the first steps. */
import { expect } from 'chai';
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

describe('memory of a search', function () {
  this.timeout(180_000);

  it('does not grow over 1,000 steps', async () => {
    await loadBackend();
    const config = checkConfig({ space: { name: 'macro-cnn', layers: 2, filters: 4, reductions: 1 }, data: { subset: { train: 400 } }, search: { epochs: 400, batchSize: 32, rounds: 2, samplesPerRound: 4, probe: 2, rewardBatchSize: 32 } });
    const before = tf.memory().numTensors;
    const session = createSession({ config, space: macroCnn, controller: enas, data: openData(config) }, () => {});
    const run = (steps: number): void => {
      for (let done = 0; done < steps;) {
        if (session.state.phase === 'weights') done++;
        advance(session);
      }
    };
    run(150); // every weight has been trained, every buffer has its size
    const tensors = tf.memory().numTensors;
    const resident = [settled()];
    for (let block = 0; block < 4; block++) {
      run(250);
      resident.push(settled());
    }
    const grown = (resident.at(-1)! - resident[1]!) / 2 ** 20;
    expect(tf.memory().numTensors).to.equal(tensors);
    expect(grown, `resident MB: ${resident.map((bytes) => Math.round(bytes / 2 ** 20)).join(', ')}`).to.be.below(10);
    session.dispose();
    expect(tf.memory().numTensors).to.equal(before);
  });
});

/** Resident bytes once garbage is collected: what V8 has not got round to collecting is no growth. */
function settled(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().rss;
}
