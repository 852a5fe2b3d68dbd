/** `weft evaluate`: a trained network on its test part, or on other data. */
import { checkConfig, type SearchConfig } from '../../config/index.js';
import { batches, batchTensors, openDataset, allExamples } from '../../data/index.js';
import { WeftError } from '../../errors.js';
import { openRun } from '../../runs/index.js';
import { openData } from '../../search/data.js';
import { loadModel, type Model } from '../../search/model.js';
import { otherText } from '../../search/text-data.js';
import { catalogue } from '../../supernet/catalogue.js';
import { loadBackend } from '../../tensor/backend.js';
import { type BatchSource } from '../../training/batch.js';
import { evaluateChild, FINAL_EVALUATION } from '../../training/evaluate.js';
import { languageMeasures, sayMeasures } from '../../training/language.js';
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
    const source =
      options.data === undefined
        ? testBatches(config, model)
        : model.card.task.kind === 'language'
          ? otherText(options.data, model.card)
          : otherExamples(options.data, model);
    const { accuracy, loss, count } = evaluateChild(model.child, model.store, source, FINAL_EVALUATION);
    const measures = model.card.level && languageMeasures(loss, model.card.level);
    output.emit({
      type: 'evaluated',
      run: run.path,
      data: options.data ?? 'test part',
      accuracy,
      loss,
      count,
      ...measures,
    });
    output.say(
      `${show(run.path)} on ${options.data ?? 'its test part'}: ${measures ? `${sayMeasures(measures)}, ` : ''}accuracy ${(100 * accuracy).toFixed(2)} %, loss ${loss.toFixed(4)} nats, ${count} ${measures ? 'tokens' : 'examples'}`,
    );
    output.say(`next  weft export ${show(run.path)}`);
  } finally {
    model.store.dispose();
  }
}

const testBatches = (config: SearchConfig, { space }: Model): BatchSource =>
  openData(config).batches(config, { carries: catalogue(space.supernet).states.size > 0 }).test;

/** All examples of another data set: its test part where it has one. */
function otherExamples(source: string, { card, normalization }: Model): BatchSource {
  const dataset = openDataset(source);
  if (dataset.inputShape.join() !== card.task.inputShape.join() || dataset.classes !== card.task.classes) {
    throw new WeftError(
      'data',
      `${source} has examples of [${dataset.inputShape.join(', ')}] in ${dataset.classes} classes; the network takes [${card.task.inputShape.join(', ')}] in ${card.task.classes}`,
      'evaluate on data of the same form',
    );
  }
  const split = allExamples(dataset);
  const all = batches(split, {
    batchSize: Math.min(BATCH, split.indices.length),
    seed: 0,
    normalization,
    shuffle: false,
    last: 'keep',
  });
  return {
    count: all.examplesPerEpoch,
    steps: all.stepsPerEpoch,
    at: (epoch, step) => batchTensors(all.at(epoch, step)),
  };
}
