/** The configuration as a JSON schema, which editors use to complete and check YAML files. */
import { z } from 'zod';
import { configSchema } from './schema.js';

type Node = { readonly [key: string]: unknown };

/**
 * A JSON schema (draft 7, which every editor reads) of configuration files. Objects that occur in several places become
 * definitions: optimizers contain optimizers.
 */
export function configJsonSchema(): object {
  const {
    $defs,
    definitions = $defs,
    ...root
  } = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7', reused: 'ref' }) as Node;
  const all = definitions as Readonly<Record<string, Node>>;
  const uses = countReferences([root, all]);
  const names = new Map<string, string>();
  const kept: Record<string, unknown> = {};

  /** `field` is the path of the value; a definition is named after its first occurrence. */
  const simplify = (value: unknown, field: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => simplify(item, field));
    if (typeof value !== 'object' || value === null) return value;
    const { $ref, allOf, ...own } = value as Node;
    const reference = $ref ?? (allOf as readonly Node[] | undefined)?.[0]?.['$ref'];
    const fields = Object.fromEntries(
      Object.entries(own)
        .filter(([key, limit]) => !isMachineLimit(key, limit))
        .map(([key, inner]) => [key, simplify(inner, KEYWORDS.has(key) ? field : key)]),
    );
    if (typeof reference !== 'string') return fields;
    const target = all[keyOf(reference)]!;
    if (isPlain(target) || uses.get(reference) === 1) return { ...(simplify(target, field) as object), ...fields };
    return { allOf: [{ $ref: `#/definitions/${define(reference, target, field)}` }], ...fields };
  };
  const define = (reference: string, target: Node, field: string): string => {
    let name = names.get(reference);
    if (name === undefined) {
      names.set(reference, (name = unusedName(optionName(target) ?? field, kept)));
      kept[name] = {}; // reserved, for recursive types
      kept[name] = simplify(target, field);
    }
    return name;
  };
  const body = simplify(root, '') as object;
  return {
    ...body,
    title: 'weft configuration',
    definitions: Object.fromEntries(Object.entries(kept).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** Keys between the name of a field and its schema. */
const KEYWORDS = new Set(['anyOf', 'oneOf', 'items', 'properties']);

/** Numbers and strings are written inline. */
const isPlain = (node: Node): boolean => !('properties' in node || 'oneOf' in node);

function countReferences(value: unknown, counts = new Map<string, number>()): Map<string, number> {
  if (typeof value !== 'object' || value === null) return counts;
  const { $ref } = value as Node;
  if (typeof $ref === 'string') counts.set($ref, (counts.get($ref) ?? 0) + 1);
  for (const inner of Object.values(value)) countReferences(inner, counts);
  return counts;
}

const keyOf = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1);

/** For fields that are distinguished by their `name`, that name. */
const optionName = ({ properties }: Node): string | undefined =>
  (properties as { name?: { const?: string } } | undefined)?.name?.const;

function unusedName(wanted: string, taken: object): string {
  let name = wanted;
  for (let number = 2; name in taken; number++) name = `${wanted}-${number}`;
  return name;
}

/** The limits of JavaScript integers are of no use to a reader. */
const isMachineLimit = (key: string, limit: unknown): boolean =>
  (key === 'maximum' || key === 'minimum') && Math.abs(limit as number) === Number.MAX_SAFE_INTEGER;
