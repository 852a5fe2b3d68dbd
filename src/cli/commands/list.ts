/** `weft list`: everything that is chosen by name. */
import {
  describePart,
  type DescribedPart,
  type ListedPart,
  listParts,
  PART_KINDS,
  type PartKind,
  partKind,
} from '../../api/catalogue.js';
import { controllerNames } from '../../api/registry.js';
import { largestOf } from '../../statistics/extremes.js';
import { createOutput, type Output } from '../output.js';

interface ListOptions {
  readonly json?: boolean;
}

/** The text about a kind in a hint. */
const NEXT: Partial<Record<PartKind, string>> = {
  spaces: 'weft list spaces NAME shows the options, weft init writes a space of your own',
  optimizers: '--set "retrain.optimizer={name: sam, rho: 0.05}" in weft search or weft train',
  preconditioners:
    '--set "search.optimizer={name: momentum, learningRate: 0.02, preconditioner: {name: kfac}}" in weft search or weft train',
  regularizers: '--set search.regularizer=wpl in weft search',
  objectives: 'weft search --objectives accuracy,parameters, or a file of your own instead of a name',
  proxies: 'weft rank RUN --proxies all, or --set "search.warmStart={pool: 200}" in weft search',
  data: 'weft search --data NAME, or the path of a folder of images by class, of a CSV file or of a text',
};

/** Lists the kinds, the parts of one kind, or the options of one part. */
export async function list(word: string | undefined, name: string | undefined, options: ListOptions): Promise<void> {
  const output = createOutput(options);
  if (word === undefined) return listKinds(output);
  const kind = partKind(word);
  if (name !== undefined) return sayPart(await describePart(kind, name), output);
  await sayKind(kind, output);
  const next = NEXT[kind];
  if (next !== undefined) output.say(`next  ${next}`);
}

/** The command of earlier versions: both spaces and strategies, or the options of one. */
export async function spaces(name: string | undefined, options: ListOptions): Promise<void> {
  const output = createOutput(options);
  if (name !== undefined)
    return sayPart(await describePart(controllerNames.includes(name) ? 'controllers' : 'spaces', name), output);
  for (const [title, kind] of [
    ['search spaces', 'spaces'],
    ['controllers', 'controllers'],
  ] as const) {
    output.say(`${title}:`);
    await sayKind(kind, output);
  }
  output.say(`next  ${NEXT.spaces}`);
}

async function listKinds(output: Output): Promise<void> {
  for (const kind of PART_KINDS) {
    const names = (await listParts(kind)).map(({ name }) => name);
    output.emit({ type: 'kind', kind, names });
    output.say(`${kind.padEnd(16)} ${names.join(', ')}`);
  }
  output.say('next  weft list KIND describes each, weft list KIND NAME shows its options');
}

async function sayKind(kind: PartKind, output: Output): Promise<void> {
  const parts = await listParts(kind);
  const width = largestOf([16, ...parts.map(({ name }) => name.length)]);
  let group: string | undefined;
  for (const part of parts) {
    const { kind: own, ...facts } = part.facts;
    if (own !== group && own !== undefined) output.say(`${own}:`);
    group = own;
    output.emit({ type: 'part', kind, ...part });
    output.say(`  ${part.name.padEnd(width)} ${part.description}`);
    for (const line of factLines(facts)) output.say(`  ${''.padEnd(width)} ${line}`);
  }
}

function sayPart({ presets, options, ...part }: DescribedPart, output: Output): void {
  output.emit({ type: 'part', ...part, options, presets });
  output.say(`${part.name}: ${part.description}`);
  for (const line of factLines(part.facts)) output.say(`  ${line}`);
  for (const { name, form, default: fallback, description } of options)
    output.say(
      `  ${name.padEnd(16)} ${form}${fallback === undefined ? '' : `, default ${JSON.stringify(fallback)}`}${description === undefined ? '' : `: ${description}`}`,
    );
  if (presets.length > 0) output.say(`  presets: ${presets.join(', ')}`);
}

const factLines = (facts: ListedPart['facts']): string[] =>
  Object.entries(facts).map(([name, text]) => (name === 'reference' ? text : `${name}: ${text}`));
