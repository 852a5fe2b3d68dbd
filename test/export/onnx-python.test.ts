/** Networks as ONNX in Python: accepted by the checker of `onnx`, and run by onnxruntime with the same outputs. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { conv1dSpace } from '../../search-spaces/conv-1d.js';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { mlp } from '../../search-spaces/mlp.js';
import { exportModel } from '../../src/export/index.js';
import { type Task } from '../../src/graph/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf } from '../../src/tensor/tf.js';
import { FINAL_EVALUATION } from '../../src/training/index.js';
import { temporaryFolder } from '../runs/temporary.js';
import { DIGITS, randomModel } from './trained.js';

/** A Python that has the packages; WEFT_PYTHON names one. */
const PYTHON = process.env['WEFT_PYTHON'] ?? 'python3';
const has = (module: string): boolean =>
  spawnSync(PYTHON, ['-c', `import importlib.util as u, sys; sys.exit(u.find_spec('${module}') is None)`]).status === 0;

const RUN = `
import json, sys
import numpy as np
import onnxruntime
path, shape = sys.argv[1], json.loads(sys.argv[2])
x = np.sin(np.arange(np.prod(shape), dtype=np.float32) ** 2).reshape(shape).astype(np.float32)
outputs = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider']).run(None, {'input': x})
print(json.dumps({'x': x.ravel().tolist(), 'y': outputs[0].ravel().tolist()}))
`;
const CHECK = `
import sys, onnx
model = onnx.load(sys.argv[1])
onnx.checker.check_model(model, full_check=True)
print(model.opset_import[0].version)
`;

describe('networks as ONNX in Python', function () {
  this.timeout(120_000);
  const folder = temporaryFolder(this);

  const RISING: Task = {
    kind: 'regression',
    inputShape: [1, 9, 2],
    classes: 1,
    change: { column: 1, input: 1.5, output: 2.5 },
  };
  for (const [factory, options, task] of [
    [mlp, { depth: 2, widths: [8] }, { inputShape: [1, 1, 5], classes: 3 }],
    [macroCnn, { layers: 4, filters: 4 }, DIGITS],
    [conv1dSpace, { layers: 2, filters: 4, direct: true }, RISING],
  ] as const)
    for (const [use, module] of [
      ['gives the same in onnxruntime', 'onnxruntime'],
      ['is accepted by the checker of onnx', 'onnx'],
    ] as const)
      it(`${factory.name} ${use}`, async function () {
        if (!has(module)) this.skip(); // no Python with this package on this machine
        await loadBackend('cpu');
        const model = randomModel(factory, options, { task, seed: 2 });
        const path = join(folder(), `${factory.name}.onnx`);
        const targets = { names: ['y'], mean: [0], std: [1] };
        const whole = task.classes === 1 ? { ...model, card: { ...model.card, targets } } : model;
        writeFileSync(path, (await exportModel(whole))['model.onnx'] as Uint8Array);
        const shape = [3, ...task.inputShape];
        const program = module === 'onnx' ? CHECK : RUN;
        const { status, stdout, stderr } = spawnSync(PYTHON, ['-c', program, path, JSON.stringify(shape)], {
          encoding: 'utf8',
        });
        expect(status, stderr).to.equal(0);
        if (module === 'onnx') expect(Number(stdout)).to.be.at.least(13);
        else {
          const { x, y } = JSON.parse(stdout) as { x: number[]; y: number[] };
          const { child, store, normalization } = model;
          const expected = tf.tidy(() => {
            const normalized = tf.div(tf.sub(tf.tensor(x, shape), [...normalization.mean]), [...normalization.std]);
            return child.forward(store.parameters, store.statistics, normalized, FINAL_EVALUATION).dataSync();
          });
          expect(y).to.have.length(expected.length);
          y.forEach((value, i) =>
            expect(value).to.be.closeTo(expected[i]!, 1e-5 * Math.max(1, Math.abs(expected[i]!))),
          );
        }
        model.store.dispose();
      });
});
