/** The hint for an unknown name: the most similar valid one, or the field to which it belongs. */
import { type z } from 'zod';
import { nearest } from '../errors.js';
import { OPTIMIZERS } from '../optimizers/index.js';
import { PRECONDITIONERS } from '../preconditioners/index.js';

/** Method names from papers that differ from ours. */
const ALIASES: Readonly<Record<string, string>> = {
  'g-tracer': 'sgd-tracer',
  gtracer: 'sgd-tracer',
  'k-fac': 'kfac',
  'e-kfac': 'ekfac',
  'ek-fac': 'ekfac',
  friendlysam: 'f-sam',
  'friendly-sam': 'f-sam',
  mfac: 'm-fac',
  kbfgs: 'k-bfgs',
  lbfgs: 'l-bfgs',
  'natural-gradient': 'ngd',
  'natural-gradient-descent': 'ngd',
};

/** The hint in an issue about an unknown name; undefined if the issue is about something else. */
export function describeUnknownName(issue: z.core.$ZodIssue, raw: unknown): string | undefined {
  if (issue.code !== 'invalid_union' || issue.discriminator !== 'name') return undefined;
  const name = valueAt(raw, issue.path);
  const { options } = issue as { options?: readonly unknown[] };
  if (typeof name !== 'string' || !options) return undefined;
  const known = options.map(String);
  const kind = String(issue.path.at(-2));
  return `there is no ${kind} '${name}'${remedy(name, kind, known)}; known: ${known.join(', ')}`;
}

function remedy(name: string, kind: string, known: readonly string[]): string {
  const lower = name.toLowerCase();
  const ours = Object.hasOwn(ALIASES, lower) ? ALIASES[lower]! : lower;
  if (known.includes(ours)) return `: did you mean '${ours}'?`;
  if (kind !== 'preconditioner' && has(PRECONDITIONERS, ours))
    return `: '${ours}' is a preconditioner, a field of plain optimizers: write {name: sgd, preconditioner: {name: ${ours}}}`;
  if (has(OPTIMIZERS, ours))
    return kind === 'base' ? `: '${ours}' is an optimizer, but not a plain one` : `: '${ours}' is an optimizer`;
  const guess = nearest(name, known);
  return guess ? `: did you mean '${guess}'?` : '';
}

const has = (parts: readonly { readonly name: string }[], name: string): boolean =>
  parts.some((part) => part.name === name);

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let value = raw;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}
