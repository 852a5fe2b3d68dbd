import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { peakMemoryMB, stopwatch } from '../../src/runs/clock.js';
import { breathe, catchSignals } from '../../src/runs/shutdown.js';
import { runTypeScript } from './temporary.js';

/** Works in steps that block the thread; stubborn work does not ask whether it should stop. */
const worker = (stubborn: boolean): string => `
  import { breathe, catchSignals } from ${JSON.stringify(new URL('../../src/runs/shutdown.ts', import.meta.url).href)};
  const shutdown = catchSignals((signal) => console.log('caught ' + signal));
  console.log('working');
  for (let step = 0; ${stubborn} || !shutdown.requested; step++) {
    for (const end = performance.now() + 5; performance.now() < end;);
    await breathe();
  }
  console.log('saved');
  process.exit(shutdown.exitCode);`;

async function run(stubborn: boolean, signals: NodeJS.Signals[]): Promise<{ output: string; code: number | null }> {
  const child = spawn(process.execPath, [...runTypeScript, '--input-type=module', '-e', worker(stubborn)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
    const signal = signals.shift();
    if (signal) child.kill(signal);
  });
  return { code: ((await exit) as [number | null])[0], output };
}

describe('a shutdown', () => {
  it('lets the work be saved at the first signal, whichever it is', async () => {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      expect(await run(false, [signal])).to.deep.equal({ code, output: `working\ncaught ${signal}\nsaved\n` });
    }
  });

  it('is immediate at the second', async () => {
    expect(await run(true, ['SIGINT', 'SIGINT'])).to.deep.equal({ code: 130, output: 'working\ncaught SIGINT\n' });
  });

  it('removes its handlers', () => {
    const before = process.listenerCount('SIGINT');
    const shutdown = catchSignals();
    expect(process.listenerCount('SIGINT')).to.equal(before + 1);
    expect(shutdown).to.include({ requested: undefined, exitCode: 0 });
    shutdown.dispose();
    expect(process.listenerCount('SIGINT')).to.equal(before);
  });

  it('costs little to check for: a pause takes far less than a millisecond and lets timers run', async () => {
    let fired = false;
    setTimeout(() => (fired = true), 0);
    const watch = stopwatch();
    for (let i = 0; i < 1000; i++) await breathe();
    expect(watch.elapsed() / 1000).to.be.below(1e-3);
    expect(fired).to.equal(true);
  });
});

describe('the clock', () => {
  it('continues from the time of earlier processes', async () => {
    const watch = stopwatch(100);
    await breathe();
    const first = watch.elapsed();
    expect(first).to.be.greaterThan(100).and.below(110);
    expect(watch.elapsed()).to.be.at.least(first);
  });

  it('reports peak memory in MB', () => {
    const before = peakMemoryMB();
    expect(before).to.be.greaterThan(process.memoryUsage().rss / 2 ** 20 / 4);
    const ballast = Buffer.alloc(2 ** 26, 1);
    expect(peakMemoryMB())
      .to.be.at.least(before)
      .and.at.least(process.memoryUsage().rss / 2 ** 20 - 8);
    expect(ballast[0]).to.equal(1);
  });
});
