/** What an optimizer of the list consists of: its options, how it is built, and what the list says about it. */
import { z } from 'zod';
import { unknownNameHint, WeftError } from '../errors.js';
import { type TrainingSetting } from '../chain/setting.js';
import { type Link } from '../chain/link.js';

export type OptimizerKind = 'base' | 'averaging' | 'flatness' | 'curvature';

/** One line of the list of optimizers. */
export interface OptimizerSummary {
  readonly name: string;
  readonly kind: OptimizerKind;
  /** The update rule on one line. */
  readonly formula: string;
  /** Gradients of a whole batch that a step costs with the default options; for a wrapper, times those of its base. */
  readonly cost: string;
  readonly reference: string;
}

export interface OptimizerEntry<S extends z.ZodObject = z.ZodObject> extends OptimizerSummary {
  /** Strict schema of the options, `name` among them. */
  readonly schema: S;
  /** Whether it follows a validation loss: then training leaves the validation part out. */
  readonly observes?: boolean;
  /** The links of its chain. */
  create(options: z.output<S>, setting: TrainingSetting): readonly Link[];
}

/** An entry whose `create` gets the type of its own options. */
export function optimizer<S extends z.ZodObject>(entry: OptimizerEntry<S>): OptimizerEntry<S> {
  return entry;
}

type Entries = readonly { readonly name: string; readonly schema: z.ZodObject }[];
type SchemasOf<T extends Entries> = { -readonly [I in keyof T]: T[I]['schema'] };

/** The options of any of the entries, told apart by name. */
export function unionOf<const T extends Entries>(entries: T): z.ZodDiscriminatedUnion<SchemasOf<T>, 'name'> {
  return z.discriminatedUnion('name', entries.map(({ schema }) => schema) as never);
}

/** The links of the entry that `config` names. The options must have been parsed. */
export function createFrom(
  entries: Entries,
  config: { readonly name: string },
  setting: TrainingSetting,
): readonly Link[] {
  return entryOf(entries, config.name).create(config, setting);
}

/** The options with all defaults; WeftError('config') names what cannot be taken, in `base` too. */
export function parseOptions(entries: Entries, config: { readonly name: string }): { readonly name: string } {
  const { name, schema } = entryOf(entries, config.name);
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data as { name: string };
  const issue = parsed.error.issues[0]!;
  const inBase = issue.path.lastIndexOf('base') + 1;
  const place = issue.path
    .slice(0, inBase)
    .reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)[key], config) as { name?: unknown };
  const path = issue.path.slice(inBase);
  if (path[0] === 'name') {
    const known = entries.map((entry) => entry.name);
    throw new WeftError(
      'config',
      `'${String(place.name)}' cannot be the base of '${name}'`,
      unknownNameHint(String(place.name), known),
    );
  }
  const options = Object.keys(inBase ? entryOf(entries, String(place.name)).schema.shape : schema.shape);
  const owner = inBase ? String(place.name) : name;
  if (issue.code === 'unrecognized_keys' && path.length === 0) {
    throw new WeftError(
      'config',
      `the optimizer '${owner}' has no option '${issue.keys[0]!}'`,
      unknownNameHint(issue.keys[0]!, options),
    );
  }
  throw new WeftError(
    'config',
    `the optimizer '${owner}' cannot take ${path.join('.')}: ${issue.message}`,
    `options: ${options.join(', ')}`,
  );
}

function entryOf(entries: Entries, name: string): OptimizerEntry {
  const entry = entries.find((candidate) => candidate.name === name);
  if (!entry)
    throw new WeftError(
      'config',
      `there is no optimizer '${name}'`,
      unknownNameHint(
        name,
        entries.map((candidate) => candidate.name),
      ),
    );
  return entry as unknown as OptimizerEntry;
}
