/** A search that is killed for real, again and again, ends with the same bytes as one that never was. */
import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stream } from 'weft-nas';
import { onlyRun, startWeft, TINY, weft, withFolder } from './weft.js';

const results = (run: string): { hash: string; weights: string; events: string } => {
  const summary = JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8')) as Record<string, unknown>;
  const { elapsedSeconds, peakMemoryMB, compiled, ...rest } = summary;
  expect(elapsedSeconds).to.be.a('number');
  expect(peakMemoryMB).to.be.a('number');
  expect(compiled).to.include.keys('supernet', 'retraining');
  return {
    hash: JSON.stringify(rest),
    weights: readFileSync(join(run, 'model.safetensors')).toString('base64'),
    events: readFileSync(join(run, 'events.jsonl'), 'utf8'),
  };
};

describe('resuming', function () {
  this.timeout(240_000);

  it('gives the same summary, weights and events after kills as without', () =>
    withFolder(async (folder) => {
      const args = (runs: string): string[] => ['search', ...TINY, '--seed', '5', '--runs', join(folder, runs)];
      const whole = await weft(args('whole'));
      expect(whole.code, whole.stderr).to.equal(0);
      const reference = results(onlyRun(join(folder, 'whole')));

      const rng = stream(2, 'kills');
      const first = startWeft(args('killed'));
      await untilCheckpoint(join(folder, 'killed'));
      first.process.kill('SIGKILL');
      expect((await first.finished).signal).to.equal('SIGKILL');
      const run = onlyRun(join(folder, 'killed'));
      let kills = 1;
      for (;;) {
        const next = startWeft(['resume', run]);
        const timer = setTimeout(() => next.process.kill('SIGKILL'), kills < 4 ? 1500 + 1500 * rng.uniform() : 120_000);
        const { code, signal, stderr } = await next.finished;
        clearTimeout(timer);
        if (signal === 'SIGKILL') {
          kills++;
          continue;
        }
        expect(code, stderr).to.equal(0);
        break;
      }
      expect(results(run)).to.deep.equal(reference);
    }));

  it('stops cleanly on Ctrl-C, says how to continue, and continues', () =>
    withFolder(async (folder) => {
      const running = startWeft(['search', ...TINY, '--set', 'search.epochs=200', '--runs', folder]);
      await untilCheckpoint(folder);
      running.process.kill('SIGINT');
      const { code, stdout } = await running.finished;
      expect(code).to.equal(130);
      expect(stdout).to.match(/weft resume \S+/);
      const run = onlyRun(folder);
      expect(existsSync(join(run, 'run.lock'))).to.equal(false);
      const resumed = await weft(['resume', run, '--budget', '1s', '--json']);
      expect(resumed.code, resumed.stderr).to.equal(0);
      expect(resumed.stdout).to.contain('budget-reached');
      expect(existsSync(join(run, 'report.html'))).to.equal(true);
    }));

  it('refuses a run that another process holds', () =>
    withFolder(async (folder) => {
      const running = startWeft(['search', ...TINY, '--set', 'search.epochs=200', '--runs', folder]);
      await untilCheckpoint(folder);
      const { code, stderr } = await weft(['resume', onlyRun(folder)]);
      running.process.kill('SIGKILL');
      await running.finished;
      expect(code).to.equal(1);
      expect(stderr).to.match(/in use by process \d+/);
    }));

  it('gives other results for another seed', () =>
    withFolder(async (folder) => {
      const runs = await Promise.all(
        [1, 2].map(async (seed) => {
          const { code, stderr } = await weft([
            'search',
            ...TINY,
            '--seed',
            String(seed),
            '--runs',
            join(folder, String(seed)),
          ]);
          expect(code, stderr).to.equal(0);
          return results(onlyRun(join(folder, String(seed))));
        }),
      );
      expect(runs[0]!.weights).not.to.equal(runs[1]!.weights);
    }));
});

/** Waits until the run has a checkpoint beyond its first. */
async function untilCheckpoint(folder: string): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 50) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (!existsSync(folder)) continue;
    try {
      if (existsSync(join(onlyRun(folder), 'checkpoints', '00000000'))) return;
    } catch {
      // not there yet
    }
  }
  throw new Error('the search wrote no checkpoint in a minute');
}
