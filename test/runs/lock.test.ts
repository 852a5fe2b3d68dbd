import { expect } from 'chai';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WeftError } from '../../src/errors.js';
import { removeUnfinished, writeFileAtomic, writeFolderAtomic } from '../../src/runs/atomic-write.js';
import { leaseText } from '../../src/runs/lease.js';
import { acquireLock, type LockOptions } from '../../src/runs/lock.js';
import { type ProcessIdentity, thisProcess } from '../../src/runs/process-identity.js';
import { runTypeScript, temporaryFolder } from './temporary.js';

const LEASE = 1;

/**
 * A process that waits for a line, tries to take the lock, says `held` or the error's code, and holds until its input
 * ends.
 */
const CONTENDER = `
  import { acquireLock } from ${JSON.stringify(new URL('../../src/runs/lock.ts', import.meta.url).href)};
  console.log('ready');
  process.stdin.once('data', async () => {
    try {
      const lock = await acquireLock(process.argv[1], { leaseSeconds: ${LEASE} });
      console.log('held');
      process.stdin.on('data', () => {
        try { lock.check(); console.log('still held'); } catch (error) { console.log(error.code + ' ' + error.message); }
      });
    } catch (error) { console.log(error.code + ' ' + error.message); }
  });
  process.stdin.on('end', () => process.exit());`;

type Contender = ChildProcess & {
  /** Tells it to take the lock, or, where it holds it, to see whether it still does. */
  answer(): Promise<string>;
};

async function startContender(path: string, prefix: readonly string[] = []): Promise<Contender> {
  const [command, ...rest] = [
    ...prefix,
    process.execPath,
    ...runTypeScript,
    '--input-type=module',
    '-e',
    CONTENDER,
    path,
  ];
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
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

/** In a namespace of processes of its own, as a container is; it ends with its parent. */
const ELSEWHERE = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
const mayUnshare = (): boolean => spawnSync(ELSEWHERE[0]!, [...ELSEWHERE.slice(1), 'true']).status === 0;

describe('the lock of a run', function () {
  const folder = temporaryFolder(this);
  const lockPath = (): string => join(folder(), 'run.lock');
  /** A lock as version 0.1 wrote it. */
  const holding = (change: object): void => {
    const { namespace: _namespace, ...rest } = thisProcess();
    writeFileSync(lockPath(), JSON.stringify({ ...rest, ...change }));
  };
  /** A lock of a process that cannot be seen from here and shows no sign of life. */
  const silent = (change: Partial<ProcessIdentity>): void =>
    writeFileSync(lockPath(), leaseText(JSON.stringify({ ...thisProcess(), lease: LEASE, ...change })));

  const refused = async (path: string, options?: LockOptions): Promise<WeftError> => {
    const outcome = await acquireLock(path, options).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(outcome).to.be.instanceOf(WeftError);
    return outcome as WeftError;
  };
  const takeAndRelease = async (options?: LockOptions): Promise<void> =>
    (await acquireLock(lockPath(), options)).release();

  it('has one holder at a time, named to the others', async () => {
    const lock = await acquireLock(lockPath());
    const { message, code } = await refused(lockPath());
    expect(message).to.contain(`in use by process ${process.pid}`);
    expect(code).to.equal('run');
    lock.check();
    lock.release();
    await takeAndRelease();
    expect(readdirSync(folder())).to.deep.equal([]);
  });

  it('is not taken from a living process, and is taken over at once from a killed one', async () => {
    const child = await startContender(lockPath());
    expect(await child.answer()).to.equal('held');
    expect((await refused(lockPath())).message).to.contain(`in use by process ${child.pid}`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = await acquireLock(lockPath(), { onWait: () => expect.fail('it waited') });
    expect(JSON.parse(readFileSync(lockPath(), 'utf8').split('\n')[0]!)).to.include({ pid: process.pid });
    lock.release();
    expect(readdirSync(folder())).to.deep.equal([]);
  });

  it('is released when its holder exits', async () => {
    const child = await startContender(lockPath());
    expect(await child.answer()).to.equal('held');
    child.stdin!.end();
    await once(child, 'exit');
    expect(readdirSync(folder())).to.deep.equal([]);
  });

  for (const [words, leave] of [
    ['stale', () => holding({ boot: 'an earlier one' })],
    ['silent', () => silent({ namespace: 'pid:[1]' })],
  ] as const) {
    it(`goes to exactly one of many that find it ${words}`, async () => {
      leave();
      const children = await Promise.all(Array.from({ length: 5 }, () => startContender(lockPath())));
      const answers = await Promise.all(children.map((child) => child.answer()));
      expect(answers.filter((answer) => answer === 'held')).to.have.lengthOf(1);
      expect(answers.filter((answer) => /^run .*(in use by process|taken by another)/.test(answer))).to.have.lengthOf(
        4,
      );
      for (const child of children) child.stdin!.end();
      await Promise.all(children.map((child) => once(child, 'exit')));
      expect(readdirSync(folder())).to.deep.equal([]);
    });
  }

  it('recognizes a process that only has the holder’s id', async function () {
    if (thisProcess().started === '') this.skip(); // the system does not tell when a process began
    holding({ started: '1' });
    await takeAndRelease();
    silent({ started: '1' });
    await takeAndRelease({ onWait: () => expect.fail('it waited') });
  });

  it('takes over a lock that a crash left half-written', async () => {
    writeFileSync(lockPath(), '{"pid":');
    await takeAndRelease();
  });

  it('takes over even if the process that took over was killed', async () => {
    holding({ boot: 'an earlier one' });
    writeFileSync(`${lockPath()}.takeover`, readFileSync(lockPath()));
    await takeAndRelease();
    silent({ started: '1' });
    writeFileSync(`${lockPath()}.takeover`, readFileSync(lockPath()));
    await takeAndRelease();
    expect(readdirSync(folder())).to.deep.equal([]);
  });

  it('of version 0.1, which shows no sign of life, stays with another machine, and says where it is', async () => {
    holding({ host: `not-${hostname()}`, boot: 'another' });
    const { message, hint } = await refused(lockPath());
    expect(message).to.contain(`on not-${hostname()}`);
    expect(hint).to.contain(lockPath());
  });

  for (const [words, change] of [
    ['another machine', { host: 'elsewhere', boot: 'another' }],
    ['another machine with the same name', { boot: 'another' }],
    ['another container with the same name', { namespace: 'pid:[1]' }],
  ] as const) {
    it(`is taken over from ${words} when its lease has expired, and no earlier`, async () => {
      silent(change);
      const waits: string[] = [];
      const began = performance.now();
      await takeAndRelease({ onWait: (message) => waits.push(message) });
      expect(performance.now() - began).to.be.at.least(1000 * LEASE);
      expect(waits).to.have.lengthOf(1);
      expect(waits[0]).to.match(/the run was in use by process \d+ .*waiting for a sign of life, at most 2 s/);
    });

    it(`stays with ${words} that shows a sign of life, whatever its clock says`, async () => {
      silent(change);
      const text = readFileSync(lockPath(), 'utf8');
      const sign = setTimeout(() => writeFileSync(lockPath(), text.replace(/0\n$/, '1\n')), 500 * LEASE);
      const { code, message } = await refused(lockPath());
      clearTimeout(sign);
      expect(code).to.equal('run');
      expect(message).to.match(/in use by process \d+/);
      expect(readFileSync(lockPath(), 'utf8')).to.equal(text.replace(/0\n$/, '1\n'));
    });
  }

  it('is kept alive while its holder computes without a pause', async () => {
    const lock = await acquireLock(lockPath(), { leaseSeconds: LEASE });
    await sleep(300); // the thread starts
    const before = readFileSync(lockPath(), 'utf8');
    for (const end = performance.now() + 500; performance.now() < end;); // nothing else of this thread runs
    expect(readFileSync(lockPath(), 'utf8')).not.to.equal(before);
    lock.release();
  });

  it('is lost to its holder when taken over or deleted, and is then not released', async () => {
    const lock = await acquireLock(lockPath());
    holding({ host: 'elsewhere' });
    expect(() => lock.check())
      .to.throw(WeftError, /no longer holds the run: process \d+ on elsewhere has taken it over/)
      .with.property('code', 'run');
    lock.release();
    expect(readdirSync(folder())).to.deep.equal(['run.lock']);
    rmSync(lockPath());
    const second = await acquireLock(lockPath());
    rmSync(lockPath());
    expect(() => second.check()).to.throw(WeftError, /run.lock was deleted/);
    second.release();
  });

  describe('between two containers on one machine', function () {
    this.timeout(60_000);

    before(function () {
      if (!mayUnshare()) this.skip();
    });

    it('is not taken from a living process', async () => {
      const inside = await startContender(lockPath(), ELSEWHERE);
      expect(await inside.answer()).to.equal('held');
      expect((await refused(lockPath())).message).to.match(/in use by process \d+ of another container/);
      expect(await inside.answer()).to.equal('still held');
      const outside = await acquireLock(`${lockPath()}-2`, { leaseSeconds: LEASE });
      const second = await startContender(`${lockPath()}-2`, ELSEWHERE);
      expect(await second.answer()).to.match(/^run .*in use by process \d+ of another container/);
      outside.check();
      outside.release();
      for (const child of [inside, second]) child.stdin!.end();
      await Promise.all([inside, second].map((child) => once(child, 'exit')));
    });

    it('is taken over from a killed process, and from a frozen one, which notices before it writes', async () => {
      const killed = await startContender(lockPath(), ELSEWHERE);
      expect(await killed.answer()).to.equal('held');
      killed.kill('SIGKILL');
      await once(killed, 'exit');
      await takeAndRelease();
      const frozen = await startContender(lockPath(), ELSEWHERE);
      expect(await frozen.answer()).to.equal('held');
      const { pid } = JSON.parse(readFileSync(lockPath(), 'utf8').split('\n')[0]!) as ProcessIdentity;
      const inside = childOf(frozen.pid!, pid);
      process.kill(inside, 'SIGSTOP');
      const lock = await acquireLock(lockPath(), { leaseSeconds: LEASE });
      process.kill(inside, 'SIGCONT');
      expect(await frozen.answer()).to.match(/^run this process no longer holds the run: process \d+ .*taken it over/);
      lock.check();
      frozen.stdin!.end();
      await once(frozen, 'exit');
      lock.check();
      lock.release();
      expect(readdirSync(folder())).to.deep.equal([]);
    });
  });

  it('reports that it cannot write', async () => {
    const { code, message } = await refused(join(folder(), 'none', 'run.lock'));
    expect(message).to.match(/cannot write .*none/);
    expect(code).to.equal('disk');
  });
});

/** The id out here of the process that `unshare` has started, which calls itself `inside` in there. */
function childOf(parent: number, inside: number): number {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ').map(Number);
  return children.find((pid) =>
    new RegExp(`^NSpid:.*\\t${inside}$`, 'm').test(readFileSync(`/proc/${pid}/status`, 'utf8')),
  )!;
}

describe('what a killed process leaves unfinished', function () {
  const folder = temporaryFolder(this);
  const leaveFolder = (name: string): void => {
    mkdirSync(join(folder(), name));
    writeFileSync(join(folder(), name, 'weights'), name);
  };

  it('is not removed if it belongs to a living process of another container whose id is unused here', () => {
    const theirs = '.unfinished-999999999@00000000-report.html';
    writeFileSync(join(folder(), theirs), '');
    removeUnfinished(folder());
    expect(readdirSync(folder())).to.deep.equal([theirs]);
    removeUnfinished(folder(), { alone: true });
    expect(readdirSync(folder())).to.deep.equal([]);
  });

  it('has folders restored whose replacement never arrived', () => {
    leaveFolder('.unfinished-999999999-00000004-old');
    removeUnfinished(folder());
    expect(readdirSync(folder())).to.deep.equal(['00000004']);
    leaveFolder('.unfinished-999999999-00000004-old');
    removeUnfinished(folder());
    expect(readdirSync(folder())).to.deep.equal(['00000004']);
  });

  it('is nothing if a guard refuses', () => {
    const guard = (): void => {
      throw new WeftError('run', 'not ours');
    };
    writeFileSync(join(folder(), 'a'), 'old');
    leaveFolder('b');
    expect(() => writeFileAtomic(join(folder(), 'a'), 'new', { guard })).to.throw('not ours');
    expect(() => writeFolderAtomic(join(folder(), 'b'), { weights: 'new' }, { guard })).to.throw('not ours');
    expect(readdirSync(folder())).to.deep.equal(['a', 'b']);
    expect(readFileSync(join(folder(), 'a'), 'utf8')).to.equal('old');
    expect(readFileSync(join(folder(), 'b', 'weights'), 'utf8')).to.equal('b');
  });
});
