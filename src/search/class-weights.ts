/** How much the loss of an example counts by its class, so that rare classes are learned too. */
import { type SearchConfig } from '../config/schema.js';
import { classCounts } from '../data/index.js';
import { unknownNameHint, WeftError } from '../errors.js';

/**
 * A weight for each class, 1 on average over the training examples: `balanced` gives every class the same share of the loss, a record of weights
 * by name (1 where a class is not named) is scaled to that mean. Undefined where all count alike. Throws WeftError('config') for a name that no class has.
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

function namedWeights(weights: Readonly<Record<string, number>>, classNames: readonly string[]): number[] {
  const unknown = Object.keys(weights).find((name) => !classNames.includes(name));
  if (unknown !== undefined)
    throw new WeftError(
      'config',
      `data.classWeights names '${unknown}', which is no class of the data`,
      unknownNameHint(unknown, classNames.slice(0, 20)),
    );
  return classNames.map((name) => (Object.hasOwn(weights, name) ? weights[name]! : 1));
}

/** In words, for the account of the data. */
export const sayClassWeights = (weights: Float32Array, classNames: readonly string[]): string =>
  `weights of classes in the loss: ${classNames
    .slice(0, MOST_SAID)
    .map((name, i) => `${name} ${Number(weights[i]!.toPrecision(3))}`)
    .join(', ')}${classNames.length > MOST_SAID ? ', …' : ''}`;

const MOST_SAID = 10;
