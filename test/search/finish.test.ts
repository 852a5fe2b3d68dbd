/**
 * The end of a search: whatever a kill, a deletion or damage has left out is made again by resuming, or said to be
 * lost.
 */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';
import { resumeSearch, type ResumeOutcome, runSearch } from '../../src/index.js';
import { networkFiles, resultsOf } from '../../src/search/finished.js';
import { runTypeScript } from '../runs/temporary.js';
import { ONE_EPOCH as config } from '../runs/tiny-run.js';
import { saidLater } from '../said.js';
import { runContents } from './run-contents.js';

const FINAL = ['model.safetensors', 'model.json', 'SHA256SUMS', 'summary.json', 'report.html'] as const;

describe('the end of a search', function () {
  let folder = '';
  let whole = '';
  let stopped = '';
  const resume = (run: string): Promise<ResumeOutcome> => resumeSearch(run, { space: mlp, controller: random });

  /** A copy of a run under the same name, which stands in its report. */
  const copyOf = (run: string, name: string): string => {
    const copy = join(folder, name);
    cpSync(run, copy, { recursive: true });
    return copy;
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'weft-finish-'));
    let units = 0;
    const first = await runSearch({
      space: mlp,
      controller: random,
      config,
      runs: join(folder, 'whole'),
      onUnit: () => units++,
    });
    whole = first.run;
    let done = 0;
    const second = await runSearch({
      space: mlp,
      controller: random,
      config,
      runs: join(folder, 'second'),
      shouldStop: () => ++done === units - 1,
    });
    expect(second.summary).to.equal(undefined);
    stopped = second.run;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** All results are there and are those of the run that was left in peace. */
  function expectWhole(run: string): void {
    expect(runContents(run)).to.deep.equal(runContents(whole));
    expect(resultsOf(run)?.missing).to.deep.equal([]);
    expect(existsSync(join(run, 'report.html'))).to.equal(true);
    expect(readdirSync(run).filter((name) => name.startsWith('.'))).to.deep.equal([]);
  }

  it('leaves a report, as the command does', () => {
    expectWhole(whole);
    expect(readFileSync(join(whole, 'report.html'), 'utf8')).to.match(/^<!doctype html>/i);
  });

  for (const file of FINAL) {
    it(`is finished by resuming after a kill right before ${file} is there`, async () => {
      const run = copyOf(stopped, `killed-at-${file}`);
      const program = fileURLToPath(new URL('./dying-at.ts', import.meta.url));
      const { signal, stderr } = spawnSync(process.execPath, [...runTypeScript, program, run, file], {
        encoding: 'utf8',
      });
      expect(signal, stderr).to.equal('SIGKILL');
      const after = FINAL.slice(FINAL.indexOf(file));
      for (const name of after) expect(existsSync(join(run, name)), name).to.equal(false);
      await resume(run);
      expectWhole(run);
    });
  }

  it('is reached by resuming without the folder of checkpoints too, from the beginning where it was not yet reached', async () => {
    for (const [name, from] of Object.entries({ whole, stopped })) {
      const run = copyOf(from, `${name}-without-checkpoints`);
      rmSync(join(run, 'checkpoints'), { recursive: true });
      await resume(run);
      expectWhole(run);
    }
  });

  for (const file of FINAL) {
    it(`gets ${file} back that was deleted`, async () => {
      const run = copyOf(whole, `without-${file}`);
      const before = readFileSync(join(run, file));
      rmSync(join(run, file));
      const { restored, wasFinished, lost } = await resume(run);
      expect({ restored, wasFinished, lost }).to.deep.equal({ restored: [file], wasFinished: true, lost: [] });
      expectWhole(run);
      if (file.startsWith('model')) expect(readFileSync(join(run, file)).equals(before)).to.equal(true);
    });
  }

  for (const file of ['model.safetensors', 'model.json', 'summary.json', 'events.jsonl'] as const) {
    it(`gets ${file} back that was damaged`, async () => {
      const run = copyOf(whole, `damaged-${file}`);
      appendFileSync(join(run, file), 'x');
      expect((await resume(run)).restored).to.deep.equal([file]);
      expectWhole(run);
    });
  }

  it('changes nothing of a run that has everything but its report, which is written anew', async () => {
    const run = copyOf(whole, 'complete');
    const { restored, summary, report } = await resume(run);
    expect(restored).to.deep.equal([]);
    expect(summary?.resultHash).to.be.a('string');
    expect(report).to.equal(join(run, 'report.html'));
    for (const name of ['summary.json', 'events.jsonl', 'model.json'])
      expect(readFileSync(join(run, name)).equals(readFileSync(join(whole, name))), name).to.equal(true);
  });

  it('says what is lost: events without a new search, a network without a checkpoint', async () => {
    const mute = copyOf(whole, 'without-events');
    rmSync(join(mute, 'events.jsonl'));
    expect((await resume(mute)).lost).to.deep.equal(['events.jsonl']);
    const run = copyOf(whole, 'without-checkpoints');
    for (const name of readdirSync(join(run, 'checkpoints')))
      rmSync(join(run, 'checkpoints', name), { recursive: true });
    rmSync(networkFiles(run).weights);
    expect(await saidLater(resume(run))).to.match(
      /is finished, but model.safetensors is missing or damaged, and there is no checkpoint .*weft train /,
    );
    expect(readFileSync(join(run, 'events.jsonl')).equals(readFileSync(join(whole, 'events.jsonl')))).to.equal(true);
    // What needs no checkpoint is made all the same.
    cpSync(networkFiles(whole).weights, networkFiles(run).weights);
    rmSync(join(run, 'report.html'));
    expect((await resume(run)).restored).to.deep.equal(['report.html']);
  });
});
