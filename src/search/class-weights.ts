/** Weights of classes in the loss, so that rare classes are learned too. */
import { type SearchConfig } from '../config/schema.js';
import { classCounts } from '../data/index.js';
import { unknownNameHint, WeftError } from '../errors.js';

/**
 * A weight for each class, 1 on average over the training examples: `balanced` gives every class the same share of the
 * loss, a record of weights by name (1 for a class that is not named) is scaled to that mean. Undefined if all count
 * equally. Throws WeftError('config') for a name that no class has.
 */
export function classWeights(
  weights: SearchConfig['data']['classWeights'],
  labels: ArrayLike<number>,
  classNames: readonly string[],
): Float32Array | undefined {
  if (weights === undefined) return undefined;
  const counts = [...classCounts(labels, classNames.length)];
  const given =
    weights === 'balanced' ? counts.map((count) => 1 / Math.max(1, count)) : namedWeights(weights, classNames);
  const present = given.filter((_, i) => counts[i]! > 0);
  if (present.every((weight) => weight === present[0])) return undefined;
  const mean = given.reduce((sum, weight, i) => sum + weight * counts[i]!, 0) / labels.length;
  return Float32Array.from(given, (weight) => weight / mean);
}

/**
 * Weights of both values of each label, row-major [labels, 2], false first: `balanced` gives both the same share of the
 * label's loss, a record says by name how much more a true label counts (1 for a label that is not named). For each
 * label they are 1 on average over the training examples. Undefined if all count equally. Flags are row-major [count,
 * labels].
 */
export function flagWeights(
  weights: SearchConfig['data']['classWeights'],
  flags: ArrayLike<number>,
  names: readonly string[],
): Float32Array | undefined {
  if (weights === undefined) return undefined;
  const size = names.length;
  const count = flags.length / size;
  const holding = new Float64Array(size);
  for (let i = 0; i < flags.length; i++) holding[i % size]! += flags[i]!;
  const given =
    weights === 'balanced'
      ? [...holding].map((holds) => (count - holds) / Math.max(1, holds))
      : namedWeights(weights, names);
  if (given.every((weight) => weight === 1)) return undefined;
  return Float32Array.from(
    given.flatMap((weight, label) => {
      const scale = count / (weight * holding[label]! + count - holding[label]!);
      return [scale, weight * scale];
    }),
  );
}

function namedWeights(weights: Readonly<Record<string, number>>, classNames: readonly string[]): number[] {
  const unknown = Object.keys(weights).find((name) => !classNames.includes(name));
  if (unknown !== undefined)
    throw new WeftError(
      'config',
      `data.classWeights names '${unknown}', which is neither a class nor a label of the data`,
      unknownNameHint(unknown, classNames.slice(0, 20)),
    );
  return classNames.map((name) => (Object.hasOwn(weights, name) ? weights[name]! : 1));
}

/** The weights in words, for the data summary. */
export const sayClassWeights = (weights: Float32Array, classNames: readonly string[]): string =>
  `weights of classes in the loss: ${classNames
    .slice(0, MOST_SAID)
    .map((name, i) => `${name} ${Number(weights[i]!.toPrecision(3))}`)
    .join(', ')}${classNames.length > MOST_SAID ? ', …' : ''}`;

/** The same for several labels: how much more a true label counts than a false one. */
export const sayFlagWeights = (weights: Float32Array, names: readonly string[]): string =>
  `weights in the loss of labels that hold (1 for those that do not): ${names
    .slice(0, MOST_SAID)
    .map((name, i) => `${name} ${Number((weights[2 * i + 1]! / weights[2 * i]!).toPrecision(3))}`)
    .join(', ')}${names.length > MOST_SAID ? ', …' : ''}`;

const MOST_SAID = 10;
