/**
 * What lies in a run may come from others: a pipe would wait for ever, a device may never end, and a huge file may fill
 * the memory.
 */
import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mlp } from '../../search-spaces/mlp.js';
import { openResults } from '../../src/jobs/results.js';
import { openNetwork } from '../../src/api/network.js';
import { reportInput } from '../../src/api/report.js';
import {
  acquireLock,
  createRun,
  listCheckpoints,
  loadLatestCheckpoint,
  openJournal,
  openRun,
  readCheckedEvents,
  readSums,
  readSummary,
  lockState,
  tailEvents,
} from '../../src/runs/index.js';
import { checkEvents } from '../../src/runs/journal.js';
import { resultsOf } from '../../src/search/finished.js';
import { loadModel } from '../../src/search/model.js';
import { said, saidLater } from '../said.js';
import { weft } from '../search/weft.js';
import { temporaryFolder } from './temporary.js';
import { tinyRun } from './tiny-run.js';

const findSpace = (): Promise<typeof mlp> => Promise.resolve(mlp);

/** The file of a run, and who reads it. */
const READERS: readonly (readonly [file: string, read: (run: string) => unknown])[] = [
  ['manifest.json', (run) => openRun(run)],
  ['config.yaml', (run) => openRun(run)],
  ['summary.json', (run) => readSummary(run)],
  ['SHA256SUMS', (run) => readSums(run)],
  ['SHA256SUMS', (run) => readCheckedEvents(run)],
  ['events.jsonl', (run) => readCheckedEvents(run)],
  ['events.jsonl', (run) => tailEvents(join(run, 'events.jsonl'), 1)],
  ['events.jsonl', (run) => openJournal(join(run, 'events.jsonl'))],
  ['events.jsonl', (run) => checkEvents(join(run, 'events.jsonl'), { events: 1, sha256: '' })],
  ['run.lock', (run) => lockState(join(run, 'run.lock'))],
  ['run.lock', (run) => acquireLock(join(run, 'run.lock'))],
  ['model.json', (run) => loadModel(run, findSpace)],
  ['model.safetensors', (run) => loadModel(run, findSpace)],
  ['model.safetensors', (run) => resultsOf(run)],
  ['sharpness.json', (run) => reportInput(run, mlp)],
  ['rank/rank.json', (run) => reportInput(run, mlp)],
];

/** Puts something else in place of a file. */
function replaced(path: string, put: (path: string) => void): void {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(dirname(path), { recursive: true });
  put(path);
}

/** A terabyte, without a byte on the disk. */
function huge(path: string): void {
  writeFileSync(path, '');
  truncateSync(path, 2 ** 40);
}

describe('other things than files in a run', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);

  for (const [name, put, words] of [
    ['a device', (path: string) => symlinkSync('/dev/null', path), 'is a device, not a file'],
    ['a folder', (path: string) => void mkdirSync(path), 'is a folder, not a file'],
    ['a huge file', huge, 'more than the limit of'],
  ] as const)
    it(`are refused by name: ${name}`, async () => {
      const run = await tinyRun(folder());
      for (const [file, read] of READERS) {
        const copy = `${run}-copy`;
        execFileSync('cp', ['-r', run, copy]);
        const path = join(copy, file);
        replaced(path, put);
        const refusal = await saidLater(Promise.resolve().then(() => read(copy)));
        expect(refusal, `${file} by ${read.toString()}`).to.include(path).and.include(words);
        rmSync(copy, { recursive: true });
      }
    });

  it('are passed over in a checkpoint, which an older one replaces', async () => {
    const run = await tinyRun(folder(), { units: 4 });
    const { manifest } = openRun(run);
    const steps = listCheckpoints(run);
    const newest = join(run, 'checkpoints', String(steps.at(-1)).padStart(8, '0'));
    const { fingerprint } = JSON.parse(
      execFileSync('node', [
        '-p',
        `JSON.stringify({fingerprint: JSON.parse(require('fs').readFileSync('${newest}/state.json')).space})`,
      ]).toString(),
    ) as { fingerprint: string };
    for (const file of readdirSync(newest)) {
      replaced(join(newest, file), (path) => symlinkSync('/dev/null', path));
      const warnings: unknown[] = [];
      const { step, tensors } = loadLatestCheckpoint(run, fingerprint, {
        run: manifest,
        warn: ({ message }) => warnings.push(message),
      });
      for (const group of Object.values(tensors)) for (const tensor of Object.values(group)) tensor.dispose();
      expect(step).to.equal(steps.at(-2));
      expect(warnings.join()).to.match(/is a device, not a file/);
    }
  });

  it('in an export and among results too', async () => {
    const exported = join(folder(), 'exported');
    mkdirSync(exported);
    symlinkSync('/dev/null', join(exported, 'model.json'));
    expect(await saidLater(openNetwork(exported, {}))).to.include('model.json is a device, not a file');
    const key = 'a'.repeat(64);
    const results = openResults(join(folder(), 'results'));
    symlinkSync('/dev/zero', join(results.path, `${key}.json`));
    expect(results.find(key), 'the job is done again').to.equal(undefined);
  });

  it('events without an end are no events, and are not read whole', () => {
    const { path } = createRun(folder(), { name: 'x', seed: 1, config: {} });
    truncateSync(join(path, 'events.jsonl'), 2 ** 30);
    for (const read of [() => [...readCheckedEvents(path)], () => tailEvents(join(path, 'events.jsonl'), 1)])
      expect(said(read)).to.match(/events\.jsonl has a line of more than 16777216 bytes, which is not an event/);
  });

  it('a pipe does not keep the command waiting', async () => {
    const run = await tinyRun(folder());
    replaced(join(run, 'manifest.json'), (path) => execFileSync('mkfifo', [path]));
    const { code, stdout, stderr } = await weft(['status', run]);
    expect([code, stdout + stderr].join()).to.match(/manifest\.json is a pipe, not a file/);
  });
});
