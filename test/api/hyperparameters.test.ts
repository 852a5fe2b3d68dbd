/** Hyper-parameters searched with the architecture: halving and rounds of a strategy, on data in memory. */
import { expect } from 'chai';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  inThisProcess,
  type MemoryData,
  runHalving,
  runSearch,
  type SearchConfigInput,
  tf,
  trainArchitecture,
} from 'weft-nas';
import { parse } from 'yaml';
import { saidLater } from '../said.js';

const inputs = Array.from({ length: 80 }, (_, i) => [((37 * i) % 101) / 101, ((53 * i) % 97) / 97]);
const data: MemoryData = {
  name: 'points',
  train: { inputs, labels: inputs.map(([x, y]) => (y! > x! ? 'above' : 'below')) },
};
const RATE = 'retrain.optimizer.learningRate';
const BATCH = 'retrain.batchSize';
const config: SearchConfigInput = {
  backend: 'cpu',
  space: { depth: 1, widths: [2, 3] },
  search: {
    batchSize: 16,
    hyperparameters: {
      [RATE]: { min: 1e-4, max: 1, scale: 'log' },
      [BATCH]: [8, 16],
    },
  },
  retrain: { epochs: 1 },
};
const parts = { space: 'mlp', config, data };

describe('hyper-parameters from code', function () {
  this.timeout(60_000);
  let folder = '';
  let tensors = 0;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'weft-hyper-'));
    tensors = tf.memory().numTensors;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => expect(tf.memory().numTensors).to.equal(tensors));

  const halved = async (name: string, request: Parameters<typeof runHalving>[0], jobs = name, stopAfter = Infinity) => {
    const stopping = new AbortController();
    let begun = 0;
    const outcome = await runHalving({
      ...parts,
      ...request,
      out: join(folder, name),
      withExecutor: inThisProcess({
        results: join(folder, `${jobs}-jobs`),
        signal: stopping.signal,
        onJob({ type }) {
          if (type === 'job-started') begun++;
          if (type === 'job-finished' && begun >= stopAfter) stopping.abort();
        },
      }),
    });
    const file = join(folder, name, 'halving.json');
    return { outcome, begun, text: existsSync(file) ? readFileSync(file, 'utf8') : undefined };
  };

  it('halving draws them with the architectures, and a training takes the values that were found', async () => {
    const { outcome } = await halved('halved', { candidates: 4, factor: 2, first: 1 });
    const { rungs, winner, hyperparameters, configuration } = outcome!;
    expect(rungs.map(({ ranking }) => ranking.length)).to.deep.equal([4, 2, 1]);
    for (const { hyperparameters: values } of rungs.flatMap(({ ranking }) => ranking)) {
      expect(values![RATE]).to.be.within(1e-4, 1);
      expect([8, 16]).to.include(values![BATCH]);
    }
    expect(new Set(rungs[0]!.ranking.map((one) => one.hyperparameters![RATE])).size).to.be.above(1);
    expect([winner, hyperparameters]).to.deep.equal([
      rungs[2]!.ranking[0]!.architecture,
      rungs[2]!.ranking[0]!.hyperparameters,
    ]);
    const found = parse(readFileSync(configuration!, 'utf8')) as SearchConfigInput;
    expect(found.retrain!.optimizer).to.include({ learningRate: hyperparameters![RATE] });
    expect(found.retrain!.batchSize).to.equal(hyperparameters![BATCH]);
    expect(found.search).to.not.have.property('hyperparameters');
    const { run } = await trainArchitecture(winner, { config: found, data, runs: join(folder, 'runs') });
    const kept = parse(readFileSync(join(run, 'config.yaml'), 'utf8')) as SearchConfigInput;
    expect(kept.retrain!.optimizer).to.include({ learningRate: hyperparameters![RATE] });
  });

  it('candidates are promoted with them without waiting too', async () => {
    const { outcome } = await halved('asha', { candidates: 4, factor: 2, first: 1, asynchronous: { longest: 2 } });
    expect(outcome!.rungs[0]!.ranking).to.have.length(4);
    for (const { hyperparameters, architecture } of outcome!.rungs.flatMap(({ ranking }) => ranking)) {
      expect(architecture).to.match(/^mlp~\w+:\S+$/);
      expect([8, 16]).to.include(hyperparameters![BATCH]);
    }
    expect(existsSync(outcome!.configuration!)).to.equal(true);
  });

  it('a strategy proposes them in rounds; what was stopped goes on to the same bytes', async () => {
    const request = { candidates: 3, factor: 1, first: 1, rounds: 3, controller: 'evolution' };
    const whole = await halved('whole', request);
    expect(whole.outcome!.rounds!.map((rungs) => rungs.map(({ candidates }) => candidates))).to.deep.equal([
      [3],
      [3],
      [3],
    ]);
    const stopped = await halved('stopped', request, 'stopped', 5);
    expect([stopped.outcome, stopped.text]).to.deep.equal([undefined, undefined]);
    const resumed = await halved('stopped', request);
    expect(resumed.begun).to.be.within(3, 5);
    expect(resumed.text).to.equal(whole.text);
    expect((await halved('again', request, 'stopped')).text).to.equal(whole.text);
  });

  it('without them nothing of a halving speaks of them', async () => {
    const plain = { ...config, search: { batchSize: 16 } };
    const { outcome, text } = await halved('plain', { config: plain, candidates: 3, factor: 2, first: 1 });
    expect(text).to.not.match(/hyperparameters|rounds/);
    expect(outcome).to.have.all.keys('file', 'report', 'rungs', 'winner');
    expect(existsSync(join(folder, 'plain', 'winner.yaml'))).to.equal(false);
    const empty = { ...config, search: { batchSize: 16, hyperparameters: {} } };
    expect((await halved('empty', { config: empty, candidates: 3, factor: 2, first: 1 }, 'plain')).begun).to.equal(0);
  });

  it('are refused where nothing could come of them', async () => {
    const asked = (request: Parameters<typeof runHalving>[0]) => saidLater(halved('refused', request));
    expect(await saidLater(runSearch({ ...parts, controller: 'random', runs: join(folder, 'none') }))).to.match(
      /all networks of a search share their weights.*weft halve/s,
    );
    expect(await asked({ rounds: 2, controller: 'darts' })).to.match(
      /'darts' learns from the gradients of shared weights/,
    );
    expect(await asked({ rounds: 0 })).to.match(/rounds must be/);
    const large = { ...config, search: { hyperparameters: { [BATCH]: [8, 500] } } };
    expect(await asked({ config: large })).to.match(
      /retrain\.batchSize cannot be 500: the train split has \d+ examples/,
    );
    const goals: SearchConfigInput = { ...config, objectives: ['accuracy', 'parameters'] };
    expect(await asked({ config: goals, rounds: 2, controller: 'nsga2' })).to.match(/there are several objectives/);
    expect(existsSync(join(folder, 'refused'))).to.equal(false);
    expect(existsSync(join(folder, 'none'))).to.equal(false);
  });
});
