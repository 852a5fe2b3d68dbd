import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkConfig } from '../../src/config/index.js';
import { type Json } from '../../src/operations/index.js';
import { createRun } from '../../src/runs/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import mlp from '../../search-spaces/mlp.js';
import { runTypeScript, temporaryFolder } from '../runs/temporary.js';
import { finishedRun } from './finished-run.js';
import { randomModel } from './trained.js';

const FILES = [
  'MODEL.md',
  'README.md',
  'architecture.json',
  'group1-shard1of1.bin',
  'index.html',
  'model.json',
  'model.onnx',
  'model.safetensors',
  'tf.min.js',
];

/** What the run has recorded of its data. */
const RECORD = {
  name: 'digits',
  sources: [{ path: '/home/someone/digits.bin', sha256: 'ab'.repeat(32), bytes: 1234 }],
  splits: { train: { count: 900 }, test: { count: 360 } },
};

describe('weft export', function () {
  const folder = temporaryFolder(this);
  before(async () => {
    await loadBackend('cpu');
  });

  const finished = (): string => {
    const model = randomModel(mlp, { depth: 2 });
    const run = finishedRun(folder(), model, { space: { name: 'mlp' } }, RECORD);
    model.store.dispose();
    return run;
  };
  const weft = (...words: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [...runTypeScript, 'src/cli/main.ts', 'export', ...words], { encoding: 'utf8' });

  it('writes into the run, even repeatedly, and names what it wrote', () => {
    const run = finished();
    const { status, stdout } = weft(run);
    expect(status).to.equal(0);
    for (const name of FILES) expect(stdout).to.include(name);
    expect(readdirSync(join(run, 'export')).sort()).to.deep.equal(FILES);
    const metadata = (
      JSON.parse(readFileSync(join(run, 'export', 'model.json'), 'utf8')) as { userDefinedMetadata: unknown }
    ).userDefinedMetadata;
    expect(metadata).to.deep.include({ inputShape: [8, 8, 1], largestPixel: 16, space: 'mlp' });
    expect(metadata)
      .to.have.property('input')
      .that.deep.includes({ kind: 'picture', height: 8, channels: 1, white: 16 });
    expect(metadata).to.have.nested.property('data.parts.test', 360);
    const card = readFileSync(join(run, 'export', 'MODEL.md'), 'utf8');
    expect(card).to.include('900 examples').and.to.include('ab'.repeat(32)).and.to.include('## Licence');
    expect(card)
      .to.match(/resized to 8 x 8.*bilinear when growing/)
      .and.to.include('scaled from 0..255 to 0..16');
    for (const text of [card, JSON.stringify(metadata)]) expect(text).to.not.include('/home');
    const again = weft(run, '--json');
    const [event] = again.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; files: string[] });
    expect(event).to.include({ type: 'exported' });
    expect([...event!.files].sort()).to.deep.equal(FILES);
  });

  it('leaves folders with other content alone', () => {
    const run = finished();
    const mine = join(folder(), 'mine');
    mkdirSync(mine);
    for (const name of [...FILES, 'thesis.txt']) writeFileSync(join(mine, name), 'mine');
    for (const out of [mine, run]) {
      const before = readdirSync(out);
      const { status, stderr } = weft(run, '--out', out);
      expect(status).to.equal(1);
      expect(stderr).to.match(/with other files\n.*--out/);
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
