/** Several labels of one example, each of which holds or does not. */
import { WeftError } from '../errors.js';
import { type Split } from './split.js';

/** Texts of a column that say yes or no, in any case. */
const ANSWERS: Readonly<Record<string, 0 | 1>> = { '0': 0, '1': 1, false: 0, true: 1, no: 0, yes: 1 };

/** 1 where the text says that a label holds, 0 where it says that it does not; undefined where it says neither. */
export const answerIn = (text: string): 0 | 1 | undefined => {
  const lower = text.trim().toLowerCase();
  return Object.hasOwn(ANSWERS, lower) ? ANSWERS[lower] : undefined;
};

/** The labels in a field, between separators, without those that are empty. */
export const labelsIn = (text: string, separator: string): string[] => [
  ...new Set(
    text
      .split(separator)
      .map((one) => one.trim())
      .filter((one) => one !== ''),
  ),
];

/**
 * By which examples every part of the data gets its share of each label: the rarest label that the example has, or
 * none, 0..size. Flags are row-major [count, size].
 */
export function rarestFlag(flags: ArrayLike<number>, size: number): Int32Array {
  const count = flags.length / size;
  const counts = Array.from({ length: size }, (_, label) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += flags[i * size + label]!;
    return sum;
  });
  return Int32Array.from({ length: count }, (_, i) => {
    let rarest = size;
    for (let label = 0; label < size; label++)
      if (flags[i * size + label] === 1 && (rarest === size || counts[label]! < counts[rarest]!)) rarest = label;
    return rarest;
  });
}

/**
 * Throws WeftError('data') for a label that holds for every training example, or for none: nothing can be learned of
 * it.
 */
export function requireBothAnswers({ targets = new Float64Array() }: Split, names: readonly string[]): void {
  const size = names.length;
  names.forEach((name, label) => {
    let holds = 0;
    for (let i = label; i < targets.length; i += size) holds += targets[i]!;
    if (holds > 0 && holds < targets.length / size) return;
    throw new WeftError(
      'data',
      `the label '${name}' holds for ${holds === 0 ? 'no' : 'every'} training example, so nothing can be learned about it`,
      'leave it out of data.label, or add examples of the other kind',
    );
  });
}
