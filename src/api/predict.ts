/** Asking the trained network of a run about new examples. */
import { checkConfig } from '../config/index.js';
import {
  batches,
  exampleSize,
  type InputForm,
  type InputShape,
  readPictures,
  readRows,
  scaleToWhite,
  type Split,
  type Unlabelled,
  whiteOf,
} from '../data/index.js';
import { WeftError } from '../errors.js';
import { openRun } from '../runs/index.js';
import { loadModel as loadNetwork } from '../search/model.js';
import { type BackendName, loadBackend } from '../tensor/backend.js';
import { tf, tidy } from '../tensor/tf.js';
import { withBatch } from '../training/batch.js';
import { FINAL_EVALUATION } from '../training/evaluate.js';
import { exampleSource } from '../training/sources.js';
import { spaceOfModel, type SpaceOptions } from './recorded-run.js';

/** What a network says of one example. */
export interface Prediction {
  /** The most probable class. */
  readonly label: string;
  readonly probability: number;
  /** By class, in the order of `classNames`; they sum to one. */
  readonly probabilities: readonly number[];
}

/** A prediction of an example in a file: its path, or `FILE:LINE`. */
export interface NamedPrediction extends Prediction {
  readonly name: string;
}

/** A trained classifier. The caller disposes it. */
export interface LoadedModel {
  readonly architecture: string;
  readonly inputShape: InputShape;
  readonly classNames: readonly string[];
  /** The columns that it was trained on, where it has learned from a table with a header. */
  readonly columns?: readonly string[] | undefined;
  /** Of examples in the units of the training data, each row-major [height, width, channels] or a row of a table. Throws WeftError('data') if a length is wrong or a number is not finite. */
  predict(examples: readonly ArrayLike<number>[]): Prediction[];
  /** Of pictures, folders of pictures and CSV files, in the order of the paths. Throws WeftError('data') naming the file, line and column that does not fit. */
  predictFiles(paths: readonly string[]): NamedPrediction[];
  dispose(): void;
}

export interface LoadModelOptions extends SpaceOptions {
  /** The best that loads by default. */
  readonly backend?: BackendName | undefined;
}

const BATCH = 256;
const TABLE = /\.(csv|tsv)(\.gz)?$/i;

/** See `loadModel` in index.ts. */
export async function loadModel(
  directory: string,
  { backend, ...options }: LoadModelOptions = {},
): Promise<LoadedModel> {
  await loadBackend(backend);
  const run = openRun(directory);
  const { card, normalization, child, store } = await loadNetwork(run.path, () => spaceOfModel(run.path, options));
  const { task, classNames } = card;
  if (task.kind === 'language') {
    store.dispose();
    throw new WeftError(
      'unsupported',
      `${run.path} is a language model, which has no classes to predict`,
      'weft evaluate measures it on other texts',
    );
  }
  const { columns, encoding } = run.manifest.facts['data'] as Pick<InputForm, 'columns' | 'encoding'>;
  const { data } = checkConfig(run.config);
  const inputShape = task.inputShape as unknown as InputShape;
  const form: InputForm = { inputShape, columns, encoding, charset: data.charset };
  const size = exampleSize(form.inputShape);

  const predictAll = (images: Uint8Array | Float32Array): Prediction[] => {
    const count = images.length / size;
    const split: Split = {
      name: 'test',
      inputShape: form.inputShape,
      classes: classNames.length,
      examples: { images, labels: new Int32Array(count), count },
      indices: Uint32Array.from({ length: count }, (_, i) => i),
      labels: new Int32Array(count),
    };
    const batchSize = Math.min(BATCH, count);
    const source = exampleSource(batches(split, { batchSize, seed: 0, normalization, shuffle: false, last: 'keep' }));
    return Array.from({ length: source.steps }, (_, step) =>
      withBatch(source, 0, step, ({ inputs }) =>
        tidy(() =>
          (tf.softmax(child.forward(store.parameters, store.statistics, inputs, FINAL_EVALUATION)) as tf.Tensor2D)
            .arraySync()
            .map((probabilities): Prediction => {
              const best = probabilities.indexOf(Math.max(...probabilities));
              return { label: classNames[best]!, probability: probabilities[best]!, probabilities };
            }),
        ),
      ),
    ).flat();
  };

  const readPictureFiles = (paths: readonly string[]): Unlabelled => {
    const read = readPictures(paths, form);
    return { ...read, images: scaleToWhite(read.images, whiteOf(data.source)) };
  };

  return {
    architecture: card.architecture,
    inputShape: form.inputShape,
    classNames,
    columns,
    predict(examples) {
      if (examples.length === 0) return [];
      examples.forEach((example, i) => requireExample(example, i, size));
      return predictAll(
        Float32Array.from({ length: examples.length * size }, (_, i) => examples[Math.floor(i / size)]![i % size]!),
      );
    },
    predictFiles(paths) {
      const isRow = form.inputShape[0] === 1 && form.inputShape[1] === 1;
      return groupsOf(paths).flatMap(({ table, files }) => {
        if (!table && isRow)
          throw new WeftError(
            'data',
            `${files[0]} is not a table, and ${run.path} was trained on rows of ${size} numbers`,
            'give it a CSV file',
          );
        const { names, images } = table ? readRows(files[0]!, form) : readPictureFiles(files);
        return predictAll(images).map((prediction, i) => ({ name: names[i]!, ...prediction }));
      });
    },
    dispose: () => store.dispose(),
  };
}

/** Tables one by one, and what stands between them together. */
function groupsOf(paths: readonly string[]): { table: boolean; files: string[] }[] {
  const groups: { table: boolean; files: string[] }[] = [];
  for (const path of paths) {
    const table = TABLE.test(path);
    const last = groups.at(-1);
    if (last && !table && !last.table) last.files.push(path);
    else groups.push({ table, files: [path] });
  }
  return groups;
}

function requireExample(example: ArrayLike<number>, index: number, size: number): void {
  if (example.length !== size)
    throw new WeftError(
      'data',
      `example ${index} has ${example.length} numbers, and the network takes ${size}`,
      'give each example as the training data had it, without the label',
    );
  for (let i = 0; i < size; i++)
    if (!Number.isFinite(example[i]))
      throw new WeftError(
        'data',
        `number ${i} of example ${index} is ${example[i]}`,
        'the network needs finite numbers: fill in what is missing',
      );
}
