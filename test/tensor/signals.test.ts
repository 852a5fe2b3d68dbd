import { expect } from 'chai';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('signals-program.ts', import.meta.url));
const SIGNALS = 2_000;

describe('signals during operations of the native library', () => {
  // Kernels of oneDNN put the stack on the heap (scripts/native/signals.cc): about one signal in fifty was fatal.
  it('damage no memory', async function () {
    if (process.platform === 'win32') this.skip();
    this.timeout(120_000);
    const child = fork(program, { execArgv: process.execArgv, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    let errors = '';
    child.stderr!.on('data', (text: Buffer) => (errors += String(text)));
    const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
      child.on('exit', (code, signal) => resolve(signal ?? code));
    });
    const backend = await new Promise((resolve) => {
      child.once('message', resolve);
      child.once('exit', resolve);
    });
    if (backend === 'none') this.skip();
    const handled = new Promise((resolve) => child.once('message', resolve));
    for (let sent = 0; sent < SIGNALS && child.exitCode === null && child.signalCode === null; sent++) {
      child.kill('SIGUSR2');
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    child.connected && child.send('stop');
    expect(await ended, errors).to.equal(0);
    expect(await handled).to.be.above(SIGNALS / 10);
  });
});
