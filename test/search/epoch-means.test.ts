/** What a search says of an epoch is the mean of what it has said of its steps and rounds. */
import { expect } from 'chai';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';
import { runSearch } from '../../src/index.js';
import { type SearchEvent } from '../../src/search/events.js';
import { mean } from '../../src/statistics/index.js';
import { join } from 'node:path';
import { temporaryFolder } from '../runs/temporary.js';
import { tinyTable } from '../runs/tiny-run.js';

describe('the events of an epoch', function () {
  const folder = temporaryFolder(this);

  it('have the mean loss of its steps, and the mean reward of its rounds', async () => {
    const events: SearchEvent[] = [];
    await runSearch({
      space: mlp,
      controller: random,
      config: {
        backend: 'cpu',
        logEvery: 1,
        space: { depth: 1, widths: [2, 3] },
        data: { source: tinyTable(join(folder(), 'data.csv')) },
        search: { epochs: 2, rounds: 3, samplesPerRound: 2, probe: 0, batchSize: 8, rewardBatchSize: 8 },
        derive: { candidates: 1, random: 0, batchSize: 8 },
        retrain: { epochs: 0, batchSize: 16 },
      },
      runs: join(folder(), 'runs'),
      onEvent: (event) => events.push(event),
    });
    const of = <T extends SearchEvent['type']>(type: T, epoch: number): Extract<SearchEvent, { type: T }>[] =>
      events.filter((event) => event.type === type && (event as { epoch?: number }).epoch === epoch) as never;
    for (const epoch of [0, 1]) {
      const [[told], [learned], steps, rounds] = [
        of('epoch', epoch),
        of('weights-epoch', epoch),
        of('weights-step', epoch),
        of('controller-round', epoch),
      ];
      expect([steps.length > 2, rounds.length]).to.deep.equal([true, 3]);
      expect(told!.loss).to.equal(learned!.loss);
      expect(told!.loss).to.be.closeTo(mean(steps.map(({ loss }) => loss)), 1e-12);
      expect(told!.reward).to.be.closeTo(mean(rounds.map(({ reward }) => reward)), 1e-12);
    }
  });
});
