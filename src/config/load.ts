/** From YAML files, recipes and overrides to a checked configuration; mistakes are reported with line and column. */
import { existsSync, readFileSync } from 'node:fs';
import { LineCounter, parseDocument, parse as parseYaml, type Document } from 'yaml';
import { type z } from 'zod';
import { nearest, WeftError } from '../errors.js';
import { configSchema, type SearchConfig } from './schema.js';

/** Fields as written, not yet checked. */
export type RawConfig = { [field: string]: unknown };

interface Source {
  readonly path: string;
  readonly document: Document;
  readonly lines: LineCounter;
}

/** A configuration from an optional YAML file and overrides; later ones win, objects are merged field by field. */
export function loadConfig(file: string | undefined, ...overrides: RawConfig[]): SearchConfig {
  const source = file === undefined ? undefined : readYaml(file);
  const merged = overrides.reduce(mergeConfig, (source?.document.toJS() ?? {}) as RawConfig);
  return checkConfig(merged, source);
}

/** The checked configuration with all defaults; throws WeftError('config') that lists every mistake. */
export function checkConfig(raw: unknown, source?: Source): SearchConfig {
  const result = configSchema.safeParse(raw);
  if (result.success) return result.data;
  const messages = result.error.issues.map((issue) => describeIssue(issue, source));
  throw new WeftError(
    'config',
    `the configuration${source ? ` ${source.path}` : ''} is wrong:\n${messages.map((message) => `  ${message}`).join('\n')}`,
    'all fields with their meaning: schema/weft.schema.json, or `weft init`',
  );
}

function readYaml(path: string): Source {
  if (!existsSync(path))
    throw new WeftError(
      'config',
      `there is no configuration file ${path}`,
      'write one with `weft init`, or name a recipe with --recipe',
    );
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(path, 'utf8'), { lineCounter: lines, prettyErrors: true });
  const [error] = document.errors;
  if (error) {
    const { line, col } = error.linePos?.[0] ?? lines.linePos(error.pos[0]);
    throw new WeftError(
      'config',
      `${path}:${line}:${col}: ${error.message.split('\n')[0]!.replace(/ at line \d+.*$/, '')}`,
      'mend the YAML at this place',
    );
  }
  const value: unknown = document.toJS();
  if (value !== null && (typeof value !== 'object' || Array.isArray(value))) {
    throw new WeftError(
      'config',
      `${path}:1:1: a configuration is a list of fields, not ${Array.isArray(value) ? 'a sequence' : typeof value}`,
      'write `field: value` lines',
    );
  }
  return { path, document, lines };
}

function describeIssue(issue: z.core.$ZodIssue, source: Source | undefined): string {
  const keys = issue.code === 'unrecognized_keys' ? issue.keys : [];
  const at = place(keys.length > 0 ? [...issue.path, keys[0]!] : issue.path, source);
  if (keys.length > 0) {
    const guess = nearest(keys[0]!, fieldsAt(issue.path));
    return `${at}unknown option '${[...issue.path, keys[0]].join('.')}'${guess ? `: did you mean '${guess}'?` : ''}`;
  }
  return `${at}${issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''}${issue.message}`;
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

/** Field names that the schema knows at a place, for suggestions. */
function fieldsAt(path: readonly PropertyKey[]): string[] {
  let schema: unknown = configSchema;
  for (const key of path) schema = shapeOf(schema)?.[String(key)];
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
  const result: RawConfig = { ...under };
  for (const [field, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const before = result[field];
    result[field] = isPlain(before) && isPlain(value) && !renames(before, value) ? mergeConfig(before, value) : value;
  }
  return result;
}

/** Naming another space, controller or optimizer drops the options of the one before. */
function renames(before: RawConfig, value: RawConfig): boolean {
  return 'name' in before && 'name' in value && before['name'] !== value['name'];
}

function isPlain(value: unknown): value is RawConfig {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `search.epochs=5` as a nested object; the value is read as YAML. */
export function parseOverride(text: string): RawConfig {
  const [, path, value] = /^([\w.-]+)=(.*)$/s.exec(text) ?? [];
  if (path === undefined) throw new WeftError('config', `'${text}' is no override`, 'write --set field.field=value');
  return path.split('.').reduceRight<unknown>((inner, field) => ({ [field]: inner }), parseYaml(value!)) as RawConfig;
}
