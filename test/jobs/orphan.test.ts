/** Child processes whose parent is killed: they end, even where their main thread never comes back. */
import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout } from 'node:timers/promises';
import { standingOf, thisProcess } from '../../src/runs/process-identity.js';
import { runTypeScript, temporaryFolder } from '../runs/temporary.js';

const parent = fileURLToPath(new URL('./parent.ts', import.meta.url));

/** A process that has ended and was not asked for by its new parent does not count. */
const alive = (pid: number): boolean => standingOf({ ...thisProcess(), pid, started: '' }) !== 'gone';

describe('a child process in an endless loop', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);

  it('ends within seconds after its parent is killed', async () => {
    const killed = spawn(process.execPath, [...runTypeScript, parent, folder()], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    killed.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    while (!said.includes('computing')) await once(killed.stdout, 'data');
    const child = Number(/child (\d+)/.exec(said)![1]);
    expect(alive(child)).to.equal(true);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    const started = process.hrtime.bigint();
    while (alive(child) && Number(process.hrtime.bigint() - started) < 20e9) await setTimeout(100);
    const outlived = alive(child);
    if (outlived) process.kill(child, 'SIGKILL');
    expect(outlived).to.equal(false);
  });
});
