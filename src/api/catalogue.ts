/**
 * Everything that is chosen by name: one catalogue of all kinds of parts, with descriptions of each part and its
 * options.
 */
import { z } from 'zod';
import { datasetDescriptions, textDescriptions } from '../data/index.js';
import { nearest, unknownNameHint, WeftError } from '../errors.js';
import { REGULARIZERS, regularizerSchema } from '../forgetting/index.js';
import { isOwnFile } from '../jobs/files.js';
import { OPTIMIZERS, optimizerSchema } from '../optimizers/index.js';
import { PRECONDITIONERS, preconditionerSchema } from '../preconditioners/index.js';
import { PREDICTORS } from '../predictors/index.js';
import { PROXIES } from '../proxies/index.js';
import { COSTS } from '../config/costs.js';
import {
  controllerNames,
  loadController,
  loadObjective,
  loadProxy,
  loadSpace,
  loadStudy,
  spaceNames,
  studyNames,
} from './registry.js';

/** The kinds of parts, as `weft list` names them. */
export const PART_KINDS = [
  'spaces',
  'controllers',
  'optimizers',
  'preconditioners',
  'regularizers',
  'objectives',
  'proxies',
  'predictors',
  'studies',
  'data',
] as const;
export type PartKind = (typeof PART_KINDS)[number];

/** A part in a list. */
export interface ListedPart {
  readonly name: string;
  /** A one-line description. */
  readonly description: string;
  /** Further facts specific to its kind: formula, cost, reference, … */
  readonly facts: Readonly<Record<string, string>>;
}

/** An option of a part. */
export interface ListedOption {
  readonly name: string;
  /** Its type, or its values. */
  readonly form: string;
  readonly default?: unknown;
  readonly description?: string;
}

export interface DescribedPart extends ListedPart {
  readonly kind: PartKind;
  readonly options: readonly ListedOption[];
  /** Names of sets of options. */
  readonly presets: readonly string[];
}

interface Catalogue {
  list(): Promise<readonly ListedPart[]>;
  /** The options of a part, by name or by a user's file. */
  describe?(name: string): Promise<{
    readonly name?: string;
    readonly description?: string;
    readonly options: JsonSchema | undefined;
    readonly presets?: readonly string[];
  }>;
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema | boolean>>;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly type?: string;
  readonly default?: unknown;
  readonly description?: string;
}

/** A part whose options have their own schema. */
const described = async ({
  name,
  description,
  options,
  presets = {},
}: {
  readonly name: string;
  readonly description: string;
  readonly options: z.ZodType;
  readonly presets?: Readonly<Record<string, object>>;
}): ReturnType<NonNullable<Catalogue['describe']>> => ({
  name,
  description,
  options: jsonSchema(options),
  presets: Object.keys(presets),
});

const CATALOGUES: Readonly<Record<PartKind, Catalogue>> = {
  spaces: {
    list: () => Promise.all(spaceNames.map(async (name) => listed(name, (await loadSpace(name)).description))),
    describe: async (name) => described(await loadSpace(name)),
  },
  controllers: {
    list: () =>
      Promise.all(controllerNames.map(async (name) => listed(name, (await loadController(name)).description))),
    describe: async (name) => described(await loadController(name)),
  },
  optimizers: {
    list: async () =>
      OPTIMIZERS.map(({ name, formula, kind, cost, reference }) => listed(name, formula, { kind, cost, reference })),
    describe: async (name) => ({ options: memberOf(optimizerSchema, name) }),
  },
  preconditioners: {
    list: async () =>
      PRECONDITIONERS.map(({ name, triple: { curvature, representation, solver }, state, cost, reference }) =>
        listed(name, `${curvature} x ${representation} x ${solver}`, { state, cost, reference }),
      ),
    describe: async (name) => ({ options: memberOf(preconditionerSchema, name) }),
  },
  regularizers: {
    list: async () =>
      REGULARIZERS.map(({ name, formula, cost, reference }) => listed(name, formula, { cost, reference })),
    describe: async (name) => ({ options: memberOf(regularizerSchema, name) }),
  },
  objectives: {
    list: async () => Object.entries(COSTS).map(([name, { description }]) => listed(name, description)),
    describe: async (name) => (isOwnFile(name) ? described(await loadObjective(name)) : { options: undefined }),
  },
  proxies: {
    list: async () =>
      PROXIES.map(({ name, description, formula, reference }) => listed(name, description, { formula, reference })),
    describe: async (name) => ({ ...(await loadProxy(name)), options: undefined }),
  },
  predictors: { list: async () => Object.keys(PREDICTORS).map((name) => listed(name, '')) },
  studies: {
    list: () =>
      Promise.all(
        studyNames.map(async (name) => {
          const { summary, reference, minutes } = await loadStudy(name);
          return listed(name, summary, { reference, minutes: String(minutes) });
        }),
      ),
    async describe(name) {
      const { summary, ...study } = await loadStudy(name);
      return described({ ...study, description: summary });
    },
  },
  data: {
    list: async () =>
      Object.entries({ ...datasetDescriptions, ...textDescriptions }).map(([name, description]) =>
        listed(name, description),
      ),
  },
};

/** See `listParts` in index.ts. */
export async function listParts(kind: PartKind): Promise<readonly ListedPart[]> {
  return CATALOGUES[kind].list();
}

/** See `describePart` in index.ts. */
export async function describePart(kind: PartKind, name: string): Promise<DescribedPart> {
  const { list, describe } = CATALOGUES[kind];
  const parts = await list();
  const known = parts.find((part) => part.name === name);
  if (!known && !(describe && isOwnFile(name)) && kind !== 'spaces' && kind !== 'controllers')
    throw new WeftError(
      'config',
      `there is nothing named '${name}' among the ${kind}`,
      unknownNameHint(
        name,
        parts.map((part) => part.name),
      ),
    );
  const { options, presets = [], ...own } = (await describe?.(name)) ?? { options: undefined };
  return {
    kind,
    ...(known ?? listed(own.name ?? name, own.description ?? '')),
    options: Object.entries(options?.properties ?? {}).flatMap(([field, schema]) =>
      field === 'name' || typeof schema === 'boolean' ? [] : [optionOf(field, schema)],
    ),
    presets,
  };
}

/** The kind that a word names, singular or plural. Throws WeftError('config') for any other. */
export function partKind(word: string): PartKind {
  const found = PART_KINDS.find((kind) => word === kind || kind === `${word}s` || kind === word.replace(/y$/, 'ies'));
  if (found) return found;
  const guess = nearest(word, PART_KINDS);
  throw new WeftError(
    'config',
    `there is no kind of part named '${word}'${guess === undefined ? '' : `: did you mean '${guess}'?`}`,
    `kinds: ${PART_KINDS.join(', ')}`,
  );
}

const listed = (name: string, description: string, facts: ListedPart['facts'] = {}): ListedPart => ({
  name,
  description,
  facts,
});

const jsonSchema = (schema: z.ZodType): JsonSchema => z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;

/** The member of a schema of parts with this name. */
function memberOf(schema: z.ZodType, name: string): JsonSchema | undefined {
  const { oneOf, anyOf, $defs = {} } = jsonSchema(schema);
  const members = (oneOf ?? anyOf ?? []).map(({ $ref, ...own }) =>
    $ref === undefined ? own : $defs[$ref.replace('#/$defs/', '')]!,
  );
  return members.find(({ properties }) => {
    const field = properties?.['name'];
    return typeof field === 'object' && field.const === name;
  });
}

function optionOf(name: string, { type, enum: values, default: fallback, description }: JsonSchema): ListedOption {
  return {
    name,
    form: values ? values.join(' | ') : String(type ?? 'value'),
    ...(fallback !== undefined && { default: fallback }),
    ...(description !== undefined && { description }),
  };
}
