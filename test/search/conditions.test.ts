/**
 * A search goes on only under the conditions under which it began, unless that is allowed; and it says what becomes of
 * errors.
 */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';
import { resumeSearch, runSearch, type SearchConfigInput, tf } from '../../src/index.js';
import { openCells } from '../../src/studies/cells.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { whyNotInstalled } from '../../src/tensor/environment.js';
import { runTypeScript, temporaryFolder } from '../runs/temporary.js';
import { ONE_EPOCH as config } from '../runs/tiny-run.js';
import { saidLater } from '../said.js';
import { onlyRun, weft, withFolder } from './weft.js';

const MLP = ['--space', 'mlp', '--controller', 'random', '--data', 'digits'];
const SMALL = [
  'space.depth=1',
  'space.widths=[4]',
  'data.subset.train=100',
  'search.rounds=1',
  'search.samplesPerRound=2',
  'search.probe=0',
  'derive.candidates=2',
  'derive.random=2',
  'retrain.epochs=1',
];

interface Line {
  readonly type: string;
  readonly message?: string;
  readonly source?: string;
  readonly changes?: readonly { readonly what: string }[];
}

const eventsOf = (run: string): Line[] =>
  readFileSync(join(run, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

describe('a search in a changed environment', function () {
  this.timeout(240_000);

  it('is refused with another number of threads, continues if allowed, and always says so afterwards', async function () {
    if (whyNotInstalled('@tensorflow/tfjs-node') !== undefined) this.skip();
    await withFolder(async (folder) => {
      const began = await weft(
        ['search', ...MLP, '--budget', '1s', '--backend', 'native', '--runs', folder, '--set', ...SMALL],
        { env: { WEFT_THREADS: '1' } },
      );
      expect(began.code, began.stderr).to.equal(0);
      const run = onlyRun(folder);
      const elsewhere = { env: { WEFT_THREADS: '2' } };
      const stopped = stoppedRun(folder);
      const refused = await weft(['resume', stopped], elsewhere);
      expect(refused.code).to.equal(1);
      expect(refused.stderr).to.match(/different conditions: threads 1 then, 2 now/);
      expect(refused.stderr).to.contain('WEFT_THREADS=1').and.not.contain('weft resume');
      const before = readFileSync(join(stopped, 'events.jsonl'), 'utf8');

      const derived = await weft(['derive', run], elsewhere);
      expect(derived.code).to.equal(1);
      expect(derived.stderr).to.contain('threads 1 then, 2 now');
      const allowedToo = await weft(['derive', run, '--allow-changed-environment'], elsewhere);
      expect(allowedToo.code, allowedToo.stderr).to.equal(0);
      expect(allowedToo.stdout).to.contain('threads 1 then, 2 now');

      const allowed = await weft(['resume', stopped, '--allow-changed-environment'], elsewhere);
      expect(allowed.code, allowed.stderr).to.equal(0);
      expect(readFileSync(join(stopped, 'events.jsonl'), 'utf8').startsWith(before)).to.equal(true);
      const changes = [{ what: 'threads', before: '1', now: '2' }];
      expect(eventsOf(stopped).filter(({ type }) => type === 'environment-changed')).to.deep.equal([
        { type: 'environment-changed', changes },
      ]);
      const summary = JSON.parse(readFileSync(join(stopped, 'summary.json'), 'utf8')) as {
        environmentChanges: { changes: unknown }[];
      };
      expect(summary.environmentChanges.map((one) => one.changes)).to.deep.equal([changes]);
      expect(readFileSync(join(stopped, 'report.html'), 'utf8')).to.contain('threads 1, then 2');
    });
  });

  /** A run of the native backend with one thread that was stopped in the middle of its search. */
  function stoppedRun(folder: string): string {
    const into = join(folder, 'stopped');
    const script = `
      import { runSearch } from 'weft-nas';
      import { mlp } from 'weft-nas/search-spaces/mlp';
      import { random } from 'weft-nas/controllers/random';
      let units = 0;
      await runSearch({ space: mlp, controller: random, runs: ${JSON.stringify(into)}, shouldStop: () => ++units === 4,
        config: ${JSON.stringify({ ...config, backend: 'native' })} });`;
    const { status, stderr } = spawnSync(process.execPath, [...runTypeScript, '--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: { ...process.env, WEFT_THREADS: '1' },
    });
    expect(status, stderr).to.equal(0);
    return onlyRun(into);
  }
});

describe('a search that fails', function () {
  this.timeout(120_000);
  const folder = temporaryFolder(this);
  const run = (change: SearchConfigInput, onUnit?: () => void): ReturnType<typeof runSearch> =>
    runSearch({
      space: mlp,
      controller: random,
      config: {
        ...config,
        ...change,
        search: { ...config.search, ...change.search },
        retrain: { ...config.retrain, ...change.retrain },
      },
      runs: folder(),
      onUnit,
    });

  it('leaves no directory if the error occurs before its first step', async () => {
    const tensors = tf.memory().numTensors;
    expect(await saidLater(run({ limits: { parameters: 1 } }))).to.contain('limits');
    const broken = { ...random, create: () => { throw new TypeError('a mistake in a controller'); } }; // prettier-ignore
    const error = await runSearch({ space: mlp, controller: broken, config, runs: folder() }).catch(
      (caught: unknown) => caught,
    );
    expect(error).to.be.instanceOf(TypeError);
    expect(readdirSync(folder())).to.deep.equal([]);
    expect(tf.memory().numTensors - tensors).to.be.at.most(100); // a session that could not be made
  });

  it('does not suggest resuming what would fail again, and keeps what exists', async () => {
    const { code, stdout, stderr } = await weft([
      'search',
      ...MLP,
      '--epochs',
      '2',
      '--backend',
      'cpu',
      '--runs',
      folder(),
      '--set',
      ...SMALL,
      'search.optimizer={name: sgd, learningRate: 1e30}',
      'search.batchSize=8',
    ]);
    expect(code).to.equal(1);
    expect(stderr).to.match(/became NaN|not finite|diverged/);
    expect(stdout + stderr).to.not.contain('weft resume');
    expect(existsSync(join(onlyRun(folder()), 'events.jsonl'))).to.equal(true);
    expect(stdout).to.contain('saved work is kept in');
  });

  it('never ends with a number of a network that has diverged', async () => {
    // One step: its loss is that of the first weights, and finite.
    const once = { epochs: 1, batchSize: 100, optimizer: { name: 'sgd', learningRate: 1e30 } } as const;
    expect(await saidLater(run({ retrain: once }))).to.match(
      /mlp~\S+ has diverged: its loss on the test part is (NaN|Infinity)/,
    );
    expect(await saidLater(run({ search: { ...once, batchSize: 80 }, retrain: { epochs: 0 } }))).to.match(
      /no candidate has a finite loss: the shared weights have diverged/,
    );
    const { run: directory, summary } = await run({ search: { ...once, batchSize: 80 } });
    expect(summary?.test?.loss).to.be.a('number');
    expect(
      eventsOf(directory).some(
        ({ type, message }) => type === 'warning' && message!.includes('choice among them is arbitrary'),
      ),
    ).to.equal(true);
    const candidates = eventsOf(directory).filter(
      ({ type, source }) => type === 'candidate' && source === 'controller',
    ) as unknown as {
      accuracy: number;
    }[];
    expect(candidates.map(({ accuracy }) => accuracy)).to.deep.equal([0, 0]);
  });

  it('warns if training ends far above the loss of guessing', async () => {
    const { run: directory } = await run({
      retrain: { epochs: 3, batchSize: 20, optimizer: { name: 'sgd', learningRate: 15 } },
    });
    expect(
      eventsOf(directory).some(({ type, message }) => type === 'warning' && message!.includes('training has diverged')),
    ).to.equal(true);
  });
});

describe('what a stopped study has measured', function () {
  const folder = temporaryFolder(this);
  before(() => loadBackend('cpu'));

  it('is kept in the same environment, and measured again in another', async () => {
    const told: string[] = [];
    let measured = 0;
    const measure = (): number => ++measured;
    const cells = (): ReturnType<typeof openCells> => openCells(folder(), (message) => told.push(message));
    expect(await cells().measured('a', measure)).to.equal(1);
    expect(await cells().measured('a', measure)).to.equal(1);
    await loadBackend('wasm');
    expect(await cells().measured('a', measure)).to.equal(2);
    expect(told).to.have.lengthOf(1);
    expect(told[0]).to.contain('measuring again: backend cpu then, wasm now');
    await loadBackend('cpu');
  });
});

describe('data of a run resumed from code', function () {
  const folder = temporaryFolder(this);

  it('must be unchanged', async () => {
    const csv = (rows: number): string =>
      `x,y,class\n${Array.from({ length: rows }, (_, i) => `${(i * 7) % 11},${(i * 5) % 13},${i % 2 ? 'a' : 'b'}`).join('\n')}\n`;
    const source = join(folder(), 'data.csv');
    writeFileSync(source, csv(60));
    let units = 0;
    const { run: directory } = await runSearch({
      space: mlp,
      controller: random,
      config: {
        backend: 'cpu',
        data: { source },
        space: { depth: 1, widths: [2] },
        search: { epochs: 2, rounds: 1, samplesPerRound: 2, probe: 0, batchSize: 8, rewardBatchSize: 8 },
        derive: { candidates: 2, random: 0, batchSize: 8 },
        retrain: { epochs: 1, batchSize: 8 },
      },
      runs: join(folder(), 'runs'),
      shouldStop: () => ++units === 2,
    });
    writeFileSync(source, csv(70));
    expect(await saidLater(resumeSearch(directory, { space: mlp, controller: random }))).to.match(/data.csv changed/);
    writeFileSync(join(folder(), 'moved.csv'), csv(60));
    const { summary } = await resumeSearch(directory, {
      space: mlp,
      controller: random,
      data: join(folder(), 'moved.csv'),
    });
    expect(summary?.test).to.be.an('object');
  });
});
