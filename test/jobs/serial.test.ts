import { expect } from 'chai';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSerialExecutor, defineJob, type JobEvent, openResults, submitAll } from '../../src/jobs/index.js';
import { saidLater } from '../said.js';
import { temporaryFolder } from '../runs/temporary.js';
import { square, waiting } from './executor.js';
import { countingRunners } from './runners.js';

describe('jobs', function () {
  const folder = temporaryFolder(this);

  it('are named by their content, whatever the order of fields', () => {
    const job = (payload: Record<string, number>) => defineJob({ kind: 'k', payload, label: 'l' }).key;
    expect(job({ a: 1, b: 2 })).to.equal(job({ b: 2, a: 1 }));
    expect(job({ a: 1, b: 2 })).not.to.equal(job({ a: 1, b: 3 }));
    expect(defineJob({ kind: 'k', payload: { path: '/here' }, identity: { content: 1 }, label: 'l' }).key).to.equal(
      defineJob({ kind: 'k', payload: { path: '/there' }, identity: { content: 1 }, label: 'another' }).key,
    );
  });

  it('are run once, however often they are requested', async () => {
    const { runners, calls } = countingRunners();
    const events: JobEvent[] = [];
    const results = openResults(join(folder(), 'results'));
    const executor = createSerialExecutor({ results, runners });
    executor.events((event) => events.push(event));
    const all = await submitAll(executor, [square(3), square(4), square(3)]);
    expect(all.map(({ value }) => value)).to.deep.equal([{ square: 9 }, { square: 16 }, { square: 9 }]);
    expect(calls()).to.equal(2);
    await executor.submit(square(4));
    expect(calls()).to.equal(2);
    expect(events.map(({ type }) => type)).to.deep.equal([
      'job-queued',
      'job-queued',
      'job-started',
      'job-finished',
      'job-started',
      'job-finished',
      'job-finished',
    ]);
    expect(events.at(-1)).to.include({ known: true });
    expect(results.find(square(3).key)).to.not.equal(undefined);
    expect(results.find(square(5).key)).to.equal(undefined);
    await executor.close();
  });

  it('that are damaged on disk are run again', async () => {
    const { runners, calls } = countingRunners();
    const results = openResults(folder());
    const executor = createSerialExecutor({ results, runners });
    await executor.submit(square(3));
    const file = join(folder(), `${square(3).key}.json`);
    const whole = readFileSync(file, 'utf8');
    for (const text of [whole.slice(0, 20), whole.replace(square(3).key, square(4).key), '[]', 'null', '']) {
      writeFileSync(file, text);
      await executor.submit(square(3));
      expect(readFileSync(file, 'utf8')).to.equal(whole);
    }
    expect(calls()).to.equal(6);
    await executor.close();
  });

  it('that fail are reported by name, and do not stop the others', async () => {
    const { runners } = countingRunners();
    const executor = createSerialExecutor({ results: openResults(folder()), runners });
    const [failed, done, unknown] = await Promise.allSettled([
      executor.submit(square(13)),
      executor.submit(square(2)),
      executor.submit(defineJob({ kind: 'cube', payload: {}, label: 'cube' })),
    ]);
    expect((failed as PromiseRejectedResult).reason).to.include({ code: 'numeric', message: 'thirteen has no square' });
    expect(done.status).to.equal('fulfilled');
    expect((unknown as PromiseRejectedResult).reason).to.include({ code: 'job' });
    await executor.close();
  });

  it('can be cancelled while they run and before', async () => {
    const { runners, calls } = countingRunners();
    const executor = createSerialExecutor({ results: openResults(folder()), runners });
    const running = executor.submit(waiting('a', 1e6));
    const queued = executor.submit(waiting('b', 1e6));
    const after = executor.submit(square(2));
    await new Promise<void>((moves) => executor.events(({ type }) => type === 'job-progress' && moves()));
    await executor.cancel(waiting('a', 1e6).key);
    await executor.cancel(waiting('b', 1e6).key);
    for (const one of [running, queued]) expect(await saidLater(one)).to.match(/was cancelled/);
    expect((await after).value).to.deep.equal({ square: 4 });
    expect(calls()).to.equal(2);
    await executor.close();
  });

  it('report when a result cannot be written', async () => {
    const { runners } = countingRunners();
    const results = openResults(folder());
    mkdirSync(join(folder(), `${square(3).key}.json`)); // no file can be renamed over it
    const executor = createSerialExecutor({ results, runners });
    expect(await saidLater(executor.submit(square(3)))).to.match(/cannot write/);
    await executor.close();
  });
});
