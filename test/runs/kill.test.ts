import { expect } from 'chai';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { listCheckpoints, loadLatestCheckpoint } from '../../src/runs/checkpoint.js';
import { readEvents } from '../../src/runs/journal.js';
import { createRun, runFiles } from '../../src/runs/run-directory.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { disposeNamed } from '../../src/tensor/named.js';
import { stream } from '../../src/tensor/rng.js';
import { EVERY, learn, SPACE, weightsOf, work } from './interrupted-work.js';
import { runTypeScript, temporaryFolder } from './temporary.js';

const program = fileURLToPath(new URL('./interrupted-work.ts', import.meta.url));

const KILLS = 8;
const MOMENTS = 80;

describe('a killed run', function () {
  const rng = stream(1, 'kill');
  const children: ChildProcess[] = [];
  before(() => loadBackend('cpu'));
  // Before the folder is removed, as they write into it.
  afterEach(() =>
    Promise.all(
      children
        .splice(0)
        .map(async (child) => child.exitCode ?? child.signalCode ?? (child.kill('SIGKILL'), once(child, 'exit'))),
    ),
  );
  const folder = temporaryFolder(this);

  const create = (): string => createRun(folder(), { name: 'killed', seed: 1, config: {} }).path;

  /** A process that is ready to work without end. */
  async function prepare(path: string): Promise<ChildProcess> {
    const child = spawn(process.execPath, [...runTypeScript, program, path, 'Infinity'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    children.push(child);
    await once(child.stdout, 'data');
    return child;
  }

  const letGo = (child: ChildProcess): boolean => child.stdin!.write('go\n');

  /** All that is on disk fits together; returns the step of its checkpoint. */
  function expectConsistent(path: string): number {
    const events = [...readEvents(runFiles(path).events)];
    const learned = [''];
    for (const [step, event] of events.entries()) {
      learned.push(learn(learned[step]!, step));
      expect(event).to.deep.equal({ type: 'step', step, learned: learned[step + 1] });
    }
    const steps = listCheckpoints(path);
    if (steps.length === 0) {
      expect(events.length).to.be.at.most(EVERY); // killed before the first was there
      return 0;
    }
    const warnings: unknown[] = [];
    const checkpoint = loadLatestCheckpoint(path, SPACE, { warn: (event) => warnings.push(event) });
    expect(warnings).to.deep.equal([]);
    expect(checkpoint.step).to.equal(steps.at(-1));
    expect(events.length).to.be.within(checkpoint.step, checkpoint.step + EVERY); // at most the work since the checkpoint is lost
    expect(checkpoint.state).to.equal(learned[checkpoint.step]);
    expect(readFileSync(runFiles(path).events).subarray(0, checkpoint.events).toString().split('\n')).to.have.lengthOf(
      checkpoint.step + 1,
    );
    const wanted = weightsOf(learned[checkpoint.step]!);
    for (const [name, tensor] of Object.entries(wanted))
      expect(checkpoint.tensors['weights']![name]!.dataSync()).to.deep.equal(tensor.dataSync());
    disposeNamed(wanted);
    disposeNamed(checkpoint.tensors['weights']!);
    return checkpoint.step;
  }

  it('resumed after each kill, ends with the bytes of one that was never killed', async () => {
    const path = create();
    let step = 0;
    const processes = await Promise.all(Array.from({ length: KILLS }, () => prepare(path)));
    for (const child of processes) {
      letGo(child);
      await setTimeout(rng.uniform() * 150);
      child.kill('SIGKILL');
      await once(child, 'exit');
      const reached = expectConsistent(path);
      expect(reached).to.be.at.least(step);
      step = reached;
    }
    const end = step + 2 * EVERY;
    await work(path, end, 0);
    const undisturbed = create();
    await work(undisturbed, end, 0);
    const contents = (of: string): string[] =>
      [
        runFiles(of).events,
        ...['state.json', 'weights.safetensors'].map((name) =>
          join(runFiles(of).checkpoints, String(end).padStart(8, '0'), name),
        ),
      ].map((file) => readFileSync(file, 'latin1'));
    expect(contents(path)).to.deep.equal(contents(undisturbed));
  });

  /**
   * What a process leaves that is killed is what can be seen while it stands still; so one process serves for many
   * deaths.
   */
  it('is intact on disk at every moment', async function () {
    if (process.platform !== 'linux') this.skip(); // cannot tell when the process stands still
    const path = create();
    const child = await prepare(path);
    letGo(child);
    let last = 0;
    for (let moment = 0; moment < MOMENTS; moment++) {
      await setTimeout(rng.uniform() * 25);
      child.kill('SIGSTOP');
      while (!/\) T /.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8'))) await setTimeout(1);
      const copy = join(folder(), 'copy');
      cpSync(path, copy, { recursive: true });
      child.kill('SIGCONT');
      last = expectConsistent(copy);
      rmSync(copy, { recursive: true });
    }
    expect(last).to.be.greaterThan(0);
  });
});
