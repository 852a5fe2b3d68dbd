/** Training batches in which every class is equally likely. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { join } from 'node:path';
import { checkConfig } from '../../src/config/index.js';
import { balancedOrder, batches } from '../../src/data/batches.js';
import { defineDataset } from '../../src/data/index.js';
import { splitDataset } from '../../src/data/split.js';
import { resumeSearch } from '../../src/index.js';
import { openLabelled } from '../../src/search/labelled-data.js';
import { requireFitForTargets } from '../../src/search/regression.js';
import { openText } from '../../src/search/text-data.js';
import { tinyRun, tinyTable } from '../runs/tiny-run.js';
import { temporaryFolder } from '../runs/temporary.js';

const labels = Int32Array.from({ length: 400 }, (_, i) => (i % 40 === 0 ? 2 : i % 10 === 0 ? 1 : 0));
const order = (epoch: number, seed = 1): Uint32Array => balancedOrder(labels, { seed, name: 'train', epoch });
const countsOf = (places: Iterable<number>): number[] => {
  const counts = [0, 0, 0];
  for (const place of places) counts[labels[place]!]!++;
  return counts;
};

describe('balanced sampling', function () {
  this.timeout(90_000);
  const folder = temporaryFolder(this);

  it('draws every class equally often, and uses all examples of a rare class before repeating any', () => {
    const total = [0, 1, 2, 3, 4, 5, 6, 7].map((epoch) => countsOf(order(epoch)));
    for (const c of [0, 1, 2]) {
      const share = total.reduce((sum, counts) => sum + counts[c]!, 0) / 3200;
      // Three standard deviations of a binomial share.
      expect(share).to.be.closeTo(1 / 3, 3 * Math.sqrt(2 / 9 / 3200));
    }
    const rare = [...order(0)].filter((place) => labels[place] === 2);
    expect(new Set(rare.slice(0, 10)).size).to.equal(10);
    const uses = [...new Set(rare)].map((place) => rare.filter((other) => other === place).length);
    expect(Math.max(...uses) - Math.min(...uses)).to.be.at.most(1);
  });

  it('is a function of seed and epoch', () => {
    expect(order(3)).to.deep.equal(order(3));
    expect(order(3)).not.to.deep.equal(order(4));
    expect(order(3)).not.to.deep.equal(order(3, 2));
  });

  it('keeps the number of steps, and batches can be requested in any order', () => {
    const dataset = defineDataset({
      name: 'rare',
      inputShape: [1, 1, 1],
      classes: 3,
      train: { images: Float32Array.from(labels), labels },
      test: { images: Float32Array.from(labels), labels },
    });
    const { train } = splitDataset(dataset, { seed: 1 });
    const options = { batchSize: 32, seed: 1, normalization: { mean: [0], std: [1] } };
    const [plain, drawn] = [batches(train, options), batches(train, { ...options, balanced: true })];
    expect(drawn.stepsPerEpoch).to.equal(plain.stepsPerEpoch);
    const late = drawn.at(5, 2).labels;
    drawn.at(0, 0);
    expect(drawn.at(5, 2).labels).to.deep.equal(late);
    expect(drawn.at(5, 2).inputs).to.deep.equal(Float32Array.from(late));
  });

  it('changes the training batches but no evaluation, and resumes to the byte', async () => {
    const data = tinyTable(join(folder(), 'data.csv'));
    const open = (sampling: 'plain' | 'balanced') => {
      const config = checkConfig({
        data: { source: data, sampling },
        search: { batchSize: 8 },
        retrain: { batchSize: 8 },
      });
      const opened = openLabelled(config);
      return { ...opened.batches(config, { carries: false }), account: opened.account };
    };
    const [plain, balanced] = [open('plain'), open('balanced')];
    const first = (source: typeof plain.train): number[] => {
      const batch = source.at(0, 0);
      const values = [...batch.inputs.dataSync()];
      batch.inputs.dispose();
      batch.labels.dispose();
      return values;
    };
    for (const part of ['validation', 'reward', 'test', 'plain'] as const)
      expect(first(balanced[part]), part).to.deep.equal(first(plain[part]));
    for (const part of ['train', 'retrain'] as const)
      expect(first(balanced[part]), part).not.to.deep.equal(first(plain[part]));
    expect(balanced.account!.join('\n')).to.include('every class equally often');

    const result = (run: string): unknown =>
      (JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8')) as { resultHash: string }).resultHash;
    const whole = await tinyRun(folder(), { data, sampling: 'balanced' });
    const stopped = await tinyRun(folder(), { data, sampling: 'balanced', units: 5 });
    await resumeSearch(stopped);
    expect(result(stopped)).to.equal(result(whole));
  });

  it('is refused by name with class weights, for regression and for texts', () => {
    const source = tinyTable(join(folder(), 'both.csv'));
    const both = checkConfig({ data: { source, sampling: 'balanced', classWeights: 'balanced' } });
    expect(() => openLabelled(both)).to.throw(/data\.sampling: balanced and data\.classWeights/);
    const sampled = checkConfig({ data: { sampling: 'balanced' } });
    expect(() => requireFitForTargets(sampled)).to.throw(/data\.sampling draws classes/);
    expect(() => openText(sampled)).to.throw(/'sampling' does not apply to a text/);
  });
});
