/**
 * Command-line output: text for people, both on a terminal and in a pipe; one JSON object per line for programs that
 * request it.
 */
import { systemReason } from '../errors.js';
import { typedError } from '../own-errors.js';
import { printable } from '../printable.js';
import { stopwatch } from '../runs/clock.js';
import { asTyped } from './invocation.js';
import { printableJson, printableStyled } from './printable.js';

export { show } from '../printable.js';

export interface Output {
  /** Whether output goes to an interactive terminal. */
  readonly interactive: boolean;
  readonly color: boolean;
  /** A line for people; on standard error with --json, so that standard output contains only JSON. */
  say(text?: string): void;
  /** One JSON line, printed with --json only. */
  emit(event: object): void;
  /**
   * Replaces the lines at the bottom of the terminal; an empty list removes them. A pipe or a file gets the line
   * `plain` instead (the first by default), at most every PLAIN_SECONDS.
   */
  status(lines: readonly string[], plain?: string): void;
}

export interface OutputOptions {
  /** One JSON object per line, requested by --json. */
  readonly json?: boolean | undefined;
}

/** Seconds between two lines of progress in a pipe or a file. */
const PLAIN_SECONDS = 15;

export function createOutput(
  { json = false }: OutputOptions = {},
  { stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'> = process,
): Output {
  const terminal = Boolean(stdout.isTTY) && !json;
  const words = json ? stderr : stdout;
  const watch = stopwatch();
  let told = 0;
  let shown = 0;
  const clear = (): void => {
    if (shown > 0) stdout.write(`\x1b[${shown}A\x1b[0J`);
    shown = 0;
  };
  const color = terminal && !process.env['NO_COLOR'];
  const safe = color ? printableStyled : printable;
  return {
    interactive: terminal,
    color,
    say(text = '') {
      clear();
      words.write(`${safe(asTyped(text))}\n`);
    },
    emit(event) {
      if (json) stdout.write(`${printableJson(event)}\n`);
    },
    status(lines, plain = lines[0]) {
      if (!terminal) {
        if (json || plain === undefined || watch.elapsed() - told < PLAIN_SECONDS) return;
        told = watch.elapsed();
        words.write(`${safe(asTyped(plain))}\n`);
        return;
      }
      clear();
      const width = (stdout.columns ?? 80) - 1;
      for (const line of lines) stdout.write(`${clip(safe(line).replaceAll('\n', '\\n'), width)}\n`);
      shown = lines.length;
    },
  };
}

/** At most `width` visible characters; escape sequences do not count. */
export function clip(line: string, width: number): string {
  let visible = 0;
  let result = '';
  for (const [token] of line.matchAll(/\x1b\[[0-9;]*m|[^]/gu)) {
    if (token.length === 1 || !token.startsWith('\x1b')) {
      if (visible === width) continue;
      visible++;
    }
    result += token;
  }
  return result;
}

/**
 * Prints an error for the user, and returns the exit code: 1 for anything that the user can fix, 70 for a defect in
 * Weft. Errors of the operating system and in the user's own code never count as defects.
 */
export function reportError(error: unknown, stream: Pick<NodeJS.WriteStream, 'write'>): number {
  const known = typedError(error);
  if (known) {
    stream.write(printable(`weft: ${known.message}\n${known.hint ? `  ${asTyped(known.hint)}\n` : ''}`));
    return 1;
  }
  const where = error instanceof Error ? (error.stack ?? error.message) : String(error);
  stream.write(printable(`weft: this is a bug in weft, please report it\n${where}\n`));
  return 70;
}

/**
 * What to do when standard output or error cannot be written. A closed reader (`weft status | head`) is no reason to
 * stop: a search still writes its run directory. Any other failure is reported once, and affects the exit code.
 */
export function outputFailed(error: NodeJS.ErrnoException, stderr: NodeJS.WriteStream): void {
  if (error.code === 'EPIPE' || process.exitCode === 1) return;
  process.exitCode = 1;
  stderr.write(`weft: cannot write the output: ${systemReason(error)?.[0] ?? error.message}\n`);
}
