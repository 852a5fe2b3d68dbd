/** The results of mutants, kept from one call to the next, and those that are equivalent to the original. */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Mutant } from './mutate.js';
import { type Outcome } from './sandbox.js';

export interface Result {
  readonly id: string;
  readonly outcome: Outcome | 'no-test';
}

/** The same for the same fault in the same text of a file. */
export function idOf({ file, kind, start, before, after }: Mutant, text: string): string {
  return createHash('sha256')
    .update(JSON.stringify([file, kind, start, before, after, text]))
    .digest('hex')
    .slice(0, 16);
}

export function readResults(path: string): Map<string, Result['outcome']> {
  if (!existsSync(path)) return new Map();
  const lines = readFileSync(path, 'utf8').trim().split('\n').filter(Boolean);
  return new Map(lines.map((line) => JSON.parse(line) as Result).map(({ id, outcome }) => [id, outcome]));
}

export function keepResult(path: string, result: Result): void {
  mkdirSync(dirname(path), { recursive: true });
  appendFileSync(path, `${JSON.stringify(result)}\n`);
}

export interface Equivalent {
  readonly file: string;
  /** The whole line, without the space around it. */
  readonly line: string;
  readonly before: string;
  readonly after: string;
  readonly reason: string;
}

export const EQUIVALENT = JSON.parse(
  readFileSync(new URL('equivalent.json', import.meta.url), 'utf8'),
) as readonly Equivalent[];

/** Why no test could detect the fault; undefined if one could. */
export function equivalence({ file, line, before, after }: Mutant, text: string): string | undefined {
  const own = text.split('\n')[line - 1]!.trim();
  return EQUIVALENT.find((one) => one.file === file && one.line === own && one.before === before && one.after === after)
    ?.reason;
}
