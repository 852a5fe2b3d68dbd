/** From YAML files, recipes and overrides to a checked configuration; mistakes are reported with line and column. */
import { existsSync } from 'node:fs';
import { type Document, isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { type z } from 'zod';
import { readBytes } from '../data/source.js';
import { nearest, ownValue, systemReason, WeftError } from '../errors.js';
import { configSchema, type SearchConfig } from './schema.js';
import { describeUnknownName } from './unknown-name.js';

/** Fields as written, not yet checked. */
export type RawConfig = { [field: string]: unknown };

interface Source {
  readonly path: string;
  readonly value: unknown;
  readonly document: Document;
  readonly lines: LineCounter;
}

/** Fields given on the command line, and the words that set them. */
export interface Override {
  readonly fields: RawConfig;
  readonly text: string;
}

/** The origin of a configuration's fields, so that errors can give the position. */
interface Origins {
  readonly source?: Source | undefined;
  readonly overrides?: readonly Override[];
}

/**
 * A configuration from an optional YAML file, flags and overrides; later ones win, objects are merged field by field.
 */
export function loadConfig(
  file: string | undefined,
  flags: RawConfig = {},
  overrides: readonly Override[] = [],
): SearchConfig {
  return loadWritten(file, flags, overrides).config;
}

/** The same, together with the fields as written, that is, those that the user chose. */
export function loadWritten(
  file: string | undefined,
  flags: RawConfig = {},
  overrides: readonly Override[] = [],
): { readonly config: SearchConfig; readonly written: RawConfig } {
  const source = file === undefined ? undefined : readConfigFile(file);
  const written = withOverrides(mergeConfig((source?.value ?? {}) as RawConfig, flags), overrides);
  return { config: checkConfig(written, { source, overrides }), written };
}

/** A configuration with overrides on top. */
export function withOverrides(config: RawConfig, overrides: readonly Override[]): RawConfig {
  return overrides.reduce((under, { fields }) => mergeConfig(under, fields), config);
}

/** The checked configuration with all defaults; throws WeftError('config') listing every mistake. */
export function checkConfig(raw: unknown, origins: Origins = {}): SearchConfig {
  const result = configSchema.safeParse(raw);
  if (result.success) return result.data;
  const messages = result.error.issues.map((issue) => describeIssue(issue, raw, origins));
  throw new WeftError(
    'config',
    `the configuration${origins.source ? ` ${origins.source.path}` : ''} is wrong:\n${messages.map((message) => `  ${message}`).join('\n')}`,
    'schema/weft.schema.json describes all fields; `weft init` writes an example',
  );
}

function readConfigFile(path: string): Source {
  if (!existsSync(path))
    throw new WeftError(
      'config',
      `there is no configuration file ${path}`,
      'write one with `weft init`, or name a recipe with --recipe',
    );
  const source = readYaml(readText(path), path);
  const { value } = source;
  if (value !== null && (typeof value !== 'object' || Array.isArray(value))) {
    throw new WeftError(
      'config',
      `${path}:1:1: a configuration is a list of fields, not ${Array.isArray(value) ? 'a sequence' : typeof value}`,
      'write `field: value` lines',
    );
  }
  return source;
}

/** A configuration is a few kB; a larger file is something else. */
const MOST_BYTES = 1 << 20;

function readText(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readBytes(path, { most: MOST_BYTES }));
  } catch (cause) {
    const reason = cause instanceof WeftError ? cause.message : (systemReason(cause)?.[0] ?? 'it is not UTF-8 text');
    throw new WeftError('config', `cannot read the configuration ${path}: ${reason}`, 'name a YAML file', { cause });
  }
}

/** Values in YAML; syntax errors name `path`, line and column. */
function readYaml(text: string, path: string): Source {
  const lines = new LineCounter();
  const fail = (at: number | undefined, reason: string, cause?: unknown): WeftError => {
    const { line, col } = at === undefined ? { line: 1, col: 1 } : lines.linePos(at);
    return new WeftError('config', `${path}:${line}:${col}: ${reason}`, 'fix the YAML at this place', { cause });
  };
  let document: Document.Parsed;
  let value: unknown;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const [error] = document.errors;
    if (error) throw fail(error.pos[0], error.message.split('\n')[0]!);
    visit(document, {
      Alias(_, alias) {
        if (!alias.resolve(document))
          throw fail(alias.range?.[0], `the alias *${alias.source} refers to no anchor before it`);
      },
      Pair(_, { key }) {
        // Entire maps as field names, and JavaScript's name for prototypes.
        if (isMap(key)) throw fail(key.range?.[0], 'the name of a field is a word');
        if (isScalar(key) && key.value === '__proto__')
          throw fail(key.range?.[0], "'__proto__' cannot be the name of a field");
      },
    });
    value = document.toJS();
  } catch (cause) {
    if (cause instanceof WeftError) throw cause;
    // A document with a thousand aliases, or nested a thousand levels deep.
    throw fail(
      undefined,
      cause instanceof ReferenceError ? 'too many aliases' : 'the values are nested too deeply',
      cause,
    );
  }
  return { path, document, lines, value };
}

function describeIssue(issue: z.core.$ZodIssue, raw: unknown, { source, overrides = [] }: Origins): string {
  const keys = issue.code === 'unrecognized_keys' ? issue.keys : [];
  const path = keys.length > 0 ? [...issue.path, keys[0]!] : issue.path;
  const override = overrides.findLast(({ fields }) => reaches(fields, path));
  const at = override ? `--set ${override.text}: ` : place(path, source);
  if (keys.length > 0) {
    const guess = nearest(keys[0]!, fieldsAt(issue.path));
    return `${at}unknown option '${[...issue.path, keys[0]].join('.')}'${guess ? `: did you mean '${guess}'?` : ''}`;
  }
  return `${at}${issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''}${describeUnknownName(issue, raw) ?? issue.message}`;
}

function place(path: readonly PropertyKey[], source: Source | undefined): string {
  if (!source) return '';
  for (let depth = path.length; depth >= 0; depth--) {
    const parent = depth > 1 ? source.document.getIn(path.slice(0, depth - 1), true) : source.document.contents;
    const items = (parent as { items?: { key?: { value?: unknown; range?: [number, number, number] } }[] } | null)
      ?.items;
    const start = items?.find((item) => item.key?.value === path[depth - 1])?.key?.range?.[0];
    if (start !== undefined) {
      const { line, col } = source.lines.linePos(start);
      return `${source.path}:${line}:${col}: `;
    }
  }
  return '';
}

/** Whether an override sets the value at a path, or a part of it. */
function reaches(fields: unknown, path: readonly PropertyKey[]): boolean {
  let value = fields;
  for (const key of path) {
    if (!isPlain(value)) return true;
    if (!Object.hasOwn(value, key)) return false;
    value = value[String(key)];
  }
  return true;
}

/** Field names that the schema has at a path, for suggestions. */
function fieldsAt(path: readonly PropertyKey[]): string[] {
  let schema: unknown = configSchema;
  for (const key of path) schema = ownValue(shapeOf(schema) ?? {}, String(key));
  return Object.keys(shapeOf(schema) ?? {});
}

/** The fields of an object schema under its wrappers (default, prefault, optional). */
function shapeOf(schema: unknown): Record<string, unknown> | undefined {
  let current = schema as { shape?: Record<string, unknown>; _zod?: { def: { innerType?: unknown } } } | undefined;
  while (current && !current.shape && current._zod?.def.innerType) current = current._zod.def.innerType;
  return current?.shape;
}

/** `over` on top of `under`; objects are merged, everything else is replaced. */
export function mergeConfig(under: RawConfig, over: RawConfig): RawConfig {
  const result = new Map(Object.entries(under));
  for (const [field, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const before = result.get(field);
    result.set(
      field,
      isPlain(before) && isPlain(value) && !renames(before, value) ? mergeConfig(before, value) : value,
    );
  }
  return Object.fromEntries(result);
}

/** Naming another space, controller or optimizer drops the options of the previous one. */
function renames(before: RawConfig, value: RawConfig): boolean {
  return 'name' in before && 'name' in value && before['name'] !== value['name'];
}

function isPlain(value: unknown): value is RawConfig {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The `--set` arguments, verbatim and as fields. */
export function parseOverrides(texts: readonly string[] = []): Override[] {
  return texts.map((text) => ({ text, fields: parseOverride(text) }));
}

/** `search.epochs=5` as a nested object; the value is read as YAML. */
export function parseOverride(text: string): RawConfig {
  const [, path, value] = /^([\w-]+(?:\.[\w-]+)*)=(.*)$/s.exec(text) ?? [];
  const names = path?.split('.') ?? [];
  if (names.length === 0 || names.includes('__proto__'))
    throw new WeftError('config', `--set ${text}: not in the form field=value`, 'write --set field.field=value');
  const given = overrideValue(value!, text);
  const chosen = typeof given === 'string' && isChosenByName(names) ? { name: given } : given;
  return names.reduceRight<unknown>((inner, field) => ({ [field]: inner }), chosen) as RawConfig;
}

/**
 * Whether a field holds a part that is chosen by name, so that `search.optimizer=sam` stands for
 * `search.optimizer={name: sam}`; options of user code do not.
 */
function isChosenByName(names: readonly string[]): boolean {
  const [last, owner] = [names.at(-1)!, names.at(-2)];
  if (!['search', 'retrain'].includes(names[0]!)) return false;
  return ['optimizer', 'preconditioner', 'regularizer'].includes(last) || (last === 'base' && owner === 'optimizer');
}

function overrideValue(value: string, text: string): unknown {
  try {
    return readYaml(value, 'value').value;
  } catch (cause) {
    throw new WeftError(
      'config',
      `--set ${text}: ${(cause as Error).message}`,
      'the value is read as YAML: close what is open, and quote text that begins with a special character',
      { cause },
    );
  }
}
