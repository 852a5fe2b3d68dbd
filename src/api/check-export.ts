/** Whether the files of an export compute the same as the network of their run. */
import { type CheckedFile, checkFiles, exampleInputs, trainedOf, type UncheckedFile } from '../export/index.js';
import { WeftError } from '../errors.js';
import { loadModel, type Model } from '../search/model.js';
import { catalogue } from '../supernet/catalogue.js';
import { loadBackend } from '../tensor/backend.js';
import { tf, tidy, type Tensor } from '../tensor/tf.js';
import { withBatch } from '../training/batch.js';
import { openRecorded, openRecordedData, type RecordedRun, spaceOfModel, type SpaceOptions } from './recorded-run.js';

export interface CheckOptions extends SpaceOptions {
  /** The current location of the run's data. */
  readonly data?: string | undefined;
}

export interface CheckOutcome {
  /** The inputs on which the files were compared. */
  readonly inputs: string;
  readonly files: readonly (CheckedFile | UncheckedFile)[];
}

/** Number of test examples compared. */
const EXAMPLES = 64;

/**
 * Loads each file in `folder`, which is an export of the run, in its own runtime, and compares its outputs with the
 * network's for examples of the test part; if the data cannot be opened, for synthetic ones, which the outcome states.
 */
export async function checkExport(
  directory: string,
  folder: string,
  { data, ...options }: CheckOptions = {},
): Promise<CheckOutcome> {
  const recorded = openRecorded(directory, data === undefined ? {} : { data });
  await loadBackend('cpu');
  const model = await loadModel(recorded.run.path, () => spaceOfModel(recorded.run.path, options));
  const { inputs, said } = inputsOf(recorded, model);
  try {
    return { inputs: said, files: checkFiles(folder, trainedOf(model), inputs) };
  } finally {
    inputs.dispose();
    model.store.dispose();
  }
}

function inputsOf(recorded: RecordedRun, model: Model): { inputs: Tensor; said: string } {
  try {
    const inputs = testInputs(recorded, model);
    return { inputs, said: `${inputs.shape[0]} test examples` };
  } catch (error) {
    if (!(error instanceof WeftError) || error.code !== 'data') throw error;
    const inputs = exampleInputs(trainedOf(model), EXAMPLES);
    return { inputs, said: `${EXAMPLES} made-up examples, because the data cannot be opened: ${error.message}` };
  }
}

/** The first examples of the test part in the units of the data; missing table values are replaced by their mean. */
function testInputs(recorded: RecordedRun, { space, card, normalization }: Model): Tensor {
  const source = openRecordedData(recorded).batches(recorded.config, {
    carries: catalogue(space.supernet).states.size > 0,
  }).test;
  return withBatch(source, 0, 0, ({ inputs }) =>
    tidy(() => {
      const some = tf.slice(inputs, 0, Math.min(EXAMPLES, inputs.shape[0]));
      if (card.task.kind === 'language') return tf.cast(some, 'float32');
      return tf.add(tf.mul(some, tf.tensor1d([...normalization.std])), tf.tensor1d([...normalization.mean]));
    }),
  );
}
