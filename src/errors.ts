/** What tells our errors apart where weft is loaded twice in a process and TensorFlow.js runs kernels of the other copy. */
const MARK = Symbol.for('weft.error');

/**
 * Every failure that a user can cause or mend is one of these: `code` is stable for programs,
 * `message` names the thing, `hint` says what to do about it.
 */
export class WeftError extends Error {
  override readonly name = 'WeftError';
  readonly [MARK] = true;

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && MARK in value;
  }

  constructor(
    readonly code: WeftErrorCode,
    message: string,
    readonly hint?: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

export type WeftErrorCode =
  | 'backend' // a TensorFlow.js backend cannot be loaded or lacks a kernel
  | 'config' // an option, preset, recipe or YAML file is wrong
  | 'space' // a search-space definition is wrong or unknown
  | 'architecture' // an architecture or its encoding does not fit the space
  | 'controller' // a controller is wrong or unknown
  | 'operation' // an operation got inputs or options it cannot take
  | 'data' // a data file is missing, truncated or corrupt
  | 'run' // a run directory is missing, in use or of another version
  | 'checkpoint' // a checkpoint is missing, corrupt or of another space
  | 'numeric' // NaN, infinity, a matrix that will not factor
  | 'disk' // a write failed
  | 'job' // a job failed, or a queue cannot be used
  | 'export' // a child cannot be written in the wanted form
  | 'unsupported'; // asked for something that is refused by name

/** The `known` name nearest to `name` by edit distance, for "did you mean" hints. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 2)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** "did you mean X? known: a, b, c": the ordinary hint for an unknown name. */
export function unknownNameHint(name: string, known: readonly string[]): string {
  const guess = nearest(name, known);
  return `${guess ? `did you mean '${guess}'? ` : ''}known: ${known.join(', ')}`;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(row[j - 1]! + 1, previous[j]! + 1, substitution));
    }
    previous = row;
  }
  return previous[b.length]!;
}
