/** `weft evaluate`: a trained network on its test part, or on other data. */
import { checkConfig, type SearchConfig } from '../../config/index.js';
import { batches, batchTensors, openDataset, type Split, allExamples } from '../../data/index.js';
import { WeftError } from '../../errors.js';
import { openRun } from '../../runs/index.js';
import { openData } from '../../search/data.js';
import { loadModel, type Model } from '../../search/model.js';
import { loadBackend } from '../../tensor/backend.js';
import { evaluateChild, FINAL_EVALUATION } from '../../training/evaluate.js';
import { createOutput, show } from '../output.js';
import { loadSpace } from '../registry.js';

const BATCH = 256;

/** Prints accuracy and loss of the run's network. */
export async function evaluate(directory: string, options: { data?: string; json?: boolean }): Promise<void> {
  const output = createOutput(options);
  const run = openRun(directory);
  const config = checkConfig(run.config);
  await loadBackend((run.manifest.facts['backend'] as SearchConfig['backend']) ?? config.backend);
  const model = await loadModel(run.path, loadSpace);
  try {
    const split = options.data === undefined ? openData(config).splits.test : otherData(options.data, model);
    const all = batches(split, { batchSize: Math.min(BATCH, split.indices.length), seed: 0, normalization: model.normalization, shuffle: false, last: 'keep' });
    const source = { count: all.examplesPerEpoch, steps: all.stepsPerEpoch, at: (epoch: number, step: number) => batchTensors(all.at(epoch, step)) };
    const { accuracy, loss, count } = evaluateChild(model.child, model.store, source, FINAL_EVALUATION);
    output.emit({ type: 'evaluated', run: run.path, data: options.data ?? 'test part', accuracy, loss, count });
    output.say(`${show(run.path)} on ${options.data ?? 'its test part'}: accuracy ${(100 * accuracy).toFixed(2)} %, loss ${loss.toFixed(4)} nats, ${count} examples`);
    output.say(`next  weft export ${show(run.path)}`);
  } finally {
    model.store.dispose();
  }
}

/** All examples of another data set: its test part where it has one. */
function otherData(source: string, { card }: Model): Split {
  const dataset = openDataset(source);
  if (dataset.inputShape.join() !== card.task.inputShape.join() || dataset.classes !== card.task.classes) {
    throw new WeftError('data', `${source} has examples of [${dataset.inputShape.join(', ')}] in ${dataset.classes} classes; the network takes [${card.task.inputShape.join(', ')}] in ${card.task.classes}`, 'evaluate on data of the same form');
  }
  return allExamples(dataset);
}
