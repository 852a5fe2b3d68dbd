import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkConfig } from '../../src/config/index.js';
import { type Json } from '../../src/operations/index.js';
import { createRun, sha256, writeSafetensors } from '../../src/runs/index.js';
import { writeSums } from '../../src/runs/sums.js';
import { loadBackend } from '../../src/tensor/backend.js';
import mlp from '../../search-spaces/mlp.js';
import { runTypeScript, temporaryFolder } from '../runs/temporary.js';
import { randomModel } from './trained.js';

const FILES = [
  'README.md',
  'architecture.json',
  'group1-shard1of1.bin',
  'index.html',
  'model.json',
  'model.safetensors',
  'tf.min.js',
];

describe('weft export', function () {
  const folder = temporaryFolder(this);
  before(async () => {
    await loadBackend('cpu');
  });

  /** A finished run, as far as exporting goes. */
  const finishedRun = (): string => {
    const { path } = createRun(folder(), {
      name: 'finished',
      seed: 1,
      config: checkConfig({ space: { name: 'mlp' } }) as unknown as Json,
    });
    const { card, store } = randomModel(mlp, { depth: 2 });
    writeFileSync(join(path, 'model.json'), JSON.stringify(card));
    writeSafetensors(join(path, 'model.safetensors'), { ...store.parameters, ...store.statistics });
    const hashOf = (name: string): string => sha256(readFileSync(join(path, name)));
    writeSums(path, { 'model.json': hashOf('model.json'), 'model.safetensors': hashOf('model.safetensors') });
    store.dispose();
    return path;
  };
  const weft = (...words: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [...runTypeScript, 'src/cli/main.ts', 'export', ...words], { encoding: 'utf8' });

  it('writes into the run, again too, and names what it wrote', () => {
    const run = finishedRun();
    const { status, stdout } = weft(run);
    expect(status).to.equal(0);
    for (const name of FILES) expect(stdout).to.include(name);
    expect(readdirSync(join(run, 'export')).sort()).to.deep.equal(FILES);
    const metadata = (
      JSON.parse(readFileSync(join(run, 'export', 'model.json'), 'utf8')) as { userDefinedMetadata: unknown }
    ).userDefinedMetadata;
    expect(metadata).to.deep.include({ inputShape: [8, 8, 1], largestPixel: 16, space: 'mlp' });
    const again = weft(run, '--json');
    const [event] = again.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; files: string[] });
    expect(event).to.include({ type: 'exported' });
    expect([...event!.files].sort()).to.deep.equal(FILES);
  });

  it('leaves folders alone that have anything else in them', () => {
    const run = finishedRun();
    const mine = join(folder(), 'mine');
    mkdirSync(mine);
    for (const name of [...FILES, 'thesis.txt']) writeFileSync(join(mine, name), 'mine');
    for (const out of [mine, run]) {
      const before = readdirSync(out);
      const { status, stderr } = weft(run, '--out', out);
      expect(status).to.equal(1);
      expect(stderr).to.match(/other files in it\n.*--out/);
      expect(readdirSync(out)).to.deep.equal(before);
    }
  });

  it('says what is missing when the run has no trained network', () => {
    const { path } = createRun(folder(), { name: 'unfinished', seed: 1, config: checkConfig({}) as unknown as Json });
    const { status, stderr } = weft(path);
    expect(status).to.equal(1);
    expect(stderr).to.include('no trained network').and.to.include('weft resume');
    expect(readdirSync(path)).to.not.include('export');
  });
});
