import { expect } from 'chai';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { WeftError } from '../../src/errors.js';
import { acquireLock } from '../../src/runs/lock.js';
import { thisProcess } from '../../src/runs/process-identity.js';
import { runTypeScript, temporaryFolder } from './temporary.js';

/** A process that waits for a line, tries to take the lock, says `held` or the error's code, and holds until its input ends. */
const CONTENDER = `
  import { acquireLock } from ${JSON.stringify(new URL('../../src/runs/lock.ts', import.meta.url).href)};
  console.log('ready');
  process.stdin.once('data', () => {
    try { acquireLock(process.argv[1]); console.log('held'); } catch (error) { console.log(error.code + ' ' + error.message); }
  });
  process.stdin.on('end', () => process.exit());`;

async function startContender(path: string): Promise<ChildProcess & { answer: () => Promise<string> }> {
  const child = spawn(process.execPath, [...runTypeScript, '--input-type=module', '-e', CONTENDER, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const next = async (): Promise<string> => String((await once(child.stdout, 'data'))[0]).trim();
  await next();
  return Object.assign(child, {
    answer: () => {
      const answer = next();
      child.stdin.write('go\n');
      return answer;
    },
  });
}

describe('the lock of a run', function () {
  const folder = temporaryFolder(this);
  const lockPath = (): string => join(folder(), 'run.lock');
  const holding = (change: object): void => writeFileSync(lockPath(), JSON.stringify({ ...thisProcess(), ...change }));

  it('has one holder at a time, named to the others', () => {
    const lock = acquireLock(lockPath());
    expect(() => acquireLock(lockPath()))
      .to.throw(WeftError, `in use by process ${process.pid}`)
      .with.property('code', 'run');
    lock.release();
    acquireLock(lockPath()).release();
    expect(readdirSync(folder())).to.deep.equal([]);
  });

  it('is not taken from a living process, and is taken over from a killed one', async () => {
    const child = await startContender(lockPath());
    expect(await child.answer()).to.equal('held');
    expect(() => acquireLock(lockPath())).to.throw(WeftError, `in use by process ${child.pid}`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = acquireLock(lockPath());
    expect(JSON.parse(readFileSync(lockPath(), 'utf8'))).to.include({ pid: process.pid });
    lock.release();
    expect(readdirSync(folder())).to.deep.equal([]);
  });

  it('is given back when its holder exits', async () => {
    const child = await startContender(lockPath());
    expect(await child.answer()).to.equal('held');
    child.stdin!.end();
    await once(child, 'exit');
    expect(readdirSync(folder())).to.deep.equal([]);
  });

  it('goes to exactly one of many that find it stale', async () => {
    holding({ boot: 'an earlier one' });
    const children = await Promise.all(Array.from({ length: 5 }, () => startContender(lockPath())));
    const answers = await Promise.all(children.map((child) => child.answer()));
    expect(answers.filter((answer) => answer === 'held')).to.have.lengthOf(1);
    expect(answers.filter((answer) => /^run .*(in use by process|taken by another)/.test(answer))).to.have.lengthOf(4);
    for (const child of children) child.stdin!.end();
    await Promise.all(children.map((child) => once(child, 'exit')));
    expect(readdirSync(folder())).to.deep.equal([]);
  });

  it('knows a process that only has the id of the holder', function () {
    if (thisProcess().started === '') this.skip(); // the system does not tell when a process began
    holding({ started: '1' });
    acquireLock(lockPath()).release();
  });

  it('takes over what a crash left half-written', () => {
    writeFileSync(lockPath(), '{"pid":');
    acquireLock(lockPath()).release();
  });

  it('takes over even where the one that took over was killed', () => {
    holding({ boot: 'an earlier one' });
    writeFileSync(`${lockPath()}.takeover`, JSON.stringify({ ...thisProcess(), boot: 'an earlier one' }));
    acquireLock(lockPath()).release();
    expect(readdirSync(folder())).to.deep.equal([]);
  });

  it('leaves the lock of another machine alone and says where it is', () => {
    holding({ host: `not-${hostname()}`, boot: 'another' });
    expect(() => acquireLock(lockPath()))
      .to.throw(WeftError, `on not-${hostname()}`)
      .with.property('hint')
      .that.includes(lockPath());
  });

  it('does not give back a lock that is no longer its own', () => {
    const lock = acquireLock(lockPath());
    holding({ host: 'elsewhere' });
    lock.release();
    expect(readdirSync(folder())).to.deep.equal(['run.lock']);
  });

  it('says so where it cannot write', () => {
    expect(() => acquireLock(join(folder(), 'none', 'run.lock')))
      .to.throw(WeftError, /cannot write .*none/)
      .with.property('code', 'disk');
  });
});
