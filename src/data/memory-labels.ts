/** List-valued labels of examples in memory: several targets, or any number of labels. */
import { unknownNameHint, WeftError } from '../errors.js';
import { requireDifferentNames } from './class-names.js';

/** Several targets, the names of the labels that are present, or an answer (1 or 0, true or false) for each label. */
export type LabelList =
  readonly string[] | readonly number[] | readonly boolean[] | Float32Array | Float64Array | Uint8Array;

type Labels = readonly (string | number | LabelList)[];

/** A part of the data; `where` is its name in errors. */
interface Part {
  readonly where: string;
  readonly labels: Labels;
}

const isList = (label: Labels[number]): label is LabelList => typeof label === 'object';

/** Whether the labels are lists. */
export const areLists = (labels: Labels): boolean => labels.length > 0 && isList(labels[0]!);

/**
 * The targets of each example, row-major. Throws WeftError('data') for a label that is not a list of as many finite
 * numbers as there are names.
 */
export function targetsIn({ labels, where }: Part, names: readonly string[]): Float64Array {
  const size = names.length;
  const targets = new Float64Array(labels.length * size);
  labels.forEach((label, i) => {
    const numbers: readonly unknown[] = isList(label) ? Array.from(label as ArrayLike<unknown>) : [label];
    const fits =
      numbers.length === size && numbers.every((value) => typeof value === 'number' && Number.isFinite(value));
    if (!fits)
      throw new WeftError(
        'data',
        `${where}: the label of example ${i} is ${JSON.stringify(isList(label) ? numbers : label)}, and ${size === 1 ? 'numbers' : `${size} numbers (${names.join(', ')})`} are to be predicted`,
        size === 1
          ? 'give a finite number, or leave out target if the labels are classes'
          : 'give a list of as many finite numbers as target has names',
      );
    targets.set(numbers as number[], i * size);
  });
  return targets;
}

/**
 * The label names: as given by `classNames`, or the names in the lists, sorted. Throws WeftError('data') if neither is
 * available.
 */
export function labelsNamed(
  parts: readonly Part[],
  classNames: readonly string[] | undefined,
  name: string,
): readonly string[] {
  if (classNames) return classNames;
  const all = parts.flatMap(({ labels }) =>
    labels.filter(isList).flatMap((list) => Array.from(list as ArrayLike<unknown>)),
  );
  if (all.some((one) => typeof one !== 'string'))
    throw new WeftError(
      'data',
      `${name}: the labels are lists of numbers, and nothing says what they are`,
      'name the numbers to predict (target: [...]), or the labels, any number of which may hold (classNames: [...])',
    );
  const names = [...new Set(all as string[])].sort((a, b) => (a < b ? -1 : 1));
  requireDifferentNames(
    names.map((one) => ({ name: one, place: 'a label' })),
    name,
  );
  return names;
}

/**
 * Which labels are present (1) in each example, row-major. Throws WeftError('data') for unknown label names, and for
 * answers that are neither yes nor no.
 */
export function flagsOf({ labels, where }: Part, names: readonly string[]): Float64Array {
  const places = new Map(names.map((name, i) => [name, i]));
  const flags = new Float64Array(labels.length * names.length);
  labels.forEach((label, i) => {
    const list: readonly unknown[] | undefined = isList(label) ? Array.from(label as ArrayLike<unknown>) : undefined;
    const refuse = (what: string, remedy: string): never => {
      throw new WeftError(
        'data',
        `${where}: the label of example ${i} is ${JSON.stringify(list ?? label)}, ${what}`,
        remedy,
      );
    };
    if (!list)
      return refuse('and those of other examples are lists', 'give each example a list, empty where no label holds');
    if (list.every((one) => typeof one === 'string')) {
      for (const one of list) {
        const at = places.get(one);
        if (at === undefined)
          return refuse(`and '${one}' is not among the labels`, unknownNameHint(one, names.slice(0, 20)));
        flags[i * names.length + at] = 1;
      }
      return;
    }
    const answers = list.map(Number);
    if (answers.length !== names.length || !answers.every((answer) => answer === 0 || answer === 1))
      return refuse(`not ${names.length} answers of 1 and 0`, `one for each of ${names.join(', ')}`);
    flags.set(answers, i * names.length);
  });
  return flags;
}
