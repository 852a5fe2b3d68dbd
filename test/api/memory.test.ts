/**
 * Searches on data in memory: stopped by a signal, resumed with the same data, heard by types of events, asked for
 * predictions.
 */
import { expect } from 'chai';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';
import { defineDataset, loadModel, type MemoryData, resumeSearch, runSearch, type SearchRequest, tf } from 'weft-nas';
import { weft } from '../search/weft.js';
import { temporaryFolder } from '../runs/temporary.js';
import { saidLater } from '../said.js';

/** Points above and below the diagonal. */
const points = (count: number, shift = 0): MemoryData => {
  const inputs = Array.from({ length: count }, (_, i) => [((37 * i) % 101) / 101 + shift, ((53 * i) % 97) / 97]);
  return { name: 'points', train: { inputs, labels: inputs.map(([x, y]) => (y! > x! ? 'above' : 'below')) } };
};

const request = (runs: string): Omit<SearchRequest, 'data'> => ({
  space: mlp,
  controller: random,
  runs,
  config: {
    backend: 'cpu',
    space: { depth: 1, widths: [8] },
    search: { epochs: 1, rounds: 1, samplesPerRound: 2, probe: 0, batchSize: 16, rewardBatchSize: 8 },
    derive: { candidates: 2, random: 0, batchSize: 8 },
    retrain: { epochs: 12, batchSize: 8 },
  },
});

describe('a search on data in memory', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);

  it('ends in a network that predicts; a signal stops it, and it resumes with the same data to the same result', async () => {
    const heard: string[] = [];
    const whole = await runSearch({
      ...request(join(folder(), 'whole')),
      data: points(120),
      on: {
        derived: ({ architecture }) => heard.push(architecture),
        tested: ({ accuracy }) => heard.push(accuracy!.toFixed(1)),
      },
    });
    expect(heard).to.have.length(2);
    expect(heard[0]).to.equal(whole.summary!.derived.architecture);
    expect(existsSync(whole.report!)).to.equal(true);
    const model = await loadModel(whole.run, { space: mlp, backend: 'cpu' });
    expect(model.predict([[0.1, 0.9], [0.9, 0.1]]).map(({ label }) => label)).to.deep.equal(['above', 'below']); // prettier-ignore
    model.dispose();

    const tensors = tf.memory().numTensors;
    const stopping = new AbortController();
    const stopped = await runSearch({
      ...request(join(folder(), 'stopped')),
      data: points(120),
      signal: stopping.signal,
      on: { derived: () => stopping.abort() },
    });
    expect(stopped.summary).to.equal(undefined);
    const parts = { space: mlp, controller: random };
    expect(await saidLater(resumeSearch(stopped.run, parts))).to.match(
      /'memory:points' is in the memory of a program.*resumeSearch\(run, { data }\)/,
    );
    expect(await saidLater(resumeSearch(stopped.run, { ...parts, data: points(120, 1e-3) }))).to.match(
      /has changed since the run began:\s+memory:points changed/,
    );
    const resumed = await resumeSearch(stopped.run, { ...parts, data: points(120) });
    expect(resumed.summary!.resultHash).to.equal(whole.summary!.resultHash);
    expect(tf.memory().numTensors).to.equal(tensors);
    const { code, stderr, stdout } = await weft(['resume', stopped.run]);
    expect(code, stderr + stdout).to.equal(0); // finished: nothing needs the data
  });

  it('does not start after the signal, with data given twice, or with an option for reading files', async () => {
    const runs = join(folder(), 'none');
    const refused = (more: Partial<SearchRequest>): Promise<string> =>
      saidLater(runSearch({ ...request(runs), data: points(60), ...more }));
    const aborted = await runSearch({ ...request(runs), signal: AbortSignal.abort() }).catch((error: Error) => error);
    expect(aborted).to.have.property('name', 'AbortError');
    expect(await refused({ config: { data: { source: 'digits' } } })).to.match(/data\.source also names 'digits'/);
    expect(await refused({ config: { data: { label: 'y' } } })).to.match(/'label' says how files are read/);
    expect(await refused({ config: { data: { source: 'memory:points' } }, data: undefined })).to.match(/in the memory/);
    const fields = { name: 'own', inputShape: [1, 1, 1] as const, classes: 2 };
    const dataset = { ...fields, train: { images: Float32Array.of(1, 2), labels: Int32Array.of(0, 2) } };
    expect(await saidLater(Promise.resolve().then(() => defineDataset(dataset)))).to.match(/label 2 of example 1/);
    expect(existsSync(runs) ? readdirSync(runs) : []).to.deep.equal([]);
  });
});
