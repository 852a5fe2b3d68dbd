/** A temperature from the run to its evaluation, its predictions and its exports. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { mlp } from '../../search-spaces/mlp.js';
import { evaluateRun, loadModel, resumeSearch, type SearchConfigInput } from '../../src/index.js';
import { exportModel } from '../../src/export/index.js';
import { isCalibrated } from '../../src/search/kept-epoch.js';
import { loadModel as loadNetwork } from '../../src/search/model.js';
import { checkConfig } from '../../src/config/index.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { runOnnx } from '../export/onnx-runtime.js';
import { loadExported } from '../export/trained.js';
import { temporaryFolder } from '../runs/temporary.js';
import { runFor } from '../runs/tiny-run.js';

interface Summary {
  readonly resultHash: string;
  readonly weights: string;
  readonly test: { readonly loss: number; readonly accuracy: number };
  readonly assessment: {
    readonly calibration: { readonly temperature?: number; readonly before?: { error: number; loss: number } };
  };
}
const summaryOf = (run: string): Summary => JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8')) as Summary;

describe('calibration of a finished network', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);

  /** Classes that overlap, on which a network that trains for long becomes too sure of itself. */
  const table = (): string => {
    const rng = stream('overlap');
    const rows = Array.from({ length: 120 }, (_, i) =>
      [rng.normal() + (i % 2), rng.normal(), rng.normal(), i % 2 ? 'yes' : 'no'].join(),
    );
    const path = join(folder(), 'overlap.csv');
    writeFileSync(path, `a,b,c,answer\n${rows.join('\n')}\n`);
    return path;
  };
  const search = (data: string, retrain: SearchConfigInput['retrain'], units = Infinity): Promise<string> =>
    runFor(units, folder(), {
      space: { depth: 1, widths: [16] },
      compile: 'off',
      search: { epochs: 1, rounds: 1, samplesPerRound: 2, probe: 0, batchSize: 16, rewardBatchSize: 8 },
      derive: { candidates: 1, random: 0, batchSize: 8 },
      retrain: { epochs: 30, batchSize: 24, optimizer: { name: 'adam', learningRate: 0.05 }, ...retrain },
      checkpoint: { everySeconds: 30 },
      data: { source: data },
    });

  it('changes probabilities but no label, in the same way in the run, its evaluation, predictions and exports', async () => {
    const data = table();
    const run = await search(data, { calibrate: true });
    const { test, assessment, resultHash } = summaryOf(run);
    const { temperature, before } = assessment.calibration;
    expect(temperature, 'of a network that is too sure of itself').to.be.above(1.1);
    expect(before!.loss).to.be.above(test.loss);

    const evaluated = await evaluateRun(run);
    expect(evaluated.loss).to.be.closeTo(test.loss, 1e-6);

    const rows = Array.from({ length: 20 }, (_, i) => [i / 10 - 1, (i % 3) - 1, (i % 5) / 2 - 1]);
    const model = await loadModel(run);
    const predicted = model.predict(rows);
    model.dispose();

    const network = await loadNetwork(run, () => Promise.resolve(mlp));
    const files = await exportModel(network);
    const logits = (child: typeof network.child): number[][] =>
      tf.tidy(
        () =>
          child
            .forward(
              network.store.parameters,
              network.store.statistics,
              tf.div(
                tf.sub(tf.tensor4d(rows.flat(), [20, 1, 1, 3]), tf.tensor1d(network.normalization.mean as number[])),
                tf.tensor1d(network.normalization.std as number[]),
              ),
              { training: false, normalization: 'running' },
            )
            .arraySync() as number[][],
      );
    const [hot, cold] = [logits(network.trained), logits(network.child)];
    network.store.dispose();
    cold.forEach((row, i) => row.forEach((z, c) => expect(z * temperature!).to.be.closeTo(hot[i]![c]!, 1e-4)));
    hot.forEach(([no, yes], i) => expect(predicted[i]!.label).to.equal(yes! > no! ? 'yes' : 'no'));

    const { exported, metadata } = await loadExported(files);
    expect(metadata).to.have.property('temperature', temperature);
    const answered = exported.execute(tf.tensor4d(rows.flat(), [20, 1, 1, 3]), 'probabilities') as tf.Tensor2D;
    answered
      .arraySync()
      .forEach((row, i) => row.forEach((p, c) => expect(p).to.be.closeTo(predicted[i]!.probabilities[c]!, 1e-5)));
    exported.dispose();
    const byOnnx = await runOnnx(files['model.onnx'] as Uint8Array, rows.flat(), [20, 1, 1, 3]);
    predicted.forEach(({ probabilities }, i) =>
      probabilities.forEach((p, c) => expect(byOnnx['probabilities']!.data[2 * i + c]).to.be.closeTo(p, 1e-5)),
    );
    expect(String(files['MODEL.md'])).to.include('divided by the temperature');
    expect(JSON.parse(String(files['architecture.json']))).to.include({ temperature });
    const report = readFileSync(join(run, 'report.html'), 'utf8');
    expect(report).to.include('fitted on the validation part').and.include('Stated probabilities and right answers');

    const stopped = await search(data, { calibrate: true }, 60);
    await resumeSearch(stopped);
    expect(summaryOf(stopped).resultHash).to.equal(resultHash);
  });

  it('happens if the validation part is held out, and holds it out if requested', () => {
    const of = (retrain: SearchConfigInput['retrain']): boolean => isCalibrated(checkConfig({ retrain }).retrain);
    expect([
      of({}),
      of({ keep: 'best' }),
      of({ calibrate: true }),
      of({ keep: 'best', calibrate: false }),
    ]).to.deep.equal([false, true, true, false]);
  });
});
