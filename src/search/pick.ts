/**
 * Conditions for picking from a Pareto front: `latency<5ms`, `parameters<=100k`, `activationMemory<64kB,accuracy>0.9`.
 */
import { ownValue, unknownNameHint, WeftError } from '../errors.js';
import { costNames } from '../config/costs.js';

export interface Condition {
  /** A cost, one of the user's own objectives, `accuracy` or `loss`. */
  readonly name: string;
  readonly text: string;
  readonly comparison: '<' | '<=' | '>' | '>=';
  readonly limit: number;
  holds(value: number): boolean;
}

const NAMES: readonly string[] = [...costNames, 'accuracy', 'loss'];

/** Factors of the suffixes of a number. */
const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  '%': 0.01,
  ms: 1,
  s: 1000,
  mj: 1,
  j: 1000,
  b: 1,
  k: 1e3,
  kb: 1e3,
  kib: 1024,
  m: 1e6,
  mb: 1e6,
  mib: 1024 ** 2,
  g: 1e9,
};

const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/**
 * Parses conditions separated by commas, on costs and on the user's `own` objectives; throws WeftError('config') naming
 * the one that cannot be read.
 */
export function parsePick(text: string, own: readonly string[] = []): Condition[] {
  const names = [...NAMES, ...own];
  return text.split(',').map((part) => {
    const [, name, comparison, amount, unit] =
      /^\s*(\w+)\s*(<=|>=|<|>)\s*(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*([a-z%]*)\s*$/i.exec(part) ?? [];
    const factor = unit === undefined ? undefined : ownValue(UNITS, unit.toLowerCase());
    if (name === undefined || factor === undefined)
      throw new WeftError(
        'config',
        `'${part.trim()}' cannot be read as a condition`,
        'write for example latency<5ms, parameters<=100k or accuracy>0.9, several separated by commas',
      );
    if (!names.includes(name))
      throw new WeftError('config', `networks have no quantity named '${name}'`, unknownNameHint(name, names));
    const limit = Number(amount) * factor;
    const compare = COMPARISONS[comparison!]!;
    return {
      name,
      text: part.trim(),
      comparison: comparison as Condition['comparison'],
      limit,
      holds: (value) => compare(value, limit),
    };
  });
}
