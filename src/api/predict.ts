/** Predictions of a run's trained network for new examples. */
import {
  batches,
  exampleSize,
  type InputShape,
  readPictures,
  readRows,
  sayDecoders,
  scaleToWhite,
  type Split,
  type TargetScaling,
  type Unlabelled,
  unscaleTargets,
} from '../data/index.js';
import { WeftError } from '../errors.js';
import { type BackendName, loadBackend } from '../tensor/backend.js';
import { tf, tidy } from '../tensor/tf.js';
import { withBatch } from '../training/batch.js';
import { FINAL_EVALUATION } from '../training/evaluate.js';
import { exampleSource } from '../training/sources.js';
import { type Network, openNetwork } from './network.js';
import type { SpaceOptions } from './recorded-run.js';

/** A network's prediction for one example. */
export interface Prediction {
  /** The most probable class. */
  readonly label: string;
  readonly probability: number;
  /** Per class, in the order of `classNames`; they sum to one. */
  readonly probabilities: readonly number[];
}

/** The prediction for an example in a file: its path, or `FILE:LINE`. */
export interface NamedPrediction extends Prediction {
  readonly name: string;
}

/** A network's multi-label prediction for one example. */
export interface LabelPrediction {
  /** Labels with a probability of at least one half, in the order of `labelNames`. */
  readonly labels: readonly string[];
  /** Per label, in the order of `labelNames`; the labels are independent. */
  readonly probabilities: readonly number[];
}

/** The same for an example in a file: its path, or `FILE:LINE`. */
export interface NamedLabels extends LabelPrediction {
  readonly name: string;
}

/**
 * The numbers that a network predicts for one example, under the names of their training columns, in their own units.
 */
export type PredictedNumbers = Readonly<Record<string, number>>;

/** The same for an example in a file: its path, or `FILE:LINE`. */
export interface NamedNumbers {
  readonly name: string;
  readonly values: PredictedNumbers;
}

interface LoadedNetwork<One, Named> {
  readonly architecture: string;
  readonly inputShape: InputShape;
  /** Its input columns, if it was trained on a table with a header. */
  readonly columns?: readonly string[] | undefined;
  /**
   * Predicts for examples in the units of the training data, each row-major [height, width, channels] or a row of a
   * table. Throws WeftError('data') if a length is wrong or a number is not finite.
   */
  predict(examples: readonly ArrayLike<number>[]): One[];
  /**
   * Predicts for pictures, folders of pictures and CSV files, in the order of the paths. Throws WeftError('data')
   * naming the file, line and column that does not fit.
   */
  predictFiles(paths: readonly string[]): Named[];
  dispose(): void;
}

/** A trained classifier. The caller disposes it. */
export interface LoadedModel extends LoadedNetwork<Prediction, NamedPrediction> {
  readonly classNames: readonly string[];
}

/** A trained multi-label network. The caller disposes it. */
export interface LoadedLabeller extends LoadedNetwork<LabelPrediction, NamedLabels> {
  readonly labelNames: readonly string[];
}

/** A trained network that predicts numbers. The caller disposes it. */
export interface LoadedRegressor extends LoadedNetwork<PredictedNumbers, NamedNumbers> {
  /** The names of its targets. */
  readonly targets: readonly string[];
}

export interface LoadModelOptions extends SpaceOptions {
  /** The best that loads by default. */
  readonly backend?: BackendName | undefined;
  /**
   * Called with the reason why predictions may differ from those in training although nothing failed: images are
   * decoded by another library.
   */
  readonly onWarning?: ((message: string) => void) | undefined;
}

const BATCH = 256;
const TABLE = /^-$|\.(((csv|tsv|jsonl|ndjson)(\.gz)?|parquet|np[yz]))$/i;

/** See `loadModel` in index.ts. */
export async function loadModel(directory: string, options: LoadModelOptions = {}): Promise<LoadedModel> {
  return asClassifier(await open(directory, options));
}

/** See `loadRegressor` in index.ts. */
export async function loadRegressor(directory: string, options: LoadModelOptions = {}): Promise<LoadedRegressor> {
  return asRegressor(await open(directory, options));
}

/** See `loadLabeller` in index.ts. */
export async function loadLabeller(directory: string, options: LoadModelOptions = {}): Promise<LoadedLabeller> {
  return asLabeller(await open(directory, options));
}

/** Any of them, according to the run. */
export async function loadEither(
  directory: string,
  options: LoadModelOptions,
): Promise<
  { readonly classifier: LoadedModel } | { readonly labeller: LoadedLabeller } | { readonly regressor: LoadedRegressor }
> {
  const network = await open(directory, options);
  if (network.card.task.kind === 'multi-label') return { labeller: asLabeller(network) };
  return network.card.targets ? { regressor: asRegressor(network) } : { classifier: asClassifier(network) };
}

/** A network whose outputs have yet to be converted to answers. */
interface OpenNetwork {
  readonly path: string;
  readonly card: Network['card'];
  /** `answer` is called for each batch; batches contain consecutive examples. */
  common<One extends object, Named>(
    answer: (outputs: tf.Tensor2D) => One[],
    named: (name: string, one: One) => Named,
  ): LoadedNetwork<One, Named>;
  dispose(): void;
}

function asLabeller({ path, card, common, dispose }: OpenNetwork): LoadedLabeller {
  const { classNames } = card;
  if (card.task.kind !== 'multi-label') {
    dispose();
    throw new WeftError(
      'unsupported',
      `${path} gives each example one answer, not several labels`,
      card.targets ? 'load it with loadRegressor' : 'load it with loadModel',
    );
  }
  const answer = (outputs: tf.Tensor2D): LabelPrediction[] =>
    tf
      .sigmoid(outputs)
      .arraySync()
      .map((probabilities) => ({ labels: classNames.filter((_, i) => probabilities[i]! >= 0.5), probabilities }));
  return { ...common(answer, (name, one): NamedLabels => ({ name, ...one })), labelNames: classNames };
}

function asClassifier({ path, card, common, dispose }: OpenNetwork): LoadedModel {
  const { classNames, targets } = card;
  if (card.task.kind === 'multi-label') {
    dispose();
    throw new WeftError('unsupported', `${path} gives each example several labels`, 'load it with loadLabeller');
  }
  if (targets) {
    dispose();
    throw new WeftError(
      'unsupported',
      `${path} predicts numbers (${targets.names.join(', ')}), not classes`,
      'load it with loadRegressor',
    );
  }
  const answer = (outputs: tf.Tensor2D): Prediction[] =>
    tf
      .softmax(outputs)
      .arraySync()
      .map((probabilities) => {
        const best = probabilities.indexOf(Math.max(...probabilities));
        return { label: classNames[best]!, probability: probabilities[best]!, probabilities };
      });
  return { ...common(answer, (name, one): NamedPrediction => ({ name, ...one })), classNames };
}

function asRegressor({ path, card, common, dispose }: OpenNetwork): LoadedRegressor {
  const { targets } = card;
  if (!targets) {
    dispose();
    throw new WeftError(
      'unsupported',
      `${path} is a classifier and does not predict numbers`,
      card.task.kind === 'multi-label' ? 'load it with loadLabeller' : 'load it with loadModel',
    );
  }
  return {
    ...common(
      (outputs) => numbersOf(outputs, targets),
      (name, values): NamedNumbers => ({ name, values }),
    ),
    targets: targets.names,
  };
}

function numbersOf(outputs: tf.Tensor2D, targets: TargetScaling): PredictedNumbers[] {
  const values = unscaleTargets(outputs.dataSync(), targets);
  const { names } = targets;
  return Array.from({ length: outputs.shape[0] }, (_, i) =>
    Object.fromEntries(names.map((name, target) => [name, values[i * names.length + target]!])),
  );
}

async function open(directory: string, { backend, onWarning, ...options }: LoadModelOptions): Promise<OpenNetwork> {
  await loadBackend(backend);
  const { path, card, normalization, child, store, form, white } = await openNetwork(directory, options);
  const { task } = card;
  if (task.kind === 'language') {
    store.dispose();
    throw new WeftError(
      'unsupported',
      `${path} is a language model, which has no classes to predict`,
      'use weft evaluate to measure it on other texts',
    );
  }
  const size = exampleSize(form.inputShape);

  const readPictureFiles = (paths: readonly string[]): Unlabelled => {
    if (white === undefined)
      throw new WeftError(
        'data',
        `${path} was trained on arrays whose values of black and white are not known`,
        'give it arrays like those of the training data (.npy)',
      );
    const read = readPictures(paths, form);
    const { decoder } = form;
    if (decoder !== undefined && decoder !== read.decoder && read.names.some((name) => !/\.png$/i.test(name)))
      onWarning?.(sayDecoders(path, { before: decoder, now: read.decoder! }));
    return { ...read, images: scaleToWhite(read.images, white) };
  };

  return {
    path,
    card,
    dispose: () => store.dispose(),
    common(answer, named) {
      type Answers = ReturnType<typeof answer>;
      const predictAll = (images: Uint8Array | Float32Array): Answers => {
        const count = images.length / size;
        const split: Split = {
          name: 'test',
          inputShape: form.inputShape,
          classes: task.classes,
          examples: { images, labels: new Int32Array(count), count },
          indices: Uint32Array.from({ length: count }, (_, i) => i),
          labels: new Int32Array(count),
        };
        const batchSize = Math.min(BATCH, count);
        const source = exampleSource(
          batches(split, { batchSize, seed: 0, normalization, shuffle: false, last: 'keep' }),
        );
        const answers: Answers = [];
        for (let step = 0; step < source.steps; step++)
          withBatch(source, 0, step, ({ inputs }) => {
            const outputs = (): tf.Tensor2D =>
              child.forward(store.parameters, store.statistics, inputs, FINAL_EVALUATION) as tf.Tensor2D;
            for (const one of tidy(() => answer(outputs()))) answers.push(one);
          });
        return answers;
      };
      return {
        architecture: card.architecture,
        inputShape: form.inputShape,
        columns: form.columns,
        predict(examples) {
          if (examples.length === 0) return [];
          examples.forEach((example, i) => requireExample(example, i, size));
          return predictAll(
            Float32Array.from({ length: examples.length * size }, (_, i) => examples[Math.floor(i / size)]![i % size]!),
          );
        },
        predictFiles(paths) {
          const isRow = (form.inputShape[0] === 1 && form.inputShape[1] === 1) || form.series !== undefined;
          return groupsOf(paths).flatMap(({ table, files }) => {
            if (!table && isRow)
              throw new WeftError(
                'data',
                `${files[0]} is not a table, and ${path} was trained on ${form.series ? `windows of ${form.series.window} rows` : `rows of ${size} numbers`}`,
                'give it a CSV file',
              );
            const { names, images } = table ? readRows(files[0]!, form) : readPictureFiles(files);
            return predictAll(images).map((one, i) => named(names[i]!, one));
          });
        },
        dispose: () => store.dispose(),
      };
    },
  };
}

/** Tables one by one, and consecutive other files together. */
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
      `example ${index} has ${example.length} numbers, but the network takes ${size}`,
      'give each example as in the training data, without the label',
    );
  for (let i = 0; i < size; i++)
    if (!Number.isFinite(Math.fround(example[i]!)))
      throw new WeftError(
        'data',
        `number ${i} of example ${index} is ${example[i]}`,
        'the network needs finite numbers of 32 bits: fill in missing values',
      );
}
