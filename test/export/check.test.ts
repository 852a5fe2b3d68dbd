/** `weft export --check`: what is whole agrees with the network, and what is not is named. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { agrees, type CheckedFile, checkFiles, exampleInputs, exportModel, trainedOf } from '../../src/export/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf } from '../../src/tensor/tf.js';
import { exportNetwork } from '../../src/cli/commands/export.js';
import { mlp } from '../../search-spaces/mlp.js';
import { textPrintedBy } from '../cli/printed.js';
import { temporaryFolder } from '../runs/temporary.js';
import { tinyRun } from '../runs/tiny-run.js';
import { said } from '../said.js';
import { randomModel } from './trained.js';

describe('the check of an export', function () {
  const folder = temporaryFolder(this);
  before(async () => {
    await loadBackend('cpu');
  });

  it('compares every file with the network on test examples, and prints the largest differences', async () => {
    const run = await tinyRun(folder());
    const text = await textPrintedBy(() => exportNetwork(run, { check: true }));
    expect(text).to.include('checked on 12 test examples');
    expect(text).to.match(/model\.json +the same in @tensorflow\/tfjs: largest difference \d\.\de-\d/);
    expect(text).to.match(/model\.safetensors +the same in weft: largest difference 0/);
    expect(text).to.match(/model\.onnx +the same in onnxruntime-(web|node): largest difference \d/);
    // The data is gone: said, and compared on other inputs.
    rmSync(join(folder(), 'data.csv'));
    const lines = (await textPrintedBy(() => exportNetwork(run, { check: true, json: true }))).trim().split('\n');
    const checked = JSON.parse(lines.at(-1)!) as { type: string; inputs: string; files: CheckedFile[] };
    expect(checked.inputs).to.match(/64 made-up examples, because .*data\.csv/);
    expect(checked.files.map(({ file }) => file)).to.deep.equal(['model.json', 'model.safetensors', 'model.onnx']);
    expect(checked.files.every(agrees)).to.equal(true);
  });

  it('notices different weights, in each format, and leaves no tensor behind', async () => {
    const target = mkdtempSync(join(folder(), 'export-'));
    const model = randomModel(mlp, { depth: 1, widths: [4] });
    const other = randomModel(mlp, { depth: 1, widths: [4] }, { architecture: model.child.architecture, seed: 2 });
    for (const [name, content] of Object.entries(await exportModel(other))) writeFileSync(join(target, name), content);
    const inputs = exampleInputs(trainedOf(model), 5);
    const before = tf.memory().numTensors;
    const files = checkFiles(target, trainedOf(model), inputs) as CheckedFile[];
    expect(tf.memory().numTensors).to.equal(before);
    expect(files.map(agrees)).to.deep.equal([false, false, false]);

    const onnx = readFileSync(join(target, 'model.onnx'));
    writeFileSync(join(target, 'model.onnx'), onnx.subarray(0, onnx.length - 40));
    expect(said(() => checkFiles(target, trainedOf(other), inputs))).to.match(/model\.onnx cannot be run: .*Error/);
    tf.dispose(inputs);
    model.store.dispose();
    other.store.dispose();
  });
});
