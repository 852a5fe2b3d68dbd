/** What others have written into a queue or a folder of results: nothing of it is used before it is checked. */
import { expect } from 'chai';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createQueueExecutor,
  createSerialExecutor,
  defineJob,
  type Job,
  type JobEvent,
  openQueue,
  openResults,
} from '../../src/jobs/index.js';
import { WeftError } from '../../src/errors.js';
import { resultText, uuidOf } from '../../src/jobs/job.js';
import { openEngine } from '../../src/jobs/queue/libraries.js';
import { parseLocation } from '../../src/jobs/queue/location.js';
import { withoutData } from '../../src/jobs/text.js';
import { JOB_VERSION } from '../../src/jobs/version.js';
import { queueRetry, queueStatus } from '../../src/cli/commands/queue.js';
import { textPrintedBy } from '../cli/printed.js';
import { said, saidLater } from '../said.js';
import { temporaryFolder } from '../runs/temporary.js';
import { square } from './executor.js';
import { postgresOf } from './postgres.js';
import { countingRunners } from './runners.js';

const program = fileURLToPath(new URL('./child.ts', import.meta.url));
const OUTSIDE = '../../victim/package';

describe('the key of a job', function () {
  const folder = temporaryFolder(this);

  it('never names a file outside the folder of results', () => {
    mkdirSync(join(folder(), 'victim'));
    writeFileSync(join(folder(), 'victim', 'package.json'), 'precious');
    const results = openResults(join(folder(), 'work', 'results'));
    for (const key of [OUTSIDE, '', '.', 'A'.repeat(64), `${'a'.repeat(64)}\n`, 'a'.repeat(63)]) {
      expect(said(() => results.find(key))).to.match(/the key of the job is not valid: must be 64 hexadecimal digits/);
      expect(said(() => results.save({ key, kind: 'square', value: {} }))).to.match(/not valid/);
      expect(said(() => results.folder(key))).to.match(/not valid/);
      expect(said(() => results.forget(key))).to.match(/not valid/);
    }
    expect(readFileSync(join(folder(), 'victim', 'package.json'), 'utf8')).to.equal('precious');
    expect(readdirSync(join(folder(), 'work', 'results'))).to.deep.equal([]);
  });

  it('and all other fields are checked when the job is created', () => {
    const made = (fields: object) => () => defineJob({ kind: 'square', payload: {}, label: 'x', ...fields });
    expect(said(made({ kind: '../square' }))).to.match(/kind of the job is not valid/);
    expect(said(made({ payload: [] }))).to.match(/payload of the job is not valid/);
    expect(said(made({ payload: { text: 'a\0b' } }))).to.match(/control characters/);
    expect(said(made({ payload: { deep: { text: '\ud800' } } }))).to.match(/control characters/);
    const { label, version } = made({ label: 'a\0b\x1b[31m\ud800\n c' })();
    expect(label).to.equal('a\\x00b\\x1b[31m\\ud800 c');
    expect(version).to.equal(JOB_VERSION);
  });
});

describe('an error about data', () => {
  it('leaves its machine with file, line and column, but without quoted data', () => {
    const about = (message: string, hint?: string): string => {
      const shared = withoutData(new WeftError('data', message, hint));
      return `${shared.message} (${shared.hint ?? ''})`;
    };
    expect(about("d.csv: line 3, column 2 (y): 'pass'word' is not a number", 'code categories as numbers')).to.match(
      /^d\.csv: line 3, column 2 \(y\): … is not a number \(values of the data stay on the worker/,
    );
    expect(about("d.csv: no column is named 'y'", 'known: root:x:0:0')).not.to.include('root');
    expect(about('d.csv: the training split has no example of class Smith, John')).not.to.include('Smith');
    expect(about('train: 4 examples of class Smith, which has 3')).to.match(/4 examples of class …, which has 3/);
    expect(about('d.csv is empty', 'a row is numbers')).to.equal('d.csv is empty (a row is numbers)');
    const other = new WeftError('config', "unknown option 'x'");
    expect(withoutData(other)).to.equal(other);
  });
});

describe('a result on disk', function () {
  const folder = temporaryFolder(this);

  it('that was edited is not trusted: the job is run again, with a note', async () => {
    const { runners, calls } = countingRunners();
    const damage: string[] = [];
    const results = openResults(folder(), { onDamage: (message) => damage.push(message) });
    const executor = createSerialExecutor({ results, runners });
    await executor.submit(square(3));
    const file = join(folder(), `${square(3).key}.json`);
    const whole = readFileSync(file, 'utf8');
    writeFileSync(file, whole.replace('"square": 9', '"square": 9999'));
    expect((await executor.submit(square(3))).value).to.deep.equal({ square: 9 });
    expect(calls()).to.equal(2);
    expect(damage).to.deep.equal([`${file} was changed or damaged (its hash does not match): the job is done again`]);
    expect(readFileSync(file, 'utf8')).to.equal(whole);
    await executor.close();
  });
});

for (const kind of ['folder', 'postgres'] as const) {
  describe(`foreign entries in a queue in ${kind === 'folder' ? 'a folder' : 'PostgreSQL'}`, function () {
    this.timeout(240_000);
    const folder = temporaryFolder(this);
    const postgres = kind === 'postgres' ? postgresOf(this) : undefined;
    const where = (): string => postgres?.().url ?? join(folder(), 'queue');
    const NAME = `jobs/${JOB_VERSION}`;

    it('are moved to the failed jobs if they are not jobs, and nothing outside the results is touched', async () => {
      mkdirSync(join(folder(), 'victim'));
      writeFileSync(join(folder(), 'victim', 'package.json'), 'precious');
      await (await openQueue(where())).close(); // makes its tables
      const engine = await openEngine(parseLocation(where()));
      const forged: object[] = [
        { ...square(2), key: OUTSIDE },
        { ...square(3), key: square(4).key }, // its payload has another name
        { ...square(5), version: '0.0.1/2' },
        { ...square(6), more: 1 },
        { ...square(7), label: 'red \x1b[31m' },
        { ...square(8), kind: 'constructor' },
        { key: 7, label: { a: 1 } },
      ];
      await engine.boss.insert(
        NAME,
        forged.map((data, i) => ({ data, ...(i > 0 && i < 6 && { id: uuidOf((data as Job).key) }) })),
      );
      await engine.close();

      const said: string[] = [];
      const executor = await createQueueExecutor({
        program,
        queue: where(),
        results: openResults(join(folder(), 'work', 'results')),
        workers: 1,
        waits: {},
        onTrouble: (message) => said.push(message),
      });
      expect((await executor.submit(square(20))).value).to.deep.equal({ square: 400 });
      await executor.close();
      expect(readFileSync(join(folder(), 'victim', 'package.json'), 'utf8')).to.equal('precious');
      expect(existsSync(join(folder(), 'work', 'victim'))).to.equal(false);
      const standing = await textPrintedBy(() => queueStatus({ queue: where() }));
      expect(standing, standing).to.match(/0 waiting, 0 running, 1 done, 7 failed/);
      for (const why of [
        /key of the job is not valid: must be 64/,
        /it was made by weft 0\.0\.1/,
        /more/,
        /label of the job is not valid/,
        /jobs of the kind 'constructor'/,
      ])
        expect(standing).to.match(why);
      expect(standing).not.to.include('\x1b');
      expect(said.join('\n')).to.match(/is not a job of weft/);
      expect(await textPrintedBy(() => queueRetry(undefined, { queue: where() }))).to.match(/7 jobs are back/);
    });

    it('are not trusted if they are edited results: the job is run again', async () => {
      const options = { program, queue: where(), workers: 1 };
      const first = await createQueueExecutor({ ...options, results: openResults(join(folder(), 'first')) });
      await first.submit(square(9));
      await first.close();
      const engine = await openEngine(parseLocation(where()));
      const { key } = square(9);
      const lie = resultText({ key, kind: 'square', value: { square: 81 } }).replace('81', '9999');
      await engine.sql(`UPDATE weft.job SET output = $1::jsonb WHERE id = $2`, [
        JSON.stringify({ result: lie }),
        uuidOf(key),
      ]);
      await engine.close();
      const said: string[] = [];
      const events: JobEvent[] = [];
      const second = await createQueueExecutor({
        ...options,
        results: openResults(join(folder(), 'second')),
        onTrouble: (message) => said.push(message),
      });
      second.events((event) => events.push(event));
      expect((await second.submit(square(9))).value).to.deep.equal({ square: 81 });
      expect(said.join()).to.match(/square 9 in the queue was changed or damaged .*done again/);
      expect(events.map(({ type }) => type)).to.include('job-started');
      await second.close();
    });

    it('fail as jobs if their error contains what PostgreSQL refuses, and without values of the data', async () => {
      const executor = await createQueueExecutor({
        program,
        queue: where(),
        results: openResults(join(folder(), 'results')),
        workers: 1,
        waits: {},
      });
      const own: JobEvent[] = [];
      executor.events((event) => own.push(event));
      const nul = defineJob({ kind: 'refuse', payload: { code: 'numeric' }, label: 'nul' });
      expect(await saidLater(executor.submit(nul))).to.equal("line 2: '\\x00\\ud800' is not a number (take 's3cret')");
      const data = defineJob({ kind: 'refuse', payload: { code: 'data' }, label: 'cell' });
      expect(await saidLater(executor.submit(data)))
        .to.match(/^line 2: … is not a number \(values of the data stay on the worker/)
        .and.not.include('s3cret');
      expect((await executor.submit(square(30))).value).to.deep.equal({ square: 900 });
      await executor.close();
    });
  });
}
