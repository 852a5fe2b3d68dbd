/** Parts that a configuration chooses by name, with their options: optimizers, preconditioners, regularizers. */
import { z } from 'zod';
import { unknownNameHint, WeftError } from '../errors.js';

/** A part with its options, and how it is built; what else there is to say about it is its kind's. */
export interface Part<S extends z.ZodObject, Setting, Made> {
  readonly name: string;
  /** Strict schema of the options, `name` among them. */
  readonly schema: S;
  create(options: z.output<S>, setting: Setting): Made;
}

type AnyPart = Part<z.ZodObject, never, unknown>;
type SettingOf<P> = P extends { create(options: never, setting: infer Setting): unknown } ? Setting : never;
type MadeOf<P extends AnyPart> = ReturnType<P['create']>;
type SchemasOf<P extends readonly AnyPart[]> = { -readonly [I in keyof P]: P[I]['schema'] };
type Named = { readonly name: string };

export interface Catalogue<P extends readonly AnyPart[]> {
  /** The options of any of the parts, distinguished by name. */
  readonly schema: z.ZodDiscriminatedUnion<SchemasOf<P>, 'name'>;
  /** The part with this name; throws WeftError('config') if there is none. */
  part(name: string): P[number];
  /**
   * What a configuration describes; throws WeftError('config') on a name or an option that does not exist, in the
   * part's `base` too.
   */
  create(config: Named, setting: SettingOf<P[number]>): MadeOf<P[number]>;
  /** What options describe that have been parsed. */
  build(options: Named, setting: SettingOf<P[number]>): MadeOf<P[number]>;
}

/** The catalogue of these parts; `kind` is what messages call them. */
export function catalogue<const P extends readonly AnyPart[]>(kind: string, parts: P): Catalogue<P> {
  const names = parts.map(({ name }) => name);
  const part = (name: string): P[number] => {
    const found = parts.find((candidate) => candidate.name === name);
    if (found) return found;
    throw new WeftError('config', `there is no ${kind} '${name}'`, unknownNameHint(name, names));
  };
  const build: Catalogue<P>['build'] = (options, setting) =>
    part(options.name).create(options, setting as never) as MadeOf<P[number]>;
  return {
    schema: z.discriminatedUnion('name', parts.map(({ schema }) => schema) as never),
    part,
    build,
    create: (config, setting) => build(parsed(kind, part, names, config), setting),
  };
}

/** The options with all defaults; WeftError('config') names what cannot be taken, in `base` too. */
function parsed(kind: string, part: (name: string) => AnyPart, names: readonly string[], config: Named): Named {
  const { name, schema } = part(config.name);
  const result = schema.safeParse(config);
  if (result.success) return result.data as unknown as Named;
  const issue = result.error.issues[0]!;
  const inBase = issue.path.lastIndexOf('base') + 1;
  const place = issue.path
    .slice(0, inBase)
    .reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)[key], config) as { name?: unknown };
  const path = issue.path.slice(inBase);
  if (path[0] === 'name') {
    const base = String(place.name);
    throw new WeftError('config', `'${base}' cannot be the base of '${name}'`, unknownNameHint(base, names));
  }
  const owner = inBase ? String(place.name) : name;
  const options = Object.keys(part(owner).schema.shape);
  if (issue.code === 'unrecognized_keys' && path.length === 0) {
    const [option] = issue.keys;
    throw new WeftError(
      'config',
      `the ${kind} '${owner}' has no option '${option}'`,
      unknownNameHint(option!, options),
    );
  }
  throw new WeftError(
    'config',
    `the ${kind} '${owner}' cannot take ${path.join('.')}: ${issue.message}`,
    `options: ${options.join(', ')}`,
  );
}

/** What a list says about each part: everything but its schema and how it is built. */
export function summaries<P extends AnyPart>(parts: readonly P[]): Omit<P, 'schema' | 'create'>[] {
  return parts.map(({ schema: _schema, create: _create, ...summary }) => summary);
}
