/**
 * Writes docs/reference/configuration.md from the schemas that check a configuration:
 *
 *   npm run docs
 *
 * A test compares the page with what this would write.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { controllerNames, loadController, loadSpace, spaceNames } from '../src/api/registry.js';
import { configSchema } from '../src/config/schema.js';
import { REGULARIZERS, regularizerSchema } from '../src/forgetting/index.js';
import { OPTIMIZERS, optimizerSchema, scheduleSchema } from '../src/optimizers/index.js';
import { PRECONDITIONERS, preconditionerSchema } from '../src/preconditioners/index.js';

const PAGE = fileURLToPath(new URL('../docs/reference/configuration.md', import.meta.url));
const RECIPES = new URL('../runs/recipes/', import.meta.url);

/** The page; the same tree gives the same bytes. */
export async function configurationPage(): Promise<string> {
  const { data, search, forgetting, derive, retrain, limits, checkpoint, ...top } = properties(
    inlined(configSchema),
  ) as Record<string, JsonSchema>;
  return `<!-- Written by \`npm run docs\` from src/config/schema.ts: change the descriptions there. -->

# Configuration

A configuration is a YAML file (\`weft search --config weft.yaml\`; \`weft init\` writes one) or a recipe, which is the same kind of
file under \`runs/recipes/\` or in the package (\`weft search --recipe digits\`). Every field has a default, so a file contains only
the fields that differ. Flags override them: \`--seed\`, \`--epochs\`, \`--space\`, \`--data\` and others for the most frequent fields, \`--set field.field=value\` for any field. A part that is
chosen by name can be set by its name alone: \`--set search.optimizer=sam\` is short for \`--set 'search.optimizer={name: sam}'\`.
Later values win; objects are merged field by field, but naming another space, controller or optimizer drops the options of
the previous one. An unknown or invalid field is an error with its line and column. A run's \`config.yaml\` contains every field with the value that was used.

\`\`\`yaml
seed: 3
space: { name: macro-cnn, layers: 6, filters: 24 }
controller: { name: enas, preset: official-code }
data: { source: mnist, validation: 5000, subset: { train: { perClass: 1000 } } }
search:
  epochs: 10
  optimizer: { name: nesterov, learningRate: 0.05, schedule: { name: cosine, minimum: 0.001 }, weightDecay: 0.0001 }
retrain:
  epochs: 20
  optimizer: { name: sam, rho: 0.05, base: { name: nesterov, learningRate: 0.05 } }
\`\`\`

## Top-level fields

${table(top)}

## data

${table(properties(data))}

### data.augment

${table(properties(properties(data)['augment']))}

## search

${table(properties(search))}

## forgetting

How the forgetting of architectures is measured while a search runs. \`search.regularizer\` prevents it.

${table(properties(forgetting))}

## derive

${table(properties(derive))}

## retrain

${table(properties(retrain))}

## limits

They apply to every strategy: an architecture that exceeds them is drawn again, and a limit that no architecture meets is refused before training begins.

${table(properties(limits))}

## checkpoint

${table(properties(checkpoint))}

## Spaces

Their options are given along with \`name\` under \`space\`. A file of your own has the options that it defines: [guide](../how-to/search-space.md).

${(await Promise.all(spaceNames.map(async (name) => part(name, await loadSpace(name))))).join('\n\n')}

## Controllers

Their options are given along with \`name\` under \`controller\`. A \`preset\` sets several options; options that you set yourself take precedence.

${(await Promise.all(controllerNames.map(async (name) => part(name, await loadController(name))))).join('\n\n')}

## Optimizers

\`search.optimizer\` and \`retrain.optimizer\` are one of these. The number says how many gradients of a whole batch a step costs with the
default options. Those with a \`base\` modify another optimizer of this list, whose own cost is added. The optimizer's own options are in parentheses.

${optimizerTable()}

Those without a \`base\` also have these options, each with its own defaults (here those of \`nesterov\`):

${table(commonOptions())}

### Preconditioners

\`preconditioner\` of an optimizer is one of these: its matrix multiplies the gradient of the loss before decay, clipping and momentum
([guide](../how-to/preconditioners.md)). State and cost are for a layer of i inputs and o outputs with p = i·o weights, or for all P weights, and a batch of N.

${preconditionerTable()}

### Schedules

How the learning rate changes; lengths are in epochs.

${scheduleTable()}

## Regularizers

\`search.regularizer\` is \`none\` or one of these. With a strength of zero, each gives the same weights as without it.

${regularizerTable()}

Options of \`wpl\`, and of the regularizers that differ from it only in their Fisher information; \`preset: mmf2019\` has the constants of the first published code:

${table(regularizerOptions('wpl'))}

Under \`fisher\`:

${table(properties(regularizerOptions('wpl')['fisher']))}

## Recipes

${readdirSync(RECIPES)
  .filter((file) => file.endsWith('.yaml'))
  .sort()
  .map((file) => `- \`${file.replace(/\.yaml$/, '')}\`: ${firstComment(file)}`)
  .join('\n')}
`;
}

/** As much of a JSON schema as these have. */
interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema | false;
  readonly prefixItems?: readonly JsonSchema[];
  readonly properties?: Fields;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
}
type Fields = Readonly<Record<string, JsonSchema>>;

/**
 * The JSON schema with every reference followed; equal parts are one object, because written out in full it would be
 * very large.
 */
function inlined(schema: z.ZodType): JsonSchema {
  const root = z.toJSONSchema(schema, { io: 'input', reused: 'ref' });
  const known = new Map<string, unknown>();
  const follow = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(follow);
    if (typeof node !== 'object' || node === null) return node;
    const { $ref, ...own } = node as { $ref?: string };
    const fields = Object.fromEntries(Object.entries(own).map(([name, value]) => [name, follow(value)]));
    if ($ref === undefined) return fields;
    const name = $ref.replace('#/$defs/', '');
    if (!known.has(name)) known.set(name, follow(root.$defs![name]));
    return { ...(known.get(name) as object), ...fields };
  };
  const { $defs: _, ...body } = root;
  return follow(body) as JsonSchema;
}

function properties(schema: JsonSchema | undefined): Fields {
  return schema?.properties ?? {};
}

/** One field per row; fields with their own section only link to it. */
function table(fields: Fields): string {
  const rows = Object.entries(fields).map(
    ([name, field]) =>
      `| \`${name}\` | ${typeText(name, field)} | ${defaultText(field)} | ${cell(field.description ?? '')} |`,
  );
  return ['| field | value | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function part(
  name: string,
  {
    description,
    options,
    presets = {},
  }: { description: string; options: z.ZodType; presets?: Readonly<Record<string, object>> },
): string {
  const fields = properties(inlined(options));
  return [
    `### ${name}`,
    description,
    Object.keys(fields).length > 0 ? table(fields) : 'It has no options.',
    ...(Object.keys(presets).length > 0 ? [presetTable(presets)] : []),
  ].join('\n\n');
}

/** One preset per column; only options in which presets differ, or differ from the default, are listed. */
function presetTable(presets: Readonly<Record<string, object>>): string {
  const names = Object.keys(presets);
  const options = [...new Set(Object.values(presets).flatMap(Object.keys))];
  const value = (preset: object, option: string): string =>
    option in preset ? cell(code((preset as Record<string, unknown>)[option])) : '';
  return [
    `| preset | ${names.map((name) => `\`${name}\``).join(' | ')} |`,
    `| --- |${' --- |'.repeat(names.length)}`,
    ...options.map((option) => `| \`${option}\` | ${names.map((name) => value(presets[name]!, option)).join(' | ')} |`),
  ].join('\n');
}

const optimizerSchemas: readonly JsonSchema[] = inlined(optimizerSchema).oneOf!;

/** The options that `nesterov` shares with all others that take no base. */
function commonOptions(): Fields {
  const {
    name: _name,
    momentum: _momentum,
    ...common
  } = properties(optimizerSchemas.find((one) => nameOf(one) === 'nesterov'));
  return common;
}

function optimizerTable(): string {
  const common = commonOptions();
  const rows = OPTIMIZERS.map(({ name, kind, formula, cost, reference }) => {
    const fields = Object.entries(properties(optimizerSchemas.find((one) => nameOf(one) === name)));
    const own = fields
      .filter(([field]) => field !== 'name' && field !== 'base' && !(field in common))
      .map(([field, schema]) => `${field}${schema.default === undefined ? '' : ` ${JSON.stringify(schema.default)}`}`);
    const options = [...own, ...(fields.some(([field]) => field === 'base') ? ['base'] : [])];
    return `| \`${name}\` | ${kind} | ${cell(code(formula))}${options.length > 0 ? ` (${options.join(', ')})` : ''} | ${cell(cost)} | ${cell(reference)} |`;
  });
  return ['| name | kind | step | gradients | source |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

function preconditionerTable(): string {
  const schemas = inlined(preconditionerSchema).oneOf!;
  const rows = PRECONDITIONERS.map(
    ({ name, triple: { curvature, representation, solver }, state, cost, reference }) => {
      const fields = Object.entries(properties(schemas.find((one) => nameOf(one) === name))).filter(
        ([field]) => field !== 'name',
      );
      const options = fields.map(
        ([field, schema]) => `${field}${schema.default === undefined ? '' : ` ${JSON.stringify(schema.default)}`}`,
      );
      return `| \`${name}\` | ${[curvature, representation, solver, options.join(', '), state, cost, reference].map(cell).join(' | ')} |`;
    },
  );
  return [
    '| name | curvature | representation | solver | options | state | cost | source |',
    `|${' --- |'.repeat(8)}`,
    ...rows,
  ].join('\n');
}

function regularizerTable(): string {
  const shared = new Set(Object.keys(regularizerOptions('wpl')));
  const rows = REGULARIZERS.map(({ name, formula, cost, reference }) => {
    const own = Object.entries(regularizerOptions(name))
      .filter(([field]) => !shared.has(field))
      .map(([field, schema]) => `${field} ${JSON.stringify(schema.default)}`);
    return `| \`${name}\` | ${cell(code(formula))}${own.length > 0 ? ` (${own.join(', ')})` : ''} | ${cell(cost)} | ${cell(reference)} |`;
  });
  return ['| name | loss | extra cost | source |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function regularizerOptions(name: string): Fields {
  const { name: _, ...options } = properties(inlined(regularizerSchema).oneOf!.find((one) => nameOf(one) === name));
  return options;
}

function scheduleTable(): string {
  return inlined(scheduleSchema)
    .oneOf!.map((schedule) => {
      const { name: _, ...fields } = properties(schedule);
      const options = Object.entries(fields).map(
        ([name, field]) =>
          `  - \`${name}\` (${typeText(name, field)}${field.default === undefined ? '' : `, default ${defaultText(field)}`})${field.description ? `: ${field.description}` : ''}`,
      );
      return [`- \`${String(nameOf(schedule))}\``, ...options].join('\n');
    })
    .join('\n');
}

function nameOf(schema: JsonSchema): unknown {
  return properties(schema)['name']?.const;
}

function typeText(name: string, field: JsonSchema): string {
  if (name === 'preconditioner') return '[preconditioner](#preconditioners)';
  if (name === 'regularizer') return '[regularizer](#regularizers)';
  if (name === 'optimizer' || name === 'schedule' || name === 'base')
    return `[${name === 'base' ? 'optimizer' : name}](#${name === 'schedule' ? 'schedules' : 'optimizers'})`;
  const { enum: values, const: only, anyOf, items, prefixItems, properties: inner, type } = field;
  if (values) return values.map(code).join(', ');
  if (only !== undefined) return code(only);
  if (anyOf) return anyOf.map((one) => typeText('', one)).join(' or ');
  if (prefixItems) return `list of ${prefixItems.length} ${plural(typeText('', prefixItems[0]!))}`;
  if (items) return `list of ${plural(typeText('', items))}`;
  if (inner) return `{ ${Object.keys(inner).join(', ')} }`;
  const noun =
    { integer: 'whole number', boolean: 'true or false', string: 'text', object: 'fields' }[type ?? ''] ??
    type ??
    'value';
  return `${noun}${range(field)}`;
}

/** The name of a type in the plural: the noun, not the range behind it. */
const plural = (type: string): string => type.replace(/^(list|whole number|number|text|value)\b/, '$1s');

function range({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: JsonSchema): string {
  const within = (limit: number | undefined): limit is number =>
    limit !== undefined && Math.abs(limit) < Number.MAX_SAFE_INTEGER;
  const limits = [
    within(minimum) && `≥ ${minimum}`,
    within(exclusiveMinimum) && `> ${exclusiveMinimum}`,
    within(maximum) && `≤ ${maximum}`,
    within(exclusiveMaximum) && `< ${exclusiveMaximum}`,
  ].filter(Boolean);
  return limits.length > 0 ? ` ${limits.join(', ')}` : '';
}

/** Defaults that are objects of fields are told field by field elsewhere. */
function defaultText({ default: value, properties: inner }: JsonSchema): string {
  return value === undefined || inner ? '' : cell(code(value));
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function firstComment(file: string): string {
  return /^# ?(.*)$/m.exec(readFileSync(new URL(file, RECIPES), 'utf8'))?.[1] ?? '';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE, await configurationPage());
