import { expect } from 'chai';
import fc from 'fast-check';
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { WeftError } from '../../src/errors.js';
import { type Json } from '../../src/operations/operation.js';
import { createRun, listRuns, lockRun, openRun, runFiles } from '../../src/runs/run-directory.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { saidLater } from '../said.js';
import { onSmallDisk, temporaryFolder } from './temporary.js';

const packageJson = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

describe('a run directory', function () {
  const folder = temporaryFolder(this);
  before(() => loadBackend('cpu'));
  const create = (config: Json = { space: 'mlp' }): ReturnType<typeof createRun> =>
    createRun(join(folder(), 'runs'), { name: 'mlp: Größe 2!', seed: 7, config, facts: { data: 'digits' } });

  it('is named by time and purpose, and never created twice', () => {
    const paths = [create(), create(), create()].map(({ path }) => path);
    expect(new Set(paths).size).to.equal(3);
    expect(basename(paths[0]!)).to.match(/^20\d{6}-\d{6}-mlp-gr-e-2$/);
    expect(listRuns(join(folder(), 'runs'))).to.deep.equal([...paths].sort());
    expect(listRuns(join(folder(), 'none'))).to.deep.equal([]);
  });

  it('remembers config, seed, facts and environment', () => {
    const run = create({ space: 'mlp', rate: 1e-7, flags: [true, null, 'no', '1e3'] });
    expect(openRun(run.path)).to.deep.equal(run);
    expect(run.manifest).to.deep.include({ formatVersion: 2, seed: 7, facts: { data: 'digits' } });
    expect(run.manifest.environment).to.include({ weft: packageJson.version, node: process.version, backend: 'cpu' });
  });

  it('returns any config', () => {
    const config = fc.jsonValue().filter((value) => value !== undefined);
    fc.assert(
      fc.property(config, (value) => {
        const run = create(value as Json);
        expect(openRun(run.path).config).to.deep.equal(value);
        rmSync(run.path, { recursive: true });
      }),
      { numRuns: 25 },
    );
  });

  it('is distinguished from other directories', () => {
    const { path } = create();
    const code = (action: () => unknown, message: RegExp, hint: RegExp): void => {
      expect(action)
        .to.throw(WeftError, message)
        .that.satisfies((error: WeftError) => error.code === 'run' && hint.test(error.hint!));
    };
    code(() => openRun(`${path}x`), /there is no run directory/, new RegExp(`did you mean ${path}`));
    code(() => openRun(join(folder(), 'none', 'x')), /there is no run directory/, /weft search/);
    code(() => openRun(join(runFiles(path).config, 'x')), /there is no run directory/, /weft search/);
    code(() => openRun(folder()), /is not a run directory: manifest.json is missing/, /weft search/);
    appendFileSync(runFiles(path).config, '# a thought\n');
    code(() => openRun(path), /config.yaml was changed after the run began/, /restore/);
    writeFileSync(runFiles(path).manifest, '{');
    code(() => openRun(path), /manifest.json is not JSON/, /restore/);
    writeFileSync(runFiles(path).manifest, '{"formatVersion":1}');
    code(() => openRun(path), /manifest.json is not the manifest of a run/, /restore/);
    writeFileSync(runFiles(path).manifest, '{"formatVersion":9,"environment":{"weft":"3.2.1"}}');
    code(
      () => openRun(path),
      /written by weft-nas 3\.2\.1 in format 9; version .* reads format 1/,
      /npx weft-nas@3\.2\.1/,
    );
  });

  it('is used by one process at a time and cleared of a killed one’s leftovers', async () => {
    const { path } = create();
    mkdirSync(join(path, 'checkpoints', '.unfinished-999999999-00000004'));
    const lock = await lockRun(path);
    expect(await saidLater(lockRun(path))).to.contain(`in use by process ${process.pid}`);
    expect(readdirSync(join(path, 'checkpoints'))).to.deep.equal([]);
    lock.release();
    (await lockRun(path)).release();
  });

  it('leaves nothing behind if it cannot be created', function () {
    const mounted = onSmallDisk(folder(), 4, (disk) => {
      expect(() => createRun(disk, { name: 'large', seed: 1, config: 'x'.repeat(10_000) }))
        .to.throw(WeftError, /the disk is full/)
        .with.property('code', 'disk');
      expect(readdirSync(disk)).to.deep.equal([]);
    });
    writeFileSync(join(folder(), 'file'), '');
    expect(() => createRun(join(folder(), 'file'), { name: 'x', seed: 1, config: {} }))
      .to.throw(WeftError, /cannot write/)
      .with.property('code', 'disk');
    expect(existsSync(join(folder(), 'file'))).to.equal(true);
    if (!mounted) this.skip();
  });
});
