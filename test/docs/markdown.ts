/** The code blocks of a Markdown page, with what a comment before them says about testing them. */

/**
 * `<!-- test: … -->` on the line before a block: `skip REASON` leaves it alone; `run` runs the commands of a sh block;
 * `types` checks a ts block without running it; `file=NAME` puts it under this name where later blocks find it;
 * `with=ARGUMENTS` is added to its first command, mostly to make it quick; `output` holds a text block to what the
 * block before has printed.
 */
export interface Directive {
  readonly verb: 'skip' | 'run' | 'types' | 'output' | undefined;
  readonly file: string | undefined;
  readonly extra: string;
}

export interface Block {
  readonly page: string;
  /** Line of the page on which the code begins, from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
  readonly directive: Directive;
}

/** All fenced blocks of a page, in order. */
export function blocksOf(page: string, markdown: string): Block[] {
  const lines = markdown.split('\n');
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length; i++) {
    const [, indent, fence, language] = /^( *)(`{3,})(\w*)\s*$/.exec(lines[i]!) ?? [];
    if (fence === undefined) continue;
    const end = lines.findIndex((line, j) => j > i && line.trim() === fence);
    if (end < 0) throw new Error(`${page}:${i + 1}: this block is not closed`);
    const code = lines
      .slice(i + 1, end)
      .map((line) => line.slice(indent!.length))
      .join('\n');
    blocks.push({
      page,
      line: i + 2,
      language: language!,
      code: `${code}\n`,
      directive: directiveOf(lineBefore(lines, i), `${page}:${i}`),
    });
    i = end;
  }
  return blocks;
}

/** The line before a block, over one blank line, which Prettier puts between a comment and a block. */
function lineBefore(lines: readonly string[], index: number): string {
  return lines[index - 1]?.trim() === '' ? (lines[index - 2] ?? '') : (lines[index - 1] ?? '');
}

function directiveOf(line: string, where: string): Directive {
  const [, text] = /^\s*<!-- test: (.*?) -->\s*$/.exec(line) ?? [];
  if (text === undefined) return { verb: undefined, file: undefined, extra: '' };
  const [, verb, reason] = /^(?:(skip|run|types|output)\b)?(.*)$/.exec(text)!;
  if (verb === 'skip' && !reason!.trim()) throw new Error(`${where}: say why this block is not tested`);
  const [, file] = /\bfile=(\S+)/.exec(text) ?? [];
  const [, extra = ''] = /\bwith=(.*)$/.exec(text) ?? [];
  if (verb === undefined && file === undefined) throw new Error(`${where}: '${text}' means nothing`);
  return { verb: verb as Directive['verb'], file, extra };
}

/** The commands of a sh block, comments dropped, lines ending in a backslash joined, `a && b` taken apart. */
export function commandsOf(code: string): string[][] {
  return code
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .flatMap((line) => line.replace(/(^|\s)#.*$/, '').split('&&'))
    .map((command) =>
      [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
        ([, single, double, plain]) => single ?? double ?? plain!,
      ),
    )
    .filter((words) => words.length > 0);
}

/** The words after `weft`, or undefined when it is another program's command. */
export function weftArguments([first, ...rest]: readonly string[]): string[] | undefined {
  if (first === 'weft') return rest;
  return first === 'npx' && rest[0] === 'weft' ? rest.slice(1) : undefined;
}
