/** Several labels of one example, each of which is present or absent. */
import { WeftError } from '../errors.js';
import { type Split } from './split.js';

/** Field values that mean yes or no, case-insensitive. */
const ANSWERS: Readonly<Record<string, 0 | 1>> = { '0': 0, '1': 1, false: 0, true: 1, no: 0, yes: 1 };

/** 1 if the text says that a label is present, 0 if it says that it is absent; undefined otherwise. */
export const answerIn = (text: string): 0 | 1 | undefined => {
  const lower = text.trim().toLowerCase();
  return Object.hasOwn(ANSWERS, lower) ? ANSWERS[lower] : undefined;
};

/** The labels in a field, split at separators, without empty ones. */
export const labelsIn = (text: string, separator: string): string[] => [
  ...new Set(
    text
      .split(separator)
      .map((one) => one.trim())
      .filter((one) => one !== ''),
  ),
];

/**
 * Stratum of each example, so that every part of the data gets its share of each label: the rarest label that the
 * example has, or none, 0..size. Flags are row-major [count, size].
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

/** Throws WeftError('data') for a label that is present in every training example, or in none: it cannot be learned. */
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
