import { expect } from 'chai';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadParts } from '../../src/api/parts.js';
import { SPACE_TEMPLATE_JS } from '../../src/api/templates.js';
import { configSchema, type SearchConfig, type SearchConfigInput } from '../../src/config/schema.js';
import {
  createSerialExecutor,
  interrupted,
  type Job,
  openResults,
  runRunners,
  searchJob,
  standAloneJob,
  trainingJob,
} from '../../src/jobs/index.js';
import { conductSearch } from '../../src/search/conduct.js';
import { optionsOf, type SearchParts } from '../../src/search/session.js';
import { createRun, readSummary, sha256 } from '../../src/runs/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { stream } from '../../src/tensor/rng.js';
import { saidLater } from '../said.js';
import { temporaryFolder } from '../runs/temporary.js';
import { ROOT } from '../search/weft.js';

const CONFIG: SearchConfigInput = {
  space: { name: 'mlp', depth: 2, widths: [8] },
  data: { subset: { train: 100, test: 50 } },
  retrain: { epochs: 2 },
  search: { epochs: 1, rounds: 1, samplesPerRound: 2, probe: 1, rewardBatchSize: 16 },
  derive: { candidates: 2, random: 2, batchSize: 16 },
  checkpoint: { everySeconds: 0.02 },
};
const partsOf = (config: SearchConfigInput) => loadParts(configSchema.parse(config));

/** Some architecture of the configuration's space, in its text encoding. */
function architectureOf({ config, space, data: { task } }: SearchParts, seed = 1): string {
  const created = space.create(optionsOf(config.space), task);
  return created.encode(created.sample(stream(seed, 'architecture')));
}

describe('trainings as jobs', function () {
  before(() => loadBackend('cpu'));
  const folder = temporaryFolder(this);
  const executorIn = (name: string) =>
    createSerialExecutor({ results: openResults(join(folder(), name)), runners: runRunners(loadParts) });

  it('have names that depend on what changes the result, and on nothing else', async () => {
    const parts = await partsOf(CONFIG);
    const key = async (config: SearchConfigInput, options = {}): Promise<string> => {
      const other = await partsOf(config);
      return trainingJob(other, architectureOf(other), options).key;
    };
    const same = trainingJob(parts, architectureOf(parts)).key;
    expect(
      await key({
        ...CONFIG,
        search: { epochs: 7 },
        derive: {},
        checkpoint: {},
        logEvery: 3,
        controller: { name: 'enas' },
      }),
    ).to.equal(same);
    const others = await Promise.all([
      key({ ...CONFIG, seed: 2 }),
      key(CONFIG, { seed: 3 }),
      key(CONFIG, { threads: 2 }),
      key(CONFIG, { backend: 'wasm' }),
      key({ ...CONFIG, retrain: { epochs: 3 } }),
      key({ ...CONFIG, data: { subset: { train: 101, test: 50 } } }),
      key({ ...CONFIG, space: { name: 'mlp', depth: 2, widths: [9] } }),
    ]);
    others.push(trainingJob(parts, architectureOf(parts, 2)).key, searchJob(parts).key);
    expect(new Set([same, ...others])).to.have.property('size', others.length + 1);
    expect(await key(CONFIG, { seed: 2 })).to.equal(others[0]);
  });

  it('give the result of `weft train`', async () => {
    const parts = await partsOf(CONFIG);
    const executor = executorIn('results');
    const architecture = architectureOf(parts);
    const job = trainingJob(parts, architecture);
    const { value } = await executor.submit(job);
    const run = createRun(folder(), { name: 'alone', seed: 1, config: {} });
    await conductSearch(run, { ...parts }, { architecture, guard: () => {} }, false);
    const { weights, test } = readSummary(run.path)!;
    expect(value).to.deep.include({ weights, test });
    expect(value).not.to.have.any.keys('elapsedSeconds', 'peakMemoryMB', 'compiled');
    const [name] = readdirSync(join(folder(), 'results', job.key));
    expect(existsSync(join(folder(), 'results', job.key, name!, 'model.safetensors'))).to.equal(true);
    await executor.close();
  });

  it('continue from the last checkpoint of a lost attempt, to the same bytes', async () => {
    const job = searchJob(await partsOf(CONFIG));
    const runners = runRunners(loadParts);
    const attempt = (into: string, units: number) => {
      let done = 0;
      return runners['search']!(job.payload, {
        folder: into,
        files: [],
        progress: () => void done++,
        shouldStop: () => done >= units,
      });
    };
    const lost = openResults(join(folder(), 'lost')).folder(job.key);
    const whole = openResults(join(folder(), 'whole')).folder(job.key);
    expect(await saidLater(attempt(lost, 3))).to.contain(interrupted().message);
    expect(await saidLater(attempt(lost, 1))).to.contain(interrupted().message);
    expect(readdirSync(lost)).to.have.lengthOf(1);
    expect(await attempt(lost, Infinity)).to.deep.equal(await attempt(whole, Infinity));
  });

  it('for selection continue as well, and use no test data', async () => {
    const parts = await partsOf({ ...CONFIG, search: { ...CONFIG.search, batchSize: 16 } });
    const job = standAloneJob(parts, architectureOf(parts), 2);
    expect(standAloneJob(parts, architectureOf(parts), 3).key).not.to.equal(job.key);
    const attempt = (into: string, units: number) => {
      let done = 0;
      return runRunners(loadParts)['alone']!(job.payload, {
        folder: openResults(join(folder(), into)).folder(job.key),
        files: [],
        progress: () => void done++,
        shouldStop: () => done >= units,
      });
    };
    for (const units of [2, 3]) expect(await saidLater(attempt('lost', units))).to.contain(interrupted().message);
    const kept = join(folder(), 'lost', job.key, 'checkpoints');
    expect(readdirSync(kept)).to.deep.equal(['00000002', '00000005']);
    writeFileSync(join(kept, '00000005', 'weights.safetensors'), 'damaged');
    const value = await attempt('lost', Infinity);
    expect(value).to.deep.equal(await attempt('whole', Infinity));
    expect(value['count']).to.equal(parts.data.counts.validation);
    expect(existsSync(kept)).to.equal(false);
  });

  it('for selection continue a shorter training, to the bytes of an uninterrupted one', async () => {
    const parts = await partsOf({ ...CONFIG, search: { ...CONFIG.search, batchSize: 16 } });
    const architecture = architectureOf(parts);
    const steps: number[] = [];
    const attempt = (into: string, until?: number) => {
      const job = standAloneJob(parts, architecture, 3, { ...(until !== undefined && { until }) });
      let count = 0;
      const done = runRunners(loadParts)['alone']!(job.payload, {
        folder: openResults(join(folder(), into)).folder(job.key),
        files: [],
        progress: () => void count++,
        shouldStop: () => false,
      });
      return done.finally(() => steps.push(count));
    };
    const first = await attempt('rungs', 1);
    expect(await attempt('rungs', 1)).to.deep.equal(first);
    const second = await attempt('rungs', 2);
    expect(first['curve']).to.have.length(1);
    expect((second['curve'] as object[])[0]).to.deep.equal((first['curve'] as object[])[0]);
    const cut = await attempt('rungs', 3);
    expect(cut).to.deep.equal(await attempt('at once', 3));
    // A second training of the first epoch does none, later ones only what is new.
    const [epoch] = steps;
    expect(steps).to.deep.equal([epoch, 0, epoch, epoch, 3 * epoch!]);
    const { curve, ...result } = cut;
    expect(curve).to.have.length(3);
    expect(await attempt('whole')).to.deep.equal(result);
    const beyond = standAloneJob(parts, architecture, 3, { until: 4 });
    const context = { folder: folder(), files: [], progress: () => undefined, shouldStop: () => false };
    expect(await saidLater(runRunners(loadParts)['alone']!(beyond.payload, context))).to.match(/until .* at most/);
    const { payload } = trainingJob(parts, architecture);
    const odd = runRunners(loadParts)['train']!({ ...payload, until: 1 }, context);
    expect(await saidLater(odd)).to.match(/until .* is for trainings alone/);
  });

  it('use the part that the search has left for training', async () => {
    const parts = await partsOf({ ...CONFIG, search: { ...CONFIG.search, regularizer: { name: 'wpl' } } });
    const { config } = trainingJob(parts, architectureOf(parts)).payload as unknown as { config: SearchConfig };
    expect((await partsOf(config)).data.record['splits']).to.deep.equal(parts.data.record['splits']);
  });

  it('load no file that was not named on this machine, or that has changed', async () => {
    const file = join(folder(), 'own-space.mjs');
    mkdirSync(join(folder(), 'node_modules'));
    symlinkSync(ROOT, join(folder(), 'node_modules', 'weft-nas'));
    writeFileSync(file, SPACE_TEMPLATE_JS);
    const parts = await partsOf({ ...CONFIG, space: { name: file, blocks: 1, filters: 2 } });
    const job = trainingJob(parts, architectureOf(parts));
    const perform = (files: string[]) =>
      runRunners(loadParts)['train']!(job.payload, {
        folder: folder(),
        files,
        progress: () => {},
        shouldStop: () => true,
      });
    expect(await saidLater(perform([]))).to.match(
      /needs the file own-space\.mjs \(sha256 [0-9a-f]{12}…\), which this worker does not have .*--file/,
    );
    const elsewhere = join(folder(), 'elsewhere.mjs');
    cpSync(file, elsewhere);
    rmSync(file);
    writeFileSync(file, `throw new Error('loaded');`);
    expect(await saidLater(perform([file]))).to.match(/does not have/);
    expect(JSON.stringify(job.payload)).not.to.match(/"file":"\//);
    expect(await saidLater(perform([file, elsewhere]))).to.contain(interrupted().message);
  });

  it('carry parts and data of your own by their content, and load only what this machine has named', async () => {
    const place = folder();
    const index = JSON.stringify(pathToFileURL(join(ROOT, 'src/index.ts')).href);
    const descent = join(place, 'descent.mjs');
    writeFileSync(
      descent,
      `import { defineOptimizer, optimizers, z } from ${index};
globalThis.descentLoaded = true;
export default defineOptimizer({
  name: 'descent',
  options: z.strictObject({ rate: z.number().default(0.05) }),
  create: ({ rate }) => [optimizers.scaleByLearningRate(optimizers.constant(rate))],
});
`,
    );
    const shipped = { name: 'sgd', learningRate: 0.05, schedule: { name: 'constant' } } as const;
    const own = { name: 'own', part: descent } as const;
    const parts = await partsOf(CONFIG);
    const jobWith = (base: typeof shipped | typeof own): Job => {
      const optimizer = { name: 'ema', base } as const;
      const config = configSchema.parse({ ...parts.config, retrain: { ...parts.config.retrain, optimizer } });
      return trainingJob({ ...parts, config }, architectureOf(parts));
    };
    const [mine, theirs] = [jobWith(own), jobWith(shipped)];
    expect(JSON.stringify(mine)).to.include('"file":"descent.mjs"').and.not.include(place);
    const perform = (payload: object, files: string[]) =>
      runRunners(loadParts)['train']!(payload as never, {
        ...{ folder: join(folder(), sha256(JSON.stringify([payload, files]))), files },
        progress: () => {},
        shouldStop: () => false,
      });
    const loaded = (): unknown => (globalThis as { descentLoaded?: true }).descentLoaded;
    expect(await saidLater(perform(mine.payload, []))).to.match(
      /needs the file descent\.mjs \(sha256 [0-9a-f]{12}…\), which this worker does not have/,
    );
    const { config } = mine.payload as unknown as { config: SearchConfig };
    const forged = [
      { config: { ...config, retrain: { ...config.retrain, optimizer: own } } },
      { config: { ...config, data: { ...config.data, source: descent } } },
      { code: [{ file: descent, sha256: sha256(readFileSync(descent)) }] },
      { code: [] },
    ];
    for (const fields of forged)
      expect(await saidLater(perform({ ...mine.payload, ...fields }, [])), JSON.stringify(fields)).to.match(
        /names code that is not among its files|without its folder|does not have/,
      );
    expect(loaded()).to.equal(undefined);
    const moved = join(place, 'moved.mjs');
    renameSync(descent, moved);
    const done = (await perform(mine.payload, [moved])) as { test?: object };
    expect(loaded()).to.equal(true);
    expect(done.test).to.deep.equal(((await perform(theirs.payload, [])) as { test?: object }).test);
  });

  it('refuse a payload with any invalid field, before anything of it is used', async () => {
    const parts = await partsOf(CONFIG);
    const { payload } = trainingJob(parts, architectureOf(parts));
    const { config } = payload as unknown as { config: SearchConfig };
    const wrong: [string, object, RegExp][] = [
      ['an unknown field', { more: 1 }, /Unrecognized key/],
      ['a path as a space', { space: './evil.mjs' }, /space of .* is not valid/],
      ['a folder in the name of a file', { space: { file: '../x.mjs', sha256: '0'.repeat(64) } }, /space/],
      ['a hash that is none', { controller: { file: 'x.mjs', sha256: '../../x' } }, /controller/],
      ['too many threads', { threads: 1e9 }, /threads/],
      ['an unknown backend', { backend: 'constructor' }, /backend/],
      ['no architecture', { architecture: null }, /architecture .* must be the encoding/],
      ['a NUL', { architecture: 'a\0' }, /architecture/],
      ['data that are no hash', { data: 'another' }, /data of .* 64 hexadecimal digits/],
      ['an unknown option', { config: { ...config, evil: 1 } }, /config/],
      [
        'a wrong option',
        { config: { ...config, retrain: { ...config.retrain, epochs: -1 } } },
        /config\.retrain\.epochs/,
      ],
    ];
    for (const [what, fields, why] of wrong) {
      let loaded = false;
      const runners = runRunners(() => {
        loaded = true;
        return Promise.reject(new Error('loaded'));
      });
      const run = runners['train']!(
        { ...payload, ...fields },
        {
          folder: folder(),
          files: [],
          progress: () => {},
          shouldStop: () => false,
        },
      );
      expect(await saidLater(run), what).to.match(why);
      expect(loaded, what).to.equal(false);
    }
  });

  it('refuse other data, other versions of the libraries and a time budget', async () => {
    const parts = await partsOf(CONFIG);
    const job = trainingJob(parts, architectureOf(parts));
    const perform = (payload: object, key?: string) =>
      saidLater(
        runRunners(loadParts)['train']!(payload as never, {
          ...(key !== undefined && { key }),
          folder: folder(),
          files: [],
          progress: () => {},
          shouldStop: () => false,
        }),
      );
    const changed = { ...job.payload, data: '0'.repeat(64) };
    expect(await perform(changed)).to.match(/data of this worker/);
    expect(await perform(changed, job.key)).to.match(/does not match its key/);
    expect(await perform({ ...job.payload, library: 'TensorFlow 0' })).to.match(
      /submitted with TensorFlow 0, and this worker has TensorFlow\.js .*waits for a worker with the same versions/,
    );
    expect(await perform({ ...job.payload, node: 18 })).to.match(/submitted with Node 18/);
    expect(await saidLater(partsOf({ ...CONFIG, budget: 3 }).then(searchJob))).to.match(/time budget/);
  });
});
