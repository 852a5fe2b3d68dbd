/**
 * What a bundler makes of the package: it drops every module that has no side effects by package.json and whose exports
 * nobody uses.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { build } from 'esbuild';

/** Trains a layer with K-FAC, whose name stands in a configuration and nowhere else. */
const PROGRAM = `
import { gradientsOf, loadBackend, nn, optimizers, tf } from 'weft-nas';
import { capturedGradients } from './src/tensor/second-order/index.js';
await loadBackend('cpu');
const inputs = tf.randomNormal([16, 3], 0, 1, 'float32', 1);
const labels = tf.tensor1d(Array.from({ length: 16 }, (_, i) => i % 2), 'int32');
const cut = {
  outputs: ({ kernel, bias }) => nn.dense(inputs, kernel, bias),
  loss: (logits) => tf.mean(nn.softmaxCrossEntropy(logits, labels)),
};
const trainer = optimizers.createTrainer(
  { name: 'sgd', learningRate: 0.5, preconditioner: { name: 'kfac' } },
  { stepsPerEpoch: 10, totalSteps: 10 },
);
let parameters = { kernel: tf.zeros([3, 2]), bias: tf.zeros([2]) };
let state = optimizers.emptyState;
const losses = [];
for (let step = 0; step < 10; step++) {
  const evaluate = (at, { capture }) => {
    const { value, gradients, layers } = capturedGradients(cut, at, capture ?? {});
    return { loss: value, gradients, layers };
  };
  const stepped = trainer.step(evaluate, parameters, state, { step, batchSize: 16 });
  ({ parameters, state } = stepped);
  losses.push(stepped.loss);
}
console.log(JSON.stringify({ losses, slots: Object.keys(state.tensors) }));
`;

describe('a bundle of the package', function () {
  this.timeout(60_000);

  it('trains with K-FAC, and drops no import', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'weft-bundle-'));
    try {
      symlinkSync(resolve('node_modules'), join(folder, 'node_modules'), 'junction');
      const outfile = join(folder, 'bundle.mjs');
      const { warnings } = await build({
        stdin: { contents: PROGRAM, resolveDir: process.cwd(), loader: 'ts' },
        bundle: true,
        packages: 'external',
        alias: {
          'weft-nas/search-spaces': resolve('search-spaces'),
          'weft-nas/controllers': resolve('controllers'),
          'weft-nas/studies': resolve('studies'),
          'weft-nas/report': resolve('src/report/kit.ts'),
          'weft-nas/study': resolve('src/studies/kit.ts'),
          'weft-nas': resolve('src/index.ts'),
        },
        platform: 'node',
        format: 'esm',
        outfile,
        logLevel: 'silent',
      });
      // Such as that an import for its side effects is ignored.
      expect(warnings).to.deep.equal([]);
      const { losses, slots } = JSON.parse(execFileSync(process.execPath, [outfile], { encoding: 'utf8' })) as {
        losses: number[];
        slots: string[];
      };
      expect(losses.at(-1)).to.be.below(losses[0]!);
      expect(slots.some((slot) => slot.startsWith('kfac/'))).to.equal(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
