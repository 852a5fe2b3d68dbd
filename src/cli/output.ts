/** What the command line prints: words for people on a terminal, one JSON object a line for programs. */
import { relative } from 'node:path';
import { WeftError } from '../errors.js';

export interface Output {
  /** Whether a person is watching a terminal. */
  readonly interactive: boolean;
  readonly color: boolean;
  /** A line for people; on the error stream when the output proper goes to a program. */
  say(text?: string): void;
  /** One JSON line for programs; not printed for people. */
  emit(event: object): void;
  /** Replaces the lines at the bottom of the terminal; an empty list takes them away. */
  status(lines: readonly string[]): void;
}

export interface OutputOptions {
  /** One JSON object a line, asked for by --json. */
  readonly json?: boolean;
  /** A command with a live view: without a terminal it prints events instead. */
  readonly live?: boolean;
}

export function createOutput({ json = false, live = false }: OutputOptions = {}, { stdout, stderr } = process): Output {
  const terminal = Boolean(stdout.isTTY) && !json;
  const events = json || (live && !terminal);
  const words = events ? stderr : stdout;
  let shown = 0;
  const clear = (): void => {
    if (shown > 0) stdout.write(`\x1b[${shown}A\x1b[0J`);
    shown = 0;
  };
  return {
    interactive: terminal,
    color: terminal && !process.env['NO_COLOR'],
    say(text = '') {
      clear();
      words.write(`${text}\n`);
    },
    emit(event) {
      if (events) stdout.write(`${JSON.stringify(event)}\n`);
    },
    status(lines) {
      if (!terminal) return;
      clear();
      const width = (stdout.columns ?? 80) - 1;
      for (const line of lines) stdout.write(`${clip(line, width)}\n`);
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

/** Prints an error as a person needs it, and gives the exit code: 1 for what the user can mend, 70 for a defect of ours. */
export function reportError(error: unknown, stream: NodeJS.WriteStream): number {
  if (error instanceof WeftError) {
    stream.write(`weft: ${error.message}\n${error.hint ? `  ${error.hint}\n` : ''}`);
    return 1;
  }
  stream.write(
    `weft: this is a defect of weft itself, please report it\n${error instanceof Error ? error.stack : String(error)}\n`,
  );
  return 70;
}

/** A path as short as it can be typed from here. */
export function show(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') ? path : short;
}
