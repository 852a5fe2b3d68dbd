/** No run, model or job has code loaded that the user did not name. */
import { expect } from 'chai';
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { derive } from '../../src/cli/commands/derive.js';
import { evaluate } from '../../src/cli/commands/evaluate.js';
import { exportNetwork } from '../../src/cli/commands/export.js';
import { compare, report as reportForgetting } from '../../src/cli/commands/forgetting.js';
import { rank } from '../../src/cli/commands/rank.js';
import { report } from '../../src/cli/commands/report.js';
import { resume } from '../../src/cli/commands/search.js';
import { sharpness } from '../../src/cli/commands/sharpness.js';
import { status } from '../../src/cli/commands/status.js';
import { train } from '../../src/cli/commands/train.js';
import { createLocalExecutor, defineJob, openResults } from '../../src/jobs/index.js';
import { jobProgram } from '../../src/api/executors.js';
import { program } from '../../src/cli/program.js';
import { sealJson, sha256, unseal } from '../../src/runs/index.js';
import { tinyRun } from '../runs/tiny-run.js';
import { temporaryFolder } from '../runs/temporary.js';
import { saidLater } from '../said.js';
import { ROOT, weft } from '../search/weft.js';
import { textPrintedBy } from './printed.js';

type Command = (run: string, options: { trust?: boolean; file?: string[] }) => Promise<void>;

/** The commands that take the space from model.json. */
const OF_THE_MODEL: Readonly<Record<string, Command>> = {
  evaluate: (run, options) => evaluate(run, { json: true, ...options }),
  export: (run, options) => exportNetwork(run, { json: true, ...options }),
  sharpness: (run, options) => sharpness(run, { examples: 8, ends: 1, products: 2, rho: 0.1, json: true, ...options }),
};

/** Those that take it, and perhaps the controller, from config.yaml. */
const OF_THE_CONFIGURATION: Readonly<Record<string, Command>> = {
  report: (run, options) => report([run], { json: true, ...options }),
  'report of several': (run, options) => report([run, run], { json: true, ...options }),
  resume: (run, options) => resume(run, { json: true, ...options }),
  derive: (run, options) => derive(run, { top: 1, results: join(run, 'jobs'), json: true, ...options }),
  rank: (run, options) =>
    rank(run, { architectures: 3, results: join(run, 'jobs'), workers: 1, json: true, ...options }),
  'sharpness --supernet': (run, options) =>
    sharpness(run, { supernet: true, examples: 8, ends: 1, products: 2, rho: 0.1, json: true, ...options }),
  'train --run': (run, options) => train('mlp~2d6320:2/1/relu-true', { run, runs: run, json: true, ...options }),
  'forgetting report': (run, options) => reportForgetting([run], { json: true, ...options }),
  'forgetting compare': (run, options) => compare([run], { out: join(run, 'compared'), json: true, ...options }),
};

describe('code that data names', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);

  /** A module in the run that tells when it is loaded, and is no space. */
  const trap = (run: string): { path: string; sprung: () => boolean } => {
    const mark = join(folder(), 'loaded');
    const path = join(run, 'trap.mjs');
    writeFileSync(path, `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(mark)}, '');\n`);
    return { path, sprung: () => existsSync(mark) };
  };

  async function refused(command: Command, run: string, { path, sprung }: ReturnType<typeof trap>): Promise<void> {
    const refusal = await saidLater(textPrintedBy(() => command(run, {})));
    expect(refusal).to.include(path).and.to.include('--trust');
    expect(sprung()).to.equal(false);
    for (const options of [{ trust: true }, { file: [path] }]) {
      expect(await saidLater(textPrintedBy(() => command(run, options)))).to.include('exports no space');
      expect(sprung()).to.equal(true);
    }
  }

  for (const [name, command] of Object.entries(OF_THE_MODEL))
    it(`is not loaded from model.json by ${name}`, async () => {
      const run = await tinyRun(folder());
      const found = trap(run);
      const model = join(run, 'model.json');
      // A relative path inside the run, and hashes as whoever made it would write them.
      writeFileSync(model, readFileSync(model, 'utf8').replace('"mlp"', JSON.stringify(relative('.', found.path))));
      const sums = join(run, 'SHA256SUMS');
      writeFileSync(
        sums,
        readFileSync(sums, 'utf8').replace(/^.{64} {2}model\.json$/m, `${sha256(readFileSync(model))}  model.json`),
      );
      await refused(command, run, found);
    });

  for (const [name, command] of Object.entries(OF_THE_CONFIGURATION))
    it(`is not loaded from config.yaml by ${name}`, async () => {
      const run = await tinyRun(folder(), name === 'resume' ? { units: 3 } : {});
      const found = trap(run);
      nameInConfig(run, 'name: mlp', `name: ${found.path}`);
      await refused(command, run, found);
    });

  it('is not loaded as a controller either', async () => {
    const run = await tinyRun(folder(), { units: 3 });
    const { path, sprung } = trap(run);
    nameInConfig(run, 'name: random', `name: ${path}`);
    expect(await saidLater(textPrintedBy(() => resume(run, { json: true })))).to.match(
      /names the controller .*trap\.mjs/,
    );
    expect(sprung()).to.equal(false);
    expect(await saidLater(textPrintedBy(() => resume(run, { trust: true, json: true })))).to.include(
      'exports no controllers',
    );
  });

  it('does not appear in a hint before the user has trusted it', async () => {
    const run = await tinyRun(folder());
    nameInConfig(run, 'name: random', `name: ${trap(run).path}`);
    const hints = [
      await textPrintedBy(() => Promise.resolve(status(run, { runs: folder() }))),
      await textPrintedBy(() => evaluate(run, {})),
    ];
    for (const hint of hints)
      expect(hint)
        .to.match(/next {2}(npx )?weft \w+ \S+\n/)
        .and.to.not.include('trap.mjs');
  });

  it('is loaded from where the user says it is now, not from where the run says', async () => {
    const run = await tinyRun(folder(), { units: 3 });
    const { path, sprung } = trap(run);
    nameInConfig(run, 'name: mlp', `name: ${path}`);
    const own = join(folder(), 'trap.mjs');
    writeFileSync(own, 'export const nothing = 1;\n');
    expect(await saidLater(textPrintedBy(() => resume(run, { file: [own], json: true })))).to.include(
      `${own} exports no spaces`,
    );
    expect(sprung()).to.equal(false);
  });

  it('of the user is named in the commands that a search suggests at its end', async () => {
    const space = join(folder(), 'space.ts');
    writeFileSync(space, `export { default } from '${join(ROOT, 'search-spaces', 'mlp.ts')}';\n`);
    const set = ['data.subset.train=100', 'search.epochs=1', 'search.rounds=1', 'search.samplesPerRound=2'];
    const { code, stdout, stderr } = await weft([
      ...['search', '--space', space, '--data', 'digits', '--controller', 'random', '--backend', 'cpu'],
      ...['--runs', join(folder(), 'runs'), '--set', ...set, 'search.probe=0', 'derive.candidates=2'],
      ...['derive.random=0', 'space.depth=1', 'space.widths=[2]', 'retrain.epochs=1'],
    ]);
    expect(code, stderr).to.equal(0);
    const next = /weft evaluate (\S+) --file (\S+)/.exec(stdout)!;
    expect(next[2]).to.equal(space);
    const evaluated = await weft(['evaluate', next[1]!, '--file', next[2]!]);
    expect(evaluated.code, evaluated.stderr).to.equal(0);
    expect((await weft(['evaluate', next[1]!])).stderr).to.include(`names the space ${space}`);
    appendFileSync(space, '// another space\n');
    const again = (options: { file?: string[]; trust?: boolean }): Promise<unknown> =>
      textPrintedBy(() => evaluate(next[1]!, { json: true, ...options }));
    expect(await saidLater(again({ file: [space] }))).to.match(
      /space\.ts has changed since .* was started with it.*--trust/s,
    );
    await again({ file: [space], trust: true });
  });

  it('is not loaded from the payload of a job, of whatever kind', async () => {
    const { path, sprung } = trap(folder());
    const executor = createLocalExecutor({
      program: jobProgram,
      results: openResults(join(folder(), 'jobs')),
      workers: 1,
    });
    const common = { backend: 'cpu', threads: 1, controller: 'random', architecture: null, data: '', identity: '' };
    const config = { space: { name: path }, controller: { name: path }, data: { source: 'digits' } };
    try {
      for (const [kind, space] of [
        ['search', path],
        ['alone', { file: 'trap.mjs', sha256: sha256(readFileSync(path)) }],
        ['train', 'mlp'],
      ] as const) {
        const job = defineJob({ kind, label: kind, payload: { ...common, config, space } });
        expect(await saidLater(executor.submit(job)), kind).to.be.a('string');
      }
      expect(sprung()).to.equal(false);
    } finally {
      await executor.close();
    }
  });

  it('can be allowed by an option in every command that reads a run', () => {
    const commands = program().commands.flatMap((one) => [one, ...one.commands]);
    const reading = commands.filter(
      (one) => one.registeredArguments.some((argument) => /^runs?$/.test(argument.name())) || one.name() === 'train',
    );
    expect(reading.map((one) => one.name())).to.include.members(['resume', 'evaluate', 'export', 'compare', 'rank']);
    for (const one of reading) {
      if (one.name() === 'status') continue; // loads nothing
      expect(
        one.options.map(({ long }) => long),
        one.name(),
      ).to.include.members(['--trust', '--file']);
    }
  });
});

/** Changes the configuration of a run, with all hashes as whoever made it would write them. */
function nameInConfig(run: string, from: string, to: string): void {
  const [config, manifest] = [join(run, 'config.yaml'), join(run, 'manifest.json')];
  const text = readFileSync(config, 'utf8').replace(from, to);
  expect(text).to.include(to);
  writeFileSync(config, text);
  const content = unseal(JSON.parse(readFileSync(manifest, 'utf8'))) as Parameters<typeof sealJson>[0];
  writeFileSync(manifest, sealJson({ ...content, configSha256: sha256(text) }, 2));
  expect(readdirSync(run)).to.include('trap.mjs');
}
