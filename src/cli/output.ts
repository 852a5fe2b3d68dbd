/** What the command line prints: words for people on a terminal, one JSON object a line for programs. */
import { WeftError } from '../errors.js';

export interface Output {
  /** Whether a person is watching: a terminal, and neither --json nor CI asks otherwise. */
  readonly interactive: boolean;
  readonly color: boolean;
  /** A line for people; not printed when events go to a program. */
  say(text?: string): void;
  /** One JSON line for programs; not printed for people. */
  emit(event: object): void;
  /** Replaces the lines at the bottom of the terminal; an empty list takes them away. */
  status(lines: readonly string[]): void;
}

export function createOutput(stream: NodeJS.WriteStream, { json = false }: { json?: boolean } = {}): Output {
  const interactive = Boolean(stream.isTTY) && !json;
  let shown = 0;
  const clear = (): void => {
    if (shown > 0) stream.write(`\x1b[${shown}A\x1b[0J`);
    shown = 0;
  };
  return {
    interactive,
    color: interactive && !process.env['NO_COLOR'],
    say(text = '') {
      if (json) return;
      clear();
      stream.write(`${text}\n`);
    },
    emit(event) {
      if (!interactive) stream.write(`${JSON.stringify(event)}\n`);
    },
    status(lines) {
      if (!interactive) return;
      clear();
      const width = (stream.columns ?? 80) - 1;
      for (const line of lines) stream.write(`${clip(line, width)}\n`);
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
  stream.write(`weft: this is a defect of weft itself, please report it\n${error instanceof Error ? error.stack : String(error)}\n`);
  return 70;
}
