/** In-memory data as a data set: arrays, typed arrays or a stream of examples. */
import { createHash } from 'node:crypto';
import { WeftError } from '../errors.js';
import { requireDifferentNames } from './class-names.js';
import { type Dataset, defineDataset, type Examples, exampleSize, type InputShape } from './dataset.js';
import { areLists, flagsOf, labelsNamed, type LabelList, targetsIn } from './memory-labels.js';
import { rarestFlag } from './multi-label.js';
import { strataOf, stratumOf } from './targets.js';

/** The numbers of one example: a row, or an image as [height][width] or [height][width][channels]. */
export type ExampleInput = ArrayLike<number> | readonly ArrayLike<number>[] | readonly (readonly ArrayLike<number>[])[];

/** The name of a class, or its number 0, 1, 2, … */
export type ExampleLabel = string | number;

export interface LabelledExample {
  readonly input: ExampleInput;
  /**
   * A class, a target, or a list: several targets, the names of the labels that are present, or an answer (1 or 0, true
   * or false) for each label.
   */
  readonly label: ExampleLabel | LabelList;
}

/** Inputs with their labels; one typed array may hold all inputs, row-major, if `inputShape` is given. */
export interface InputsAndLabels {
  readonly inputs: readonly ExampleInput[] | Uint8Array | Uint8ClampedArray | Float32Array | Float64Array;
  readonly labels: ArrayLike<ExampleLabel> | readonly LabelList[];
}

export type MemoryPart = InputsAndLabels | Iterable<LabelledExample> | AsyncIterable<LabelledExample>;

/** Labelled examples in memory. */
export interface MemoryData {
  /** Its name in runs and reports; `data` by default. */
  readonly name?: string;
  readonly train: MemoryPart;
  /** Used for the controller's rewards; by default a share of `train` (`data.validation` of the configuration). */
  readonly validation?: MemoryPart;
  /** Used once, at the end; by default a share of `train` (`data.test` of the configuration). */
  readonly test?: MemoryPart;
  /**
   * [numbers] for a row, or [height, width] or [height, width, channels] for an image; by default inferred from the
   * nesting of the inputs.
   */
  readonly inputShape?: readonly number[];
  /**
   * Names of the classes 0, 1, 2, …, or of the labels of a multi-label task; by default the names among the labels,
   * sorted, or the numbers themselves.
   */
  readonly classNames?: readonly string[];
  /**
   * Names of the targets if the labels are numbers to predict rather than classes; a list if each label is a list of
   * several numbers.
   */
  readonly target?: string | readonly string[];
}

const PREFIX = 'memory:';

/** Whether a configuration's `data.source` stands for in-memory data. */
export const isInMemory = (source: string): boolean => source.startsWith(PREFIX);

/** The name of this data in a configuration. */
export const memorySource = ({ name }: Pick<Dataset, 'name'>): string => `${PREFIX}${name}`;

/**
 * A checked data set of labelled examples in memory; streams are consumed to the end. Throws WeftError('data') naming
 * the part and the example whose shape, numbers or label do not fit.
 */
export async function collectDataset(data: MemoryData): Promise<Dataset> {
  const { name = 'data', classNames } = data;
  const train = await collectPart(data.train, `${name}: training part`, data.inputShape);
  const shape = train.shape;
  const other = async (part: 'validation' | 'test'): Promise<Collected | undefined> =>
    data[part] && collectPart(data[part], `${name}: ${part} part`, shape);
  const [validation, test] = [await other('validation'), await other('test')];
  const parts = [train, validation, test].filter((part) => part !== undefined);
  const own = { name, train, validation, test };
  if (data.target !== undefined) return withTargets([data.target].flat(), own);
  if (areLists(train.labels)) return withFlags(labelsNamed(parts, classNames, name), own);
  const names = classNames ?? namesAmong(parts, name);
  const numbered = parts.map((part) => ({ images: part.images, labels: numberLabels(part, names) }));
  const pool = validation ? joined(numbered.slice(0, 2)) : numbered[0]!;
  const count = train.labels.length;
  const highest = numbered.reduce((most, { labels }) => labels.reduce((a, b) => Math.max(a, b), most), -1);
  return inMemory({
    name,
    inputShape: shape,
    classes: names?.length ?? highest + 1,
    ...(names && { classNames: names }),
    train: pool,
    ...(validation && {
      validation: Uint32Array.from({ length: pool.labels.length - count }, (_, i) => count + i),
    }),
    ...(test && { test: numbered.at(-1)! }),
  });
}

/**
 * A user-supplied data set with a hash of its content, by which a run recognizes it. Throws WeftError('data') if sizes,
 * labels or numbers are wrong.
 */
export function inMemory(
  fields: Omit<Dataset, 'train' | 'test' | 'sources'> & {
    readonly train: Omit<Examples, 'count'>;
    readonly test?: Omit<Examples, 'count'> | undefined;
  },
): Dataset {
  const dataset = defineDataset(fields);
  const { name, inputShape, classes, classNames, targets, validation, train, test } = dataset;
  const size = exampleSize(inputShape);
  const parts = { training: train, ...(test && { test }) };
  const hash = createHash('sha256').update(
    JSON.stringify({
      inputShape,
      classes,
      classNames,
      targets: targets?.names,
      ...(targets?.areFlags && { areFlags: true }),
      validation: validation && [...validation],
    }),
  );
  let bytes = 0;
  for (const [part, { images, labels, targets: values }] of Object.entries(parts)) {
    const wrong = images.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0)
      throw new WeftError(
        'data',
        `${name}: number ${wrong % size} of example ${Math.floor(wrong / size)} of the ${part} part is ${images[wrong]}`,
        'fill in the missing value, or leave the example out',
      );
    for (const array of [images, Int32Array.from(labels), ...(values ? [values] : [])]) {
      hash.update(`${array.constructor.name} ${array.length};`);
      hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
      bytes += array.byteLength;
    }
  }
  return { ...dataset, sources: [{ path: memorySource(dataset), sha256: hash.digest('hex'), bytes }] };
}

interface Parts {
  readonly name: string;
  readonly train: Collected;
  readonly validation: Collected | undefined;
  readonly test: Collected | undefined;
}

/** Labels that are numbers to predict, one or several. */
function withTargets(names: readonly string[], parts: Parts): Dataset {
  const numbersOf = (part: Collected): Float64Array => targetsIn(part, names);
  const bounds = strataOf(numbersOf(parts.train), names.length);
  return withAnswers(parts, numbersOf, {
    classes: bounds.length + 1,
    targets: { names },
    strata: (answers) => stratumOf(answers, names.length, bounds),
  });
}

/** Labels of a multi-label task. */
const withFlags = (names: readonly string[], parts: Parts): Dataset =>
  withAnswers(parts, (part) => flagsOf(part, names), {
    classes: names.length + 1,
    targets: { names, areFlags: true, reason: 'lists of labels' },
    strata: (answers) => rarestFlag(answers, names.length),
  });

function withAnswers(
  { name, train, validation, test }: Parts,
  answersOf: (part: Collected) => Float64Array,
  {
    classes,
    targets,
    strata,
  }: Pick<Dataset, 'classes' | 'targets'> & { readonly strata: (answers: Float64Array) => Int32Array },
): Dataset {
  const part = (of: Collected): Omit<Examples, 'count'> & { targets: Float64Array } => {
    const answers = answersOf(of);
    return { images: of.images, labels: strata(answers), targets: answers };
  };
  const [own, held] = [part(train), validation && part(validation)];
  return inMemory({
    name,
    inputShape: train.shape,
    classes,
    ...(targets && { targets }),
    train: held ? { ...joined([own, held]), targets: Float64Array.from([...own.targets, ...held.targets]) } : own,
    ...(held && {
      validation: Uint32Array.from({ length: held.labels.length }, (_, i) => own.labels.length + i),
    }),
    ...(test && { test: part(test) }),
  });
}

interface Collected {
  readonly where: string;
  readonly shape: InputShape;
  readonly images: Uint8Array | Float32Array;
  readonly labels: readonly (ExampleLabel | LabelList)[];
}

async function collectPart(
  part: MemoryPart,
  where: string,
  inputShape: readonly number[] | undefined,
): Promise<Collected> {
  const shape = inputShape && asInputShape(inputShape, where);
  if (!('inputs' in part)) {
    const inputs: ExampleInput[] = [];
    const labels: (ExampleLabel | LabelList)[] = [];
    for await (const example of part as AsyncIterable<Partial<LabelledExample> | undefined>) {
      const { input, label } = example ?? {};
      if (input === undefined || label === undefined)
        throw new WeftError(
          'data',
          `${where}: example ${inputs.length} has no ${input === undefined ? 'input' : 'label'}`,
          "give each example as { input, label }, for example { input: [1, 2], label: 'a' }",
        );
      inputs.push(input);
      labels.push(label);
    }
    return collected(inputs, labels, where, shape);
  }
  const { inputs } = part;
  const labels = Array.from(part.labels as ArrayLike<ExampleLabel | LabelList>);
  if (Array.isArray(inputs)) return collected(inputs as readonly ExampleInput[], labels, where, shape);
  if (!shape)
    throw new WeftError(
      'data',
      `${where}: one array contains the numbers of all examples, but nothing says where each example ends`,
      'give inputShape, for example [28, 28, 1], or an array for each example',
    );
  const numbers = inputs as Exclude<typeof inputs, readonly ExampleInput[]>;
  const bytes = numbers instanceof Uint8Array || numbers instanceof Uint8ClampedArray;
  return { where, shape, labels, images: bytes ? Uint8Array.from(numbers) : Float32Array.from(numbers) };
}

function collected(
  inputs: readonly ExampleInput[],
  labels: readonly (ExampleLabel | LabelList)[],
  where: string,
  given: InputShape | undefined,
): Collected {
  if (inputs.length === 0) throw new WeftError('data', `${where} has no examples`, 'add some, or leave the part out');
  if (inputs.length !== labels.length)
    throw new WeftError(
      'data',
      `${where}: ${inputs.length} inputs and ${labels.length} labels`,
      'give each input one label',
    );
  const shape = given ?? nestedShape(inputs[0]!);
  const size = exampleSize(shape);
  const bytes = inputs.every((input) => input instanceof Uint8Array || input instanceof Uint8ClampedArray);
  const images = bytes ? new Uint8Array(inputs.length * size) : new Float32Array(inputs.length * size);
  inputs.forEach((input, i) => {
    const numbers = flat(input);
    const nested = nestedShape(input);
    const fits =
      numbers.length === size &&
      (isFlat(nested) || [nested, asWindow(nested)].some((one) => one.join() === shape.join()));
    if (!fits)
      throw new WeftError(
        'data',
        `${where}: example ${i} has the shape [${nested.join(', ')}], but the others have [${shape.join(', ')}]`,
        'give all examples the same shape; if rows are images, set inputShape',
      );
    images.set(numbers, i * size);
  });
  return { where, shape, images, labels };
}

/** [n] is a row, [h, w] a single-channel image. */
function asInputShape(shape: readonly number[], where: string): InputShape {
  if (shape.length === 1) return [1, 1, shape[0]!];
  if (shape.length === 2) return [shape[0]!, shape[1]!, 1];
  if (shape.length === 3) return [shape[0]!, shape[1]!, shape[2]!];
  throw new WeftError(
    'data',
    `${where}: an inputShape of ${shape.length} numbers`,
    'give [numbers], [height, width] or [height, width, channels]',
  );
}

function nestedShape(input: ExampleInput): InputShape {
  const sizes: number[] = [];
  for (let level: unknown = input; typeof level === 'object' && level !== null; level = (level as unknown[])[0])
    sizes.push((level as ArrayLike<unknown>).length);
  return asInputShape(sizes, 'an example');
}

/** [rows][columns] as a window of a series. */
const asWindow = ([height, width, channels]: InputShape): InputShape =>
  channels === 1 ? [1, height, width] : [height, width, channels];

const isFlat = ([height, width]: InputShape): boolean => height === 1 && width === 1;

function flat(input: ExampleInput): ArrayLike<number> {
  return Array.isArray(input) && typeof input[0] === 'object'
    ? (input as unknown[]).flatMap((inner) => Array.from(flat(inner as ExampleInput)))
    : (input as ArrayLike<number>);
}

/** The class names if labels are names; undefined if they are numbers. */
function namesAmong(parts: readonly Collected[], name: string): string[] | undefined {
  if (typeof parts[0]!.labels[0] === 'number') return undefined;
  const names = [...new Set(parts.flatMap(({ labels }) => labels))].filter((label) => typeof label === 'string');
  const classes = names.sort((a, b) => (a < b ? -1 : 1));
  requireDifferentNames(
    classes.map((one) => ({ name: one, place: 'a label' })),
    name,
  );
  return classes;
}

function numberLabels({ labels, where }: Collected, names: readonly string[] | undefined): Int32Array {
  const numbers = new Map(names?.map((name, i) => [name, i]));
  return Int32Array.from(labels, (label, i) => {
    const number = typeof label === 'string' ? numbers.get(label) : (label as number);
    const isClass = number !== undefined && Number.isInteger(number) && number >= 0;
    const mixed = typeof label !== typeof labels[0];
    if (isClass && !mixed && (!names || number < names.length)) return number;
    const classes = names ? `one of ${names.join(', ')}` : 'a class number';
    throw new WeftError(
      'data',
      `${where}: the label of example ${i} is ${JSON.stringify(label)}, not ${classes}`,
      'labels must all be class names, or all be class numbers 0, 1, 2, …',
    );
  });
}

function joined(parts: readonly Omit<Examples, 'count'>[]): { images: Uint8Array | Float32Array; labels: Int32Array } {
  const bytes = parts.every(({ images }) => images instanceof Uint8Array);
  const total = parts.reduce((sum, { images }) => sum + images.length, 0);
  const images = bytes ? new Uint8Array(total) : new Float32Array(total);
  let at = 0;
  for (const part of parts) {
    images.set(part.images, at);
    at += part.images.length;
  }
  return { images, labels: Int32Array.from(parts.flatMap(({ labels }) => [...labels])) };
}
