/** The input of a report. */
import { type SearchSpace } from '../graph/define-space.js';
import { type Json } from '../operations/operation.js';
import { type RankRecord, type TruthRecord } from '../ranking/index.js';

/** Plain values parsed from a run's files; missing ones are omitted from the report, which says so. */
export interface ReportInput {
  readonly manifest: object;
  /** The resolved configuration. */
  readonly config: object;
  readonly events: readonly unknown[];
  readonly summary?: object | undefined;
  /** The measurements of `weft sharpness`. */
  readonly sharpness?: { readonly child?: object | undefined; readonly supernet?: object | undefined } | undefined;
  /** For drawings and for the names of options. */
  readonly space?: SearchSpace | undefined;
  /** The measurements of `weft rank`. */
  readonly ranking?: RankRecord | undefined;
  /** The comparison of `weft rank --truth`. */
  readonly truth?: TruthRecord | undefined;
}

export type JsonObject = { readonly [name: string]: Json };

/** The value at a path of names, or undefined. */
export function lookUp(object: unknown, ...path: readonly string[]): unknown {
  return path.reduce((value, name) => (isObject(value) ? value[name] : undefined), object);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Nested objects as a flat list of dotted names and values. */
export function flatten(object: object, prefix = ''): [name: string, value: string][] {
  return Object.entries(object as JsonObject).flatMap(([name, value]): [string, string][] => {
    if (isObject(value)) return flatten(value, `${prefix}${name}.`);
    return [
      [
        `${prefix}${name}`,
        Array.isArray(value)
          ? value.map((item) => (typeof item === 'object' ? JSON.stringify(item) : String(item))).join(', ')
          : String(value),
      ],
    ];
  });
}
