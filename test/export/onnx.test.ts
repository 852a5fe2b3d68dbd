/**
 * ONNX by another program than ours: onnxruntime gives the numbers of the network, kernel by kernel and space by space.
 */
import { expect } from 'chai';
import { exportModel } from '../../src/export/index.js';
import { onnxModel } from '../../src/export/onnx/index.js';
import { WRITERS as ONNX_WRITERS } from '../../src/export/onnx/kernels/index.js';
import { isExportable, WRITERS } from '../../src/export/kernels/index.js';
import { type Program, traceProgram } from '../../src/export/program.js';
import { stream } from '../../src/tensor/rng.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf } from '../../src/tensor/tf.js';
import { FINAL_EVALUATION } from '../../src/training/index.js';
import { SPACES } from '../contract/space-table.js';
import { said } from '../said.js';
import { CASES, type F, weights } from './kernel-cases.js';
import { runOnnx } from './onnx-runtime.js';
import { randomModel } from './trained.js';

/** What opset 18 has no operation for. */
const ABSENT = ['Atan2'];

const OPTIONS = { inputShape: [4, 4, 2], name: 'test', producer: ['test', '1'], metadata: {} } as const;

/** The functions as one program, each a result of its own. */
const programOf = (functions: Readonly<Record<string, F>>): Program =>
  traceProgram(
    (x) => Object.fromEntries(Object.entries(functions).map(([name, f]) => [name, tf.cast(f(x), 'float32')])),
    { input: (examples) => weights(examples, 4, 4, 2), names: new Map(), isWhole: isExportable },
  );

describe('networks as ONNX', () => {
  before(async () => {
    await loadBackend('cpu');
  });

  it('support every exported kernel except those named here', () => {
    expect([...Object.keys(ONNX_WRITERS), ...ABSENT].sort()).to.deep.equal(Object.keys(WRITERS).sort());
  });

  it('name a kernel that ONNX does not support', () => {
    const program = programOf({ y: (x) => tf.atan2(x, tf.add(tf.abs(x), 0.5)) });
    expect(said(() => onnxModel(program, OPTIONS))).to.match(/kernel 'Atan2'.*opset 18/);
  });

  it('give the same in onnxruntime, kernel by kernel', async () => {
    const cases = Object.fromEntries(
      Object.entries(CASES)
        .filter(([kernel]) => !ABSENT.includes(kernel))
        .flatMap(([kernel, functions]) => [functions].flat().map((f, i): [string, F] => [`${kernel}-${i}`, f])),
    );
    const model = onnxModel(programOf(cases), OPTIONS);
    const x = weights(5, 4, 4, 2);
    const found = await runOnnx(model, x.dataSync(), x.shape);
    for (const [name, f] of Object.entries(cases)) {
      const expected = tf.tidy(() => tf.cast(f(x), 'float32'));
      expect(found[name]!.dims, name).to.deep.equal(expected.shape);
      expected
        .dataSync()
        .forEach((value, i) =>
          expect(found[name]!.data[i], name).to.be.closeTo(value, 1e-5 * Math.max(1, Math.abs(value))),
        );
      expected.dispose();
    }
    x.dispose();
  });

  for (const { factory, options, task } of SPACES) {
    it(`${factory.name} gives the same in onnxruntime, for one example and for several`, async () => {
      for (const seed of [1, 2]) {
        const model = randomModel(factory, options, { task, seed });
        const file = (await exportModel(model))['model.onnx'] as Uint8Array;
        for (const count of [1, 4]) {
          const rng = stream(seed, 'onnx', count);
          const size = count * task.inputShape.reduce((a, b) => a * b, 1);
          const inputs = Float32Array.from({ length: size }, () =>
            task.kind === 'language' ? rng.int(task.classes) : Math.floor(17 * rng.uniform()),
          );
          const { mean, std } = model.normalization;
          const [logits, probabilities] = tf.tidy(() => {
            const normalized =
              task.kind === 'language'
                ? inputs
                : inputs.map((x, i) => (x - mean[i % mean.length]!) / std[i % std.length]!);
            const batch = tf.tensor(normalized, [count, ...task.inputShape]);
            const y = model.child.forward(model.store.parameters, model.store.statistics, batch, FINAL_EVALUATION);
            return [y.dataSync(), tf.softmax(y).dataSync()];
          });
          const found = await runOnnx(file, inputs, [count, ...task.inputShape]);
          expect(found['logits']!.dims[0]).to.equal(count);
          const largest = Math.max(1, ...logits.map(Math.abs));
          logits.forEach((value, i) => expect(found['logits']!.data[i]).to.be.closeTo(value, 1e-5 * largest));
          probabilities.forEach((value, i) => expect(found['probabilities']!.data[i]).to.be.closeTo(value, 1e-5));
        }
        model.store.dispose();
      }
    });
  }
});
