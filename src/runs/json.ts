/** JSON as stored on disk: the same value always gives the same text, and no information is lost. */
import { createHash } from 'node:crypto';
import { WeftError } from '../errors.js';
import { type Json } from '../operations/operation.js';

export type JsonObject = { readonly [name: string]: Json };

export const sha256 = (content: Uint8Array | string): string => createHash('sha256').update(content).digest('hex');

/** JSON text of a value; refuses NaN and infinities, which JSON would silently turn into null. */
export function stringifyStrict(value: Json, indent?: number): string {
  return JSON.stringify(
    value,
    (name, item: unknown) => {
      if (typeof item === 'number' && !Number.isFinite(item)) {
        throw new WeftError(
          'numeric',
          `'${name}' is ${item} and cannot be saved`,
          'find the step at which it stopped being finite; a lower learning rate often helps',
        );
      }
      return item;
    },
    indent,
  );
}

/** A value as JSON represents it: without undefined fields, NaN and infinities as null. */
export const toJson = (value: object): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;

/** The same value with the keys of every object in alphabetical order. */
export function sortKeys(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map(sortKeys);
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, sortKeys(value[name]!)]),
  );
}

/** Whether a parsed value is an object, neither an array nor null. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isList = (value: object): value is readonly Json[] => Array.isArray(value);
