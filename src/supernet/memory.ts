/** Refuses networks that cannot fit into the memory of this machine, before anything is allocated. */
import { WeftError } from '../errors.js';
import { type SearchSpace } from '../graph/define-space.js';
import { type Shape } from '../operations/operation.js';
import { availableBytes } from '../tensor/memory.js';
import { type Catalogue } from './catalogue.js';

const FLOAT_BYTES = 4;
/** The least that training keeps in memory for each weight: its value, its gradient and its new value. */
const COPIES = 3;

/**
 * Throws WeftError('config'), naming the option to lower, if the weights (all, or the named ones) cannot be trained on
 * this machine.
 */
export function requireMemory(
  { name, options }: Pick<SearchSpace, 'name' | 'options'>,
  { parameters }: Catalogue,
  only?: readonly string[],
  available = availableBytes(),
): void {
  const wanted = only && new Set(only);
  const weights = [...parameters].filter(([parameter]) => wanted?.has(parameter) ?? true);
  const total = weights.reduce((sum, [, { shape }]) => sum + sizeOf(shape), 0);
  if (COPIES * FLOAT_BYTES * total <= available) return;
  const [largest, { shape }] = weights.reduce((most, one) =>
    sizeOf(one[1].shape) > sizeOf(most[1].shape) ? one : most,
  );
  const { field, value } = largestOption(options, 'space');
  throw new WeftError(
    'config',
    `'${name}' has ${total.toPrecision(3)} weights ('${largest}' alone is [${shape.join(', ')}]): training them takes at least ${gigabytes(COPIES * FLOAT_BYTES * total)} of memory, but there are only ${gigabytes(available)}`,
    value > 0 ? `make ${field} smaller; it is ${value}` : 'make the space smaller',
  );
}

const sizeOf = (shape: Shape): number => shape.reduce((product, length) => product * length, 1);

const gigabytes = (bytes: number): string => `${Number((bytes / 2 ** 30).toPrecision(3))} GB`;

/** The field with the largest number: usually what made a network large. */
function largestOption(value: unknown, field: string): { field: string; value: number } {
  if (typeof value === 'number') return { field, value };
  const none = { field, value: 0 };
  if (typeof value !== 'object' || value === null) return none;
  return Object.entries(value)
    .map(([name, inner]) => largestOption(inner, Array.isArray(value) ? field : `${field}.${name}`))
    .reduce((most, one) => (one.value > most.value ? one : most), none);
}
