/** Every number of a configuration has bounds, and they hold: the cases are those of schema/weft.schema.json. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { configSchema } from '../../src/config/schema.js';

interface Node {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
  readonly allOf?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node | readonly Node[];
}

interface Case {
  /** Names of fields and places in lists that lead to the number. */
  readonly path: string;
  readonly node: Node;
  /** A configuration with this value there. */
  readonly config: (value: unknown) => unknown;
}

const schema = JSON.parse(readFileSync(new URL('../../schema/weft.schema.json', import.meta.url), 'utf8')) as Node & {
  definitions: Record<string, Node>;
};

/** The numbers below a node; each shared definition is entered once. */
function* numbersIn(node: Node, path: string, config: Case['config'], seen: Set<string>): Generator<Case> {
  if (node.$ref !== undefined) {
    const name = node.$ref.split('/').at(-1)!;
    if (seen.has(name)) return;
    seen.add(name);
    yield* numbersIn(schema.definitions[name]!, path, config, seen);
    return;
  }
  for (const one of [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])])
    yield* numbersIn(one, path, config, seen);
  if ((node.type === 'number' || node.type === 'integer') && node.const === undefined) yield { path, node, config };
  const names = Object.entries(node.properties ?? {});
  // What tells this form from others, such as the name of an optimizer.
  const fixed = Object.fromEntries(
    names.flatMap(([name, { const: value }]) => (value === undefined ? [] : [[name, value]])),
  );
  for (const [name, one] of names)
    yield* numbersIn(one, `${path}${path && '.'}${name}`, (value) => config({ ...fixed, [name]: value }), seen);
  const { items } = node;
  if (Array.isArray(items))
    for (const [i, one] of (items as readonly Node[]).entries())
      yield* numbersIn(one, `${path}[${i}]`, (value) => config(items.map((_, k) => (k === i ? value : 1))), seen);
  else if (items) yield* numbersIn(items as Node, `${path}[]`, (value) => config([value]), seen);
}

const cases = [...numbersIn(schema, '', (value) => value, new Set())];

const isAccepted = ({ config }: Case, value: unknown): boolean => configSchema.safeParse(config(value)).success;

/** The places of columns, which may be given as names too. */
const isColumn = ({ path }: Case): boolean => /^data\.label(\[\])?$/.test(path);

describe('numbers of a configuration', () => {
  it('are found in the schema', () => {
    expect(cases.length).to.be.greaterThan(300);
  });

  it('are neither NaN nor infinite, and whole where they count', () => {
    const wrong = cases.flatMap((one) =>
      [
        NaN,
        Infinity,
        -Infinity,
        ...(isColumn(one) ? [] : ['1']),
        ...(one.node.type === 'integer' ? [(one.node.minimum ?? 0) + 0.5, 2 ** 60] : []),
      ]
        .filter((value) => isAccepted(one, value))
        .map((value) => `${one.path}: ${value}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('are refused beyond their bounds', () => {
    const wrong = cases.flatMap((one) => {
      const { minimum, exclusiveMinimum, maximum, exclusiveMaximum, type } = one.node;
      const step = type === 'integer' ? 1 : 1e-9;
      return [
        ...(minimum === undefined ? [] : [minimum - step, -Number.MAX_VALUE]),
        ...(exclusiveMinimum === undefined ? [] : [exclusiveMinimum]),
        ...(maximum === undefined ? [] : [maximum + step, Number.MAX_VALUE]),
        ...(exclusiveMaximum === undefined ? [] : [exclusiveMaximum]),
      ]
        .filter((value) => isAccepted(one, value))
        .map((value) => `${one.path}: ${value}`);
    });
    expect(wrong).to.deep.equal([]);
  });

  it('have a lower bound, except columns, which are counted from either end', () => {
    const open = cases.filter(({ node }) => node.minimum === undefined && node.exclusiveMinimum === undefined);
    expect(open.filter((one) => !isColumn(one)).map(({ path }) => path)).to.deep.equal([]);
  });
});
