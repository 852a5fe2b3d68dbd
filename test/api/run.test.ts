/**
 * Verbs on a run from code: the space and the controller by name, by file or as values, the data moved or in memory.
 */
import { expect } from 'chai';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { mlp } from '../../search-spaces/mlp.js';
import {
  convertRun,
  evaluateRun,
  loadModel,
  type MemoryData,
  resumeSearch,
  runSearch,
  type SearchConfigInput,
  tf,
  trainArchitecture,
  writeReport,
} from 'weft-nas';
import { temporaryFolder } from '../runs/temporary.js';
import { tinyRun } from '../runs/tiny-run.js';
import { saidLater } from '../said.js';

const config: SearchConfigInput = {
  backend: 'cpu',
  space: { depth: 1, widths: [4] },
  search: { epochs: 1, rounds: 1, samplesPerRound: 2, probe: 0, batchSize: 16, rewardBatchSize: 8 },
  derive: { candidates: 2, random: 0, batchSize: 8 },
  retrain: { epochs: 2, batchSize: 16 },
};

const points = (count: number): MemoryData => {
  const inputs = Array.from({ length: count }, (_, i) => [((37 * i) % 101) / 101, ((53 * i) % 97) / 97]);
  return { name: 'points', train: { inputs, labels: inputs.map(([x, y]) => (y! > x! ? 'above' : 'below')) } };
};

describe('a run from code', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);

  it('is searched, evaluated, used for predictions, reported and converted by the names of its parts', async () => {
    const tensors = tf.memory().numTensors;
    const runs = join(folder(), 'runs');
    const { run, summary } = await runSearch({ space: 'mlp', controller: 'random', config, data: points(80), runs });
    const own = await evaluateRun(run, { data: points(80) });
    expect(own).to.include({ own: true, space: 'mlp', measures: undefined, accuracy: summary!.test!.accuracy });
    const { train } = points(40);
    const other = await evaluateRun(run, { data: { train, name: 'fewer' } });
    expect(other).to.include({ own: false, count: 40 });
    expect(await saidLater(evaluateRun(run, { data: { train, classNames: ['below', 'above'] } }))).to.match(
      /classes below, above; those of the network are above, below/,
    );
    const model = await loadModel(run);
    expect(model.predict([[0, 1]])).to.have.length(1);
    model.dispose();
    expect(existsSync(await writeReport(run, { space: mlp, out: join(folder(), 'page.html') }))).to.equal(true);
    expect(await convertRun(run, { to: 'csv' })).to.include(join(run, 'csv', 'epochs.csv'));
    expect((await resumeSearch(run)).wasFinished).to.equal(true);
    expect(tf.memory().numTensors).to.equal(tensors);
  });

  it('gives space, data and training to an architecture that is trained alone', async () => {
    const run = await tinyRun(folder());
    const moved = join(folder(), 'moved.csv');
    renameSync(join(folder(), 'data.csv'), moved);
    const request = { run, runs: join(folder(), 'alone') };
    expect(await saidLater(trainArchitecture('mlp~2d6320:2/1/relu-true', request))).to.match(/no longer at/);
    const trained = await trainArchitecture('mlp~2d6320:2/1/relu-true', {
      ...request,
      data: moved,
      config: { retrain: { epochs: 1 } },
    });
    expect(trained.summary!.derived.architecture).to.equal('mlp~2d6320:2/1/relu-true');
    expect(readFileSync(join(trained.run, 'events.jsonl'), 'utf8').match(/"retrain-epoch"/g)).to.have.length(1);
    const alone = await trainArchitecture('mlp~2d6320:2/1/relu-true', {
      space: mlp,
      controller: 'random',
      data: points(80),
      config: { ...config, space: { depth: 1, widths: [2, 3] } },
      runs: join(folder(), 'alone'),
    });
    expect(alone.summary!.test!.accuracy).to.be.within(0, 1);
  });

  it('loads a file of code only if the file is named, trusted, or given as a value', async () => {
    const file = join(folder(), 'space.mjs');
    writeFileSync(
      file,
      `export { mlp as default } from ${JSON.stringify(pathToFileURL('search-spaces/mlp.ts').href)};\n`,
    );
    const { run } = await runSearch({
      space: file,
      controller: 'random',
      config,
      data: points(80),
      runs: join(folder(), 'runs'),
    });
    for (const verb of [resumeSearch, evaluateRun, loadModel, writeReport])
      expect(await saidLater(verb(run)), verb.name).to.match(/a file with code, so it was not loaded/);
    for (const options of [{ space: mlp }, { space: 'mlp' }, { file: [file] }, { trust: true }])
      expect(existsSync(await writeReport(run, options))).to.equal(true);
    expect(await saidLater(runSearch({ space: 'mpl', config }))).to.match(/no space and no file named 'mpl'.*mlp/);
  });
});
