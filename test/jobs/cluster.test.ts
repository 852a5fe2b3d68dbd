/** A real PostgreSQL, and workers that are real processes. */
import { expect } from 'chai';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createQueueExecutor,
  defineJob,
  type Executor,
  type JobEvent,
  openQueue,
  openResults,
  parseLocation,
  redact,
  submitAll,
} from '../../src/jobs/index.js';
import { queueError } from '../../src/jobs/queue/location.js';
import { said, saidLater } from '../said.js';
import { weft } from '../search/weft.js';
import { runTypeScript, temporaryFolder } from '../runs/temporary.js';
import { postgresOf } from './postgres.js';
import { square, waiting } from './executor.js';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

describe('workers of a PostgreSQL queue', function () {
  this.timeout(120_000);
  const folder = temporaryFolder(this);
  const postgres = postgresOf(this);
  const workers: ChildProcess[] = [];
  const executors: Executor[] = [];
  afterEach(async () => {
    for (const executor of executors.splice(0)) await executor.close();
    await Promise.all(
      workers
        .splice(0)
        .map(async (worker) => worker.exitCode ?? worker.signalCode ?? (worker.kill('SIGKILL'), once(worker, 'exit'))),
    );
  });

  async function startWorker(
    name: string,
    slots = 1,
  ): Promise<{ worker: ChildProcess; events: JobEvent[]; output: () => string }> {
    const worker = spawn(
      process.execPath,
      [...runTypeScript, here('./worker.ts'), postgres().url, join(folder(), name), String(slots)],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    workers.push(worker);
    const events: JobEvent[] = [];
    let output = '';
    worker.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    worker.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      events.push(
        ...chunk
          .toString()
          .split('\n')
          .filter((line) => line.startsWith('{') && line.endsWith('}'))
          .map((line) => JSON.parse(line) as JobEvent),
      );
    });
    while (!output.includes('serving')) await once(worker.stdout, 'data');
    return { worker, events, output: () => output };
  }
  const submitter = async (): Promise<Executor> => {
    const executor = await createQueueExecutor({
      queue: postgres().url,
      results: openResults(join(folder(), 'submitter')),
      workers: 0,
      program: here('./child.ts'),
    });
    executors.push(executor);
    return executor;
  };

  it('race for jobs, and each job is done once', async () => {
    const [one, two] = await Promise.all([startWorker('one'), startWorker('two')]);
    const jobs = Array.from({ length: 60 }, (_, i) => square(100 + i));
    const [executor, twin] = await Promise.all([submitter(), submitter()]);
    // Two submitters race as well.
    const [results] = await Promise.all([submitAll(executor, jobs), submitAll(twin, [...jobs].reverse())]);
    expect(results.map(({ value }) => value['square'])).to.deep.equal(jobs.map((_, i) => (100 + i) ** 2));
    const done = (name: string): string[] => readdirSync(join(folder(), name)).filter((file) => file.endsWith('.json'));
    const all = [...done('one'), ...done('two')];
    expect(all).to.have.lengthOf(60);
    expect(new Set(all)).to.have.property('size', 60);
    expect(done('one').length * done('two').length).to.be.greaterThan(0);
    expect([...one.events, ...two.events].filter(({ type }) => type === 'job-started')).to.have.lengthOf(60);
  });

  it('continue if the database is restarted in the middle', async () => {
    const { worker, output } = await startWorker('one');
    const executor = await submitter();
    const results = submitAll(executor, [
      waiting('restart', 3000),
      ...Array.from({ length: 10 }, (_, i) => square(200 + i)),
    ]);
    while (!output().includes('job-progress')) await once(worker.stdout!, 'data');
    postgres().stop();
    postgres().start();
    expect((await results).map(({ value }) => value['square'] ?? value['name'])).to.deep.equal([
      'restart',
      ...Array.from({ length: 10 }, (_, i) => (200 + i) ** 2),
    ]);
    expect(output()).not.to.contain(postgres().password);
    expect(output()).not.to.contain(encodeURIComponent(postgres().password));
  });

  it('never reveal the password, whatever goes wrong', async () => {
    const { url, password } = postgres();
    const secrets = [password, encodeURIComponent(password)];
    const wrong = url.replace(encodeURIComponent(password), 'wr%40ng-p4ss');
    const closed = url.replace(/:\d+\//, ':9/');
    const said = [
      await saidLater(openQueue(wrong)),
      await saidLater(openQueue(closed)),
      await saidLater(openQueue(url.replace('/jobs', '/nonesuch'))),
    ];
    expect(said[0]).to.match(
      /^the queue postgres:\/\/weft@127\.0\.0\.1:\d+\/jobs: password authentication failed for user "weft" \(check user and password/,
    );
    expect(said[1]).to.match(/ECONNREFUSED.*no database listens there/);
    expect(said[2]).to.match(/createdb NAME/);
    const status = await weft(['queue', 'status', '--queue', wrong]);
    const worker = await weft(['worker', '--queue', url, '--until-empty', '--results', join(folder(), 'w')]);
    expect(status.code).to.equal(1);
    expect(worker.code, worker.stderr).to.equal(0);
    said.push(status.stdout, status.stderr, worker.stdout, worker.stderr);
    const executor = await submitter();
    const events: JobEvent[] = [];
    executor.events((event) => events.push(event));
    await Promise.all([
      startWorker('one'),
      saidLater(executor.submit(square(13))),
      executor.submit(defineJob({ kind: 'compute', payload: { milliseconds: 1 }, label: 'environment' })),
    ]);
    said.push(
      JSON.stringify(events),
      ...readdirSync(join(folder(), 'submitter'))
        .filter((name) => name.endsWith('.json'))
        .map((name) => readFileSync(join(folder(), 'submitter', name), 'utf8')),
    );
    for (const text of said)
      for (const secret of [...secrets, 'wr@ng-p4ss', 'wr%40ng-p4ss']) expect(text).not.to.contain(secret);
  });
});

describe('the address of a queue', () => {
  it('is shown without its password, in whatever form that appears', () => {
    const url = 'postgres://me:a%2Fb%40c@host:5432/db?sslmode=require';
    const location = parseLocation(url);
    expect(location.shown).to.equal('postgres://me@host:5432/db');
    expect(redact(`a/b@c and a%2Fb%40c in ${url}`, location)).to.equal('*** and *** in postgres://me@host:5432/db');
    expect(queueError(new Error(`Invalid URL ${url}`), location).message).not.to.match(/a%2Fb|a\/b/);
    expect(queueError(new Error('x'), location)).not.to.have.property('cause');
    const asked = parseLocation('postgresql://host/db?user=me&password=s3cret');
    expect(redact('the word s3cret', asked)).to.equal('the word ***');
    expect(asked.shown).not.to.contain('s3cret');
  });

  it('is refused by name if it is invalid', () => {
    expect(said(() => parseLocation('mysql://me:s3cret@host/db')))
      .to.match(/mysql:\/\/….*postgres/)
      .and.not.to.match(/s3cret/);
    expect(said(() => parseLocation('postgres://me:s3cret@ho st:x/db'))).not.to.match(/s3cret/);
  });
});
