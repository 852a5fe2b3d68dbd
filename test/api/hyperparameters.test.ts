/** Hyper-parameters searched with the architecture: halving and rounds of a strategy, on data in memory. */
import { expect } from 'chai';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  deriveRun,
  inThisProcess,
  type MemoryData,
  runHalving,
  runSearch,
  type SearchConfigInput,
  tf,
  trainArchitecture,
} from 'weft-nas';
import { parse } from 'yaml';
import { mlp } from '../../search-spaces/mlp.js';
import { parameterCount } from '../../src/graph/index.js';
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

  it('halving draws them together with architectures, and a training uses the values that were found', async () => {
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

  it('candidates with them are promoted asynchronously too', async () => {
    const { outcome } = await halved('asha', { candidates: 4, factor: 2, first: 1, asynchronous: { longest: 2 } });
    expect(outcome!.rungs[0]!.ranking).to.have.length(4);
    for (const { hyperparameters, architecture } of outcome!.rungs.flatMap(({ ranking }) => ranking)) {
      expect(architecture).to.match(/^mlp~\w+:\S+$/);
      expect([8, 16]).to.include(hyperparameters![BATCH]);
    }
    expect(existsSync(outcome!.configuration!)).to.equal(true);
  });

  it('a strategy proposes them in rounds, and a stopped halving resumes to the same bytes', async () => {
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

  it('trains the best from scratch with their own values and tests them, without training candidates again', async () => {
    const request = { candidates: 4, factor: 2, first: 1 };
    const first = await halved('best', request);
    const { outcome, begun, text } = await halved('best', { ...request, retrainTop: 2 });
    expect([begun, text]).to.deep.equal([2, first.text]);
    const { ranking, retrained, rungs, winner } = outcome!;
    expect(ranking.map(({ epochs }) => epochs)).to.deep.equal([4, 2, 1, 1]);
    expect(ranking[0]).to.deep.include({ ...rungs[2]!.ranking[0]!, architecture: winner });
    expect(retrained!.map(({ place }) => place)).to.deep.equal([1, 2]);
    for (const [i, { result, summary }] of retrained!.entries()) {
      const { architecture, hyperparameters } = ranking[i]!;
      expect(summary.derived.architecture).to.equal(architecture);
      expect(summary.test!.accuracy).to.be.within(0, 1);
      const [run] = readdirSync(join(folder, 'best-jobs', result.key), { withFileTypes: true }).filter((entry) =>
        entry.isDirectory(),
      );
      const kept = parse(
        readFileSync(join(folder, 'best-jobs', result.key, run!.name, 'config.yaml'), 'utf8'),
      ) as SearchConfigInput;
      expect(kept.retrain!.optimizer).to.include({ learningRate: hyperparameters![RATE] });
      expect(kept.retrain!.batchSize).to.equal(hyperparameters![BATCH]);
    }
    expect(readFileSync(outcome!.report, 'utf8')).to.match(/id="retrained"/);
    // Its folder is no run, and says what to do.
    expect(await saidLater(deriveRun(join(folder, 'best')))).to.match(
      /is not a run directory.*weft halve.*--retrain-top/s,
    );
  });

  it('lets only candidates win that meet the conditions', async () => {
    const request = { candidates: 6, factor: 2, first: 1 };
    const all = (await halved('picked', request)).outcome!;
    const space = mlp.create(config.space, { inputShape: [2], classes: 2 });
    const costOf = (text: string): number => parameterCount(space.activate(space.decode(text)));
    const costs = all.ranking.map(({ architecture }) => costOf(architecture));
    const limit = Math.min(...costs);
    const heard: number[] = [];
    const { outcome, begun } = await halved('picked', {
      ...request,
      pick: `parameters<=${limit}`,
      onRanking: ({ ranking }) => heard.push(ranking.length),
    });
    expect(begun).to.equal(0);
    const { ranking, winner, rungs } = outcome!;
    expect(rungs).to.deep.equal(all.rungs);
    expect(ranking).to.deep.equal(all.ranking.filter((_, i) => costs[i] === limit));
    expect([winner, heard]).to.deep.equal([ranking[0]!.architecture, [ranking.length]]);
    expect(readFileSync(outcome!.report, 'utf8')).to.include(`within parameters&#60;=${limit} reached`);
    const asked = (pick: string) => saidLater(halved('picked', { ...request, pick }));
    expect(await asked('parameters<1')).to.match(/none of \d+ candidates meets parameters<1: parameters is between/);
    expect(await asked('loss<1')).to.match(/loss<1: these candidates are compared by their accuracy/);
    expect(await asked('latency<1ms')).to.match(/needs the latencies of a device/);
    expect(await asked('parameters=3')).to.match(/cannot be read as a condition/);
    expect(await saidLater(halved('picked', { ...request, retrainTop: 0 }))).to.match(/retrainTop must be/);
  });

  it('without them a halving does not mention them', async () => {
    const plain = { ...config, search: { batchSize: 16 } };
    const { outcome, text } = await halved('plain', { config: plain, candidates: 3, factor: 2, first: 1 });
    expect(text).to.not.match(/hyperparameters|rounds/);
    expect(outcome).to.have.all.keys('file', 'report', 'rungs', 'ranking', 'winner');
    expect(existsSync(join(folder, 'plain', 'winner.yaml'))).to.equal(false);
    const empty = { ...config, search: { batchSize: 16, hyperparameters: {} } };
    expect((await halved('empty', { config: empty, candidates: 3, factor: 2, first: 1 }, 'plain')).begun).to.equal(0);
  });

  it('are refused where they would have no effect', async () => {
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
