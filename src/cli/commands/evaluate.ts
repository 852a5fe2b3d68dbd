/** `weft evaluate`: a trained network on its test part, or on other data. */
import { join } from 'node:path';
import { type SearchConfig } from '../../config/index.js';
import { allExamples, batches, type InputForm, openWithFitting, withColumns } from '../../data/index.js';
import { WeftError } from '../../errors.js';
import { type SearchData } from '../../search/data.js';
import { defined } from '../../search/defined.js';
import { loadModel, type Model } from '../../search/model.js';
import { otherText } from '../../search/text-data.js';
import { catalogue } from '../../supernet/catalogue.js';
import { loadBackend } from '../../tensor/backend.js';
import { type BatchSource } from '../../training/batch.js';
import { evaluateChild, FINAL_EVALUATION } from '../../training/evaluate.js';
import { exampleSource } from '../../training/sources.js';
import { languageMeasures, sayMeasures } from '../../training/language.js';
import { runArguments } from '../next-steps.js';
import { createOutput, show } from '../output.js';
import { openRecorded, openRecordedData, permitted, type RecordedOptions, type RecordedRun } from '../recorded-run.js';
import { loadSpace } from '../registry.js';

const BATCH = 256;

/** Prints accuracy and loss of the run's network: on the test part of its own data, wherever that lies now, or on other data. */
export async function evaluate(
  directory: string,
  { data, ...options }: RecordedOptions & { json?: boolean },
): Promise<void> {
  const output = createOutput(options);
  const recorded = openRecorded(directory);
  const { run, backend } = recorded;
  await loadBackend(backend);
  const model = await loadModel(run.path, (name) => loadSpace(permitted('space', name, run.path, options)));
  try {
    const own = data === undefined ? openRecordedData(recorded) : ownData(directory, data);
    const source = own
      ? testBatches(own, recorded.config, model)
      : model.card.task.kind === 'language'
        ? otherText(data!, model.card)
        : otherExamples(data!, model, recorded);
    const { accuracy, loss, count } = evaluateChild(model.child, model.store, source, FINAL_EVALUATION);
    if (!Number.isFinite(loss))
      throw new WeftError(
        'numeric',
        `the loss of ${join(run.path, 'model.safetensors')} on ${data ?? 'its test part'} is ${loss}`,
        'its weights are too large to compute with, or the data is on another scale than what it was trained on',
      );
    const measures = model.card.level && languageMeasures(loss, model.card.level);
    output.emit({
      type: 'evaluated',
      run: run.path,
      data: own ? 'test part' : data,
      accuracy,
      loss,
      count,
      ...measures,
    });
    output.say(
      `${show(run.path)} on ${own ? `its test part${data === undefined ? '' : ` (${data} is the run's own data)`}` : data}: ${measures ? `${sayMeasures(measures)}, ` : ''}accuracy ${(100 * accuracy).toFixed(2)} %, loss ${loss.toFixed(4)} nats, ${count} ${measures ? 'tokens' : 'examples'}`,
    );
    output.say(`next  weft export ${runArguments(run.path, { space: { name: model.card.space } })}`);
  } finally {
    model.store.dispose();
  }
}

/** The data that the run was made with, where `path` holds the same; a network is not to be judged on what it was trained on. */
function ownData(directory: string, path: string): SearchData | undefined {
  try {
    return openRecordedData(openRecorded(directory, { data: path }));
  } catch (error) {
    if (error instanceof WeftError) return undefined; // other data
    throw error;
  }
}

const testBatches = (data: SearchData, config: SearchConfig, { space }: Model): BatchSource =>
  data.batches(config, { carries: catalogue(space.supernet).states.size > 0 }).test;

/** All examples of another data set (its test part where it has one), read as those of the run were, its classes those of the network. */
function otherExamples(source: string, { card, normalization }: Model, { run, config }: RecordedRun): BatchSource {
  const { inputShape, classes } = card.task;
  const [height, width, channels] = inputShape as [number, number, number];
  const { label, header, charset, imageShape } = config.data;
  const { columns, encoding } = run.manifest.facts['data'] as Pick<InputForm, 'columns' | 'encoding'>;
  const opened = openWithFitting(
    source,
    defined({
      size: [height, width] as const,
      channels: channels === 1 ? (1 as const) : channels === 3 ? (3 as const) : undefined,
      label,
      header,
      charset,
      imageShape,
      classNames: card.classNames,
      encoding,
    }),
  );
  const dataset = columns && !encoding ? withColumns(opened, columns, source) : opened;
  if (dataset.inputShape.join() !== inputShape.join() || dataset.classes !== classes) {
    throw new WeftError(
      'data',
      `${source} has examples of [${dataset.inputShape.join(', ')}] in ${dataset.classes} classes; the network takes [${inputShape.join(', ')}] in ${classes}`,
      'evaluate on data of the same form',
    );
  }
  const split = allExamples(dataset);
  return exampleSource(
    batches(split, {
      batchSize: Math.min(BATCH, split.indices.length),
      seed: 0,
      normalization,
      shuffle: false,
      last: 'keep',
    }),
  );
}
