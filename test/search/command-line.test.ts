/** The command line as a user meets it: every command on a real run, and every mistake with its message. */
import { expect } from 'chai';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onlyRun, ROOT, TINY, weft, withFolder } from './weft.js';

const summaryOf = (run: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8')) as Record<string, unknown>;

describe('command line', function () {
  this.timeout(240_000);

  for (const backend of ['native', 'wasm', 'cpu']) {
    it(`searches, retrains, tests and reports on ${backend}`, function () {
      return withFolder(async (folder) => {
        const size =
          backend === 'cpu'
            ? [
                'space.filters=2',
                'search.epochs=1',
                'search.rounds=1',
                'search.samplesPerRound=2',
                'search.probe=1',
                'derive.candidates=2',
                'derive.random=2',
                'retrain.epochs=1',
                'data.subset.train=100',
                'data.subset.test=40',
                'sharpness.examples=8',
                'sharpness.products=2',
                'sharpness.architectures=1',
              ]
            : [];
        const { code, stdout, stderr } = await weft([
          'search',
          ...TINY,
          ...size,
          '--backend',
          backend,
          '--json',
          '--runs',
          folder,
        ]);
        if (backend === 'native' && code !== 0 && /does not load/.test(stderr)) return this.skip();
        expect(code, stderr).to.equal(0);
        const events = stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as { type: string });
        expect(events.map(({ type }) => type)).to.include.members([
          'search-started',
          'epoch',
          'derived',
          'comparison',
          'retrain-epoch',
          'tested',
          'summary',
        ]);
        const run = onlyRun(folder);
        const summary = summaryOf(run);
        expect(summary).to.include.keys(
          'space',
          'controller',
          'seed',
          'derived',
          'test',
          'elapsedSeconds',
          'peakMemoryMB',
          'resultHash',
          'weights',
        );
        expect((summary['test'] as { accuracy: number }).accuracy).to.be.within(0, 1);
        expect(readFileSync(join(run, 'report.html'), 'utf8')).to.contain('<svg');
        expect(stderr).to.match(/next {2}(npx )?weft export .*\n +(npx )?weft predict \S+ FILES/);
      });
    });
  }

  it('runs every other command on a finished run', () =>
    withFolder(async (folder) => {
      const searched = await weft(['search', ...TINY, '--runs', folder]);
      expect(searched.code, searched.stderr).to.equal(0);
      // A pipe gets what a person reads, and neither JSON nor what only a terminal understands.
      expect(searched.stderr).to.equal('');
      expect(searched.stdout)
        .to.match(/^epoch {3}3 {2}loss \d/m)
        .and.match(/^derived macro-cnn~/m)
        .and.match(/^open {2}\S+report\.html$/m);
      expect(searched.stdout).to.not.match(/^\{|\x1b|[{}]"/m);
      const run = onlyRun(folder);
      const summary = summaryOf(run) as { test: { accuracy: number; loss: number }; derived: { architecture: string } };

      const status = await weft(['status', run, '--json']);
      expect(JSON.parse(status.stdout)).to.include({
        type: 'status',
        state: 'finished',
        architecture: summary.derived.architecture,
      });

      const evaluated = await weft(['evaluate', run, '--json']);
      expect(JSON.parse(evaluated.stdout), evaluated.stderr).to.include({
        accuracy: summary.test.accuracy,
        loss: summary.test.loss,
      });

      const derived = await weft(['derive', run, '--candidates', '6', '--top', '2', '--json']);
      expect(derived.stdout.trim().split('\n'), derived.stderr).to.have.length(2);

      const trained = await weft([
        'train',
        summary.derived.architecture,
        '--run',
        run,
        '--epochs',
        '1',
        '--runs',
        join(folder, 'trained'),
      ]);
      expect(trained.code, trained.stderr).to.equal(0);
      expect((summaryOf(onlyRun(join(folder, 'trained'))) as typeof summary).derived.architecture).to.equal(
        summary.derived.architecture,
      );

      const resumed = await weft(['resume', run]);
      expect(resumed.code).to.equal(0);
      expect(resumed.stdout).to.contain('is finished').and.not.contain('wrote');

      const reported = await weft(['report', run, '-o', join(folder, 'other.html')]);
      expect(reported.code, reported.stderr).to.equal(0);
      expect(existsSync(join(folder, 'other.html'))).to.equal(true);
    }));

  it('writes a space of the user that runs, in TypeScript and in JavaScript', () =>
    withFolder(async (folder) => {
      // Inside the project, so that the file finds the package by its name.
      const own = join(ROOT, 'runs', `init-test-${process.pid}`);
      try {
        for (const flags of [[], ['--js', '--force']]) {
          const made = await weft(['init', own, ...flags]);
          expect(made.code, made.stderr).to.equal(0);
          const searched = await weft(
            [
              'search',
              '--config',
              'weft.yaml',
              '--set',
              'search.epochs=1',
              'search.rounds=1',
              'retrain.epochs=1',
              'data.subset.train=200',
              'derive.candidates=3',
              'derive.random=3',
              '--runs',
              join(folder, String(flags.length)),
            ],
            { cwd: own },
          );
          expect(searched.code, searched.stderr).to.equal(0);
          expect(summaryOf(onlyRun(join(folder, String(flags.length))))['space']).to.equal('my-space');
        }
        const again = await weft(['init', own]);
        expect(again.code).to.equal(1);
        expect(again.stderr).to.contain('--force');
      } finally {
        await import('node:fs').then(({ rmSync }) => rmSync(own, { recursive: true, force: true }));
      }
    }));

  it('takes a controller from a file', () =>
    withFolder(async (folder) => {
      const own = join(ROOT, 'runs', `controller-test-${process.pid}.mjs`);
      writeFileSync(
        own,
        `import { defineController, z } from 'weft-nas';
      export default defineController({ name: 'first', description: 'always the same', options: z.strictObject({}),
        create: (_options, { space }) => { const same = (count, rng) => { const one = space.fromGenotype(space.cardinalities.map(() => 0)); return Array.from({ length: count }, () => one); };
          return { sample: same, propose: same, derive: same, observe: () => ({}), snapshot: () => ({ tensors: {}, state: null }), restore() {}, dispose() {} }; } });`,
      );
      try {
        const { code, stderr } = await weft(['search', ...TINY, '--controller', own, '--runs', folder]);
        expect(code, stderr).to.equal(0);
        expect(summaryOf(onlyRun(folder))).to.deep.include({ controller: 'first' });
      } finally {
        await import('node:fs').then(({ rmSync }) => rmSync(own, { force: true }));
      }
    }));

  describe('says what is wrong and how to fix it', () => {
    const fails = async (args: readonly string[], pattern: RegExp): Promise<void> => {
      await withFolder(async (folder) => {
        const { code, stderr } = await weft([...args, ...(args[0] === 'search' ? ['--runs', folder] : [])]);
        expect(code).to.equal(1);
        expect(stderr).to.match(pattern);
        expect(stderr, 'no stack trace').not.to.match(/\n\s+at .*:\d+:\d+/);
      });
    };
    it('an unknown space', () =>
      fails(['search', '--space', 'macro-cn'], /no space and no file named 'macro-cn'[^]*did you mean 'macro-cnn'/));
    it('an unknown controller', () =>
      fails(['search', '--controller', 'enass'], /no controller and no file named 'enass'[^]*did you mean 'enas'/));
    it('an unknown preset', () =>
      fails(['search', '--preset', 'papper'], /no preset 'papper'[^]*did you mean 'paper'/));
    it('an unknown option of a space', () => fails(['search', '--set', 'space.laayers=3'], /laayers/));
    it('an unknown recipe', () => fails(['search', '--recipe', 'digit'], /no recipe 'digit'[^]*did you mean 'digits'/));
    it('an unknown data set', () => fails(['search', '--data', 'mnits'], /mnits[^]*did you mean 'mnist'/));
    it('a run that is not there', () => fails(['resume', 'runs/nothing-here'], /no run directory/));
    it('a loss that is NaN, keeping what was saved', () =>
      withFolder(async (folder) => {
        const { code, stdout, stderr } = await weft([
          'search',
          ...TINY,
          '--set',
          'search.optimizer={name: sgd, learningRate: 1e30}',
          '--runs',
          folder,
        ]);
        expect(code).to.equal(1);
        expect(stderr).to.match(/the loss of macro-cnn~.* became (NaN|Infinity|-Infinity)[^]*lower the learning rate/);
        // Going on would come to the same NaN.
        expect(stdout).to.contain('saved work is kept in').and.not.contain('weft resume');
        expect(existsSync(join(onlyRun(folder), 'checkpoints', '00000000', 'state.json'))).to.equal(true);
      }));
    it('a checkpoint of another space', () =>
      withFolder(async (folder) => {
        const made = await weft(['search', ...TINY, '--runs', folder]);
        expect(made.code, made.stderr).to.equal(0);
        const run = onlyRun(folder);
        writeFileSync(
          join(run, 'config.yaml'),
          readFileSync(join(run, 'config.yaml'), 'utf8').replace('layers: 2', 'layers: 3'),
        );
        const { code, stderr } = await weft(['derive', run]);
        expect(code).to.equal(1);
        expect(stderr).to.match(/changed after the run began/);
      }));
    it('an empty class folder', () =>
      withFolder(async (folder) => {
        mkdirSync(join(folder, 'images', 'cats'), { recursive: true });
        mkdirSync(join(folder, 'images', 'dogs'), { recursive: true });
        const { code, stderr } = await weft([
          'search',
          '--data',
          join(folder, 'images'),
          '--runs',
          join(folder, 'runs'),
        ]);
        expect(code).to.equal(1);
        expect(stderr).to.match(/images/);
      }));
  });
});
