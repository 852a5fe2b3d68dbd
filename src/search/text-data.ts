/** Text data for next-token prediction. */
import { type SearchConfig } from '../config/schema.js';
import {
  numbering,
  prepareText,
  type PreparedText,
  readText,
  textBatches,
  type TextBatchesOptions,
  tokenize,
} from '../data/index.js';
import { WeftError } from '../errors.js';
import { holdsOutValidation } from './kept-epoch.js';
import { type BatchSource } from '../training/batch.js';
import { textSource } from '../training/sources.js';
import { type DataFacts, type SearchBatches, type SearchData } from './data.js';
import { fisherExamples, fisherShare } from './fisher-part.js';
import { defined } from './defined.js';
import { type ModelCard } from './model.js';

/**
 * Number of streams into which a text is cut for the test and the final choice: with fewer streams, tokens have longer
 * contexts.
 */
const TEST_STREAMS = 16;

/** Options that apply only to examples with classes. */
const FOREIGN = [
  'size',
  'channels',
  'label',
  'labelSeparator',
  'window',
  'horizon',
  'group',
  'time',
  'season',
  'task',
  'classWeights',
  'header',
  'charset',
  'ignore',
  'imageShape',
] as const;

/** Reads and divides the text that a configuration names. */
export function openText(config: SearchConfig): SearchData {
  const { data } = config;
  const { source, path, level, bptt, vocabulary, subset, labelNoise, augment, test, validation, derive } = data;
  const foreign =
    FOREIGN.find((option) => data[option] !== undefined) ??
    (data.sampling === 'balanced'
      ? 'sampling'
      : labelNoise > 0
        ? 'labelNoise'
        : Object.keys(augment).length > 0
          ? 'augment'
          : subset.test !== undefined
            ? 'subset.test'
            : undefined);
  if (foreign) throw new WeftError('config', `the data option '${foreign}' does not apply to a text`, 'leave it out');
  if (config.retrain.calibrate)
    throw new WeftError(
      'config',
      'retrain.calibrate fits probabilities of classes, but the data is a text',
      'leave it out',
    );
  if (typeof subset.train === 'object')
    throw new WeftError(
      'config',
      'subset.train of a text is a fraction or a number of tokens',
      'perClass applies to examples with classes',
    );
  const prepared = prepareText({
    source,
    ...defined({
      path,
      level,
      bptt,
      vocabulary,
      test,
      validation,
      derive,
      fisher: fisherShare(config),
      train: subset.train,
    }),
  });
  const { corpus, length, record } = prepared;
  return {
    task: { kind: 'language', inputShape: [length], classes: corpus.vocabulary.length },
    record: record as unknown as DataFacts,
    counts: {
      train: corpus.parts.train.length,
      validation: corpus.parts.validation.length,
      test: corpus.parts.test.length,
    },
    card: { classNames: corpus.vocabulary, level: corpus.level },
    batches: (config, { carries }) => textSources(config, prepared, carries),
  };
}

/** Another text in a network's vocabulary: every token of its test part, or of the whole text, is predicted once. */
export function otherText(
  source: string,
  { task: { inputShape }, classNames, level = 'char' }: ModelCard,
): BatchSource {
  const { text, test = text } = readText(source);
  const ids = numbering(classNames)(tokenize(test, level));
  return sourceOf(
    ids,
    {
      seed: 0,
      name: source,
      length: inputShape[0]!,
      batchSize: atMost(TEST_STREAMS, ids, inputShape[0]!),
      order: 'once',
    },
    true,
  );
}

const sourceOf = (ids: Int32Array, options: TextBatchesOptions, carries: boolean): BatchSource =>
  textSource(textBatches(ids, options), carries && options.order !== 'shuffled');

const atMost = (size: number, ids: Int32Array, length: number): number =>
  Math.max(1, Math.min(size, Math.floor((ids.length - length) / length)));

function textSources(
  config: SearchConfig,
  { corpus: { parts }, length }: PreparedText,
  carries: boolean,
): SearchBatches {
  const { seed, search, forgetting, derive, retrain } = config;
  const together = holdsOutValidation(retrain) ? parts.train : new Int32Array([...parts.train, ...parts.validation]);
  const order = carries ? 'streams' : 'shuffled';
  const source = (
    ids: Int32Array,
    { batchSize, ...options }: Omit<TextBatchesOptions, 'seed' | 'length'>,
    fitted = false,
  ): BatchSource =>
    sourceOf(
      ids,
      { seed, length, ...options, batchSize: fitted ? atMost(batchSize, ids, length) : batchSize },
      carries,
    );
  const chosen = parts.derive ?? parts.validation;
  const estimate = fisherExamples(config, parts.fisher);
  return {
    train: source(parts.train, { name: 'train', batchSize: search.batchSize, order }),
    reward: source(parts.validation, { name: 'reward', batchSize: search.rewardBatchSize, order: 'shuffled' }, true),
    derive: source(chosen, { name: 'derive', batchSize: derive.batchSize, order: 'once' }, true),
    retrain: source(together, { name: 'retrain', batchSize: retrain.batchSize, order }),
    plain: source(together, { name: 'plain', batchSize: TEST_STREAMS, order: 'shuffled' }, true),
    watched: source(parts.train, { name: 'watched', batchSize: TEST_STREAMS, order: 'shuffled' }, true),
    validation: source(parts.validation, { name: 'validation', batchSize: TEST_STREAMS, order: 'once' }, true),
    revisited: source(parts.validation, { name: 'judge', batchSize: forgetting.batchSize, order: 'shuffled' }, true),
    fisher:
      estimate === undefined
        ? undefined
        : source(parts.fisher!, { name: 'fisher', batchSize: estimate, order: 'shuffled' }, true),
    test: source(parts.test, { name: 'test', batchSize: TEST_STREAMS, order: 'once' }, true),
  };
}
