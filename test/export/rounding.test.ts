/** Weights with fewer bits: the arithmetic of the rounding, and exports that state what it costs. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { allExamples, batches, readDigits } from '../../src/data/index.js';
import {
  agrees,
  type CheckedFile,
  checkFiles,
  exampleInputs,
  exportModel,
  type ModelFacts,
  trainedOf,
} from '../../src/export/index.js';
import { isRounded, toBytes, toFloat16 } from '../../src/export/rounding.js';
import { decodeSafetensors } from '../../src/runs/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf } from '../../src/tensor/tf.js';
import { evaluateChild, FINAL_EVALUATION } from '../../src/training/index.js';
import { exampleSource } from '../../src/training/sources.js';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { mlp } from '../../search-spaces/mlp.js';
import { temporaryFolder } from '../runs/temporary.js';
import { runOnnx } from './onnx-runtime.js';
import { randomModel } from './trained.js';

/** [IEEE 754-2019, 3.4]: sign, five bits of exponent, ten of fraction. */
const valueOf = (bits: number): number => {
  const [sign, exponent, fraction] = [bits >> 15 === 0 ? 1 : -1, (bits >> 10) & 31, bits & 1023];
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
};
const FINITE = Array.from({ length: 2 ** 16 }, (_, bits) => bits).filter((bits) => ((bits >> 10) & 31) < 31);

describe('weights with fewer bits', function () {
  const folder = temporaryFolder(this);
  before(async () => {
    await loadBackend('cpu');
  });

  it('represent every 16-bit number exactly, and any other by the nearest', () => {
    expect([...toFloat16(FINITE.map(valueOf))]).to.deep.equal(FINITE);
    fc.assert(
      fc.property(fc.double({ min: -65504, max: 65504, noNaN: true }), (value) => {
        const [bits] = toFloat16([value]) as unknown as [number];
        const gap = Math.abs(valueOf(bits) - value);
        for (const other of [bits - 1, bits + 1])
          if (other >= 0 && ((other >> 10) & 31) < 31 && other >> 15 === bits >> 15)
            expect(gap).to.be.at.most(Math.abs(valueOf(other) - value));
      }),
    );
    // Halfway between neighbours: the even one.
    expect([...toFloat16([1 + 1 / 2048, 1 + 3 / 2048])].map(valueOf)).to.deep.equal([1, 1 + 2 / 1024]);
  });

  it('are within half a step of 8 bits, and zero is exact', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true, min: -1000, max: 1000 }), { minLength: 1 }), (values) => {
        const { bytes, scale, zero } = toBytes(values);
        values.forEach((value, i) => {
          const restored = (bytes[i]! - zero) * scale;
          if (value === 0) expect(restored).to.equal(0);
          // The zero byte is rounded too, which may shift the ends by half a step.
          expect(Math.abs(restored - value)).to.be.at.most(scale * (1 + 1e-5));
        });
      }),
    );
  });

  it('leave short tensors and other types unchanged', () => {
    expect(isRounded('int8', 'float32', new Float32Array(10))).to.equal(false);
    expect(isRounded('int8', 'int32', new Int32Array(100))).to.equal(false);
    expect(isRounded('float16', 'float32', new Float32Array(100).fill(1e5))).to.equal(false);
    expect(isRounded('int8', 'float32', new Float32Array(100).fill(1e5))).to.equal(true);
  });

  const test = exampleSource(
    batches(allExamples(readDigits()), {
      batchSize: 200,
      seed: 0,
      normalization: { mean: [4.9], std: [6] },
      shuffle: false,
      last: 'keep',
    }),
  );

  for (const [type, bits, cost] of [
    ['float16', 16, 0.02],
    ['int8', 8, 0.5],
  ] as const)
    it(`${type}: the same in TensorFlow.js and onnxruntime, smaller, and its cost is stated`, async () => {
      const model = randomModel(macroCnn, { layers: 3, filters: 16 });
      const [plain, rounded] = [
        await exportModel(model),
        await exportModel(model, { rounding: { weights: type, test } }),
      ];
      const size = (files: typeof plain, name: string): number => files[name]!.length;
      for (const name of ['group1-shard1of1.bin', 'model.onnx'])
        expect(size(rounded, name), name).to.be.below(size(plain, name));
      expect(size(rounded, 'group1-shard1of1.bin') / size(plain, 'group1-shard1of1.bin')).to.be.below(bits / 32 + 0.15);

      const { rounding } = (JSON.parse(rounded['model.json'] as string) as { userDefinedMetadata: ModelFacts })
        .userDefinedMetadata;
      const own = evaluateChild(model.child, model.store, test, FINAL_EVALUATION);
      expect(rounding).to.deep.include({ weights: type, count: own.count });
      expect(rounding!.before).to.deep.include({ loss: own.loss, accuracy: own.accuracy });
      const { before, after, runtime } = rounding!;
      expect([before.bytes, after.bytes]).to.deep.equal(
        [plain, rounded].map((files) => size(files, 'group1-shard1of1.bin')),
      );
      for (const { milliseconds } of [before, after]) expect(milliseconds).to.be.above(0);
      expect(rounded['MODEL.md']).to.include(`${before.milliseconds.toPrecision(2)} ms in ${runtime}`);
      expect(rounding!.after.loss).to.not.equal(own.loss);
      expect(Math.abs(rounding!.after.loss - own.loss)).to.be.below(cost);
      expect(rounded['MODEL.md']).to.match(new RegExp(`rounded to ${bits}.bit.*accuracy .* instead of`));
      // What is for other frameworks stays as it was trained.
      expect(
        Buffer.compare(rounded['model.safetensors'] as Uint8Array, plain['model.safetensors'] as Uint8Array),
      ).to.equal(0);
      tf.dispose(decodeSafetensors(rounded['model.safetensors'] as Uint8Array, 'model.safetensors').tensors);

      const target = mkdtempSync(join(folder(), 'export-'));
      for (const [name, content] of Object.entries(rounded)) writeFileSync(join(target, name), content);
      const inputs = exampleInputs(trainedOf(model), 5);
      const files = checkFiles(target, trainedOf(model), inputs) as CheckedFile[];
      expect(files.every(agrees)).to.equal(true);
      expect(files.map((one) => one.rounded)).to.deep.equal([true, false, false]);
      expect(files[0]!.difference).to.be.above(1e-5);
      expect(files[2]).to.deep.include({ file: 'model.onnx', with: 'model.json' });
      tf.dispose(inputs);
      model.store.dispose();
    });

  it('are read by onnxruntime for matrix products', async () => {
    const model = randomModel(mlp, { depth: 2, widths: [16] });
    const { 'model.onnx': file } = await exportModel(model, { rounding: { weights: 'int8', test } });
    const { probabilities } = await runOnnx(
      file as Uint8Array,
      readDigits().train.images.subarray(0, 128),
      [2, 8, 8, 1],
    );
    expect(probabilities!.data.reduce((sum, p) => sum + p, 0)).to.be.closeTo(2, 1e-5);
    model.store.dispose();
  });
});
