/** What is written twice is changed once and forgotten once: no six lines of code are the same. */
import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../built.js';

const FOLDERS = ['src', 'controllers', 'search-spaces', 'studies', 'bench', 'scripts', 'templates', 'test'];
/** Number of consecutive equal lines that make a copy. */
const LINES = 6;

interface Line {
  readonly number: number;
  readonly text: string;
}

/** The lines of a module that say something: no imports and exports of other modules, comments or lone punctuation. */
function linesOf(source: string): Line[] {
  const code = source
    .replace(/\/\*[^]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
    .replace(/^(import|export)( type)? (\{[^}]*\}|\*|[\w$]+)( as [\w$]+)?,?( \{[^}]*\})? ?from [^;]*;/gm, (statement) =>
      statement.replace(/[^\n]/g, ''),
    );
  return code
    .split('\n')
    .map((text, index) => ({ number: index + 1, text: text.replace(/\/\/ .*$/, '').trim() }))
    .filter(({ text }) => /[\w$]/.test(text));
}

/** Where the same `LINES` lines stand twice, as `first:line = second:line`; a longer copy is named once. */
function copiesIn(modules: ReadonlyMap<string, string>): string[] {
  const seen = new Map<string, { readonly file: string; readonly line: number; readonly index: number }>();
  const copies: string[] = [];
  for (const [file, source] of modules) {
    const lines = linesOf(source);
    let previous = '';
    for (let i = 0; i + LINES <= lines.length; i++) {
      const text = lines
        .slice(i, i + LINES)
        .map((line) => line.text)
        .join('\n');
      const first = seen.get(text);
      if (!first) seen.set(text, { file, line: lines[i]!.number, index: i });
      // Lines further, both copies go on: it is the same copy.
      const here = first ? `${first.file} ${first.index - i}` : '';
      if (first && here !== previous) copies.push(`${first.file}:${first.line} = ${file}:${lines[i]!.number}`);
      previous = here;
    }
  }
  return copies;
}

describe('no six lines stand twice', () => {
  it('in the code, the tests and the scripts', () => {
    const files = FOLDERS.flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .map((path) => join(folder, path))
        .filter((path) => /\.(ts|mjs)$/.test(path) && !path.includes('fixtures')),
    ).sort();
    expect(files.length).to.be.above(500);
    const modules = new Map(files.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]));
    expect(copiesIn(modules), 'the same lines').to.deep.equal([]);
  });

  it('finds a copy in another file, and does not count imports, comments and braces', () => {
    const same = ['a();', 'b();', '}', 'c();', 'd();', '// e', 'e();', 'f();', 'g();'];
    const first = same.join('\n');
    const copiesOf = (other: string) =>
      copiesIn(
        new Map([
          ['first', first],
          ['second', other],
        ]),
      );
    expect(copiesOf(`x();\n${first}`)).to.deep.equal(['first:1 = second:2']);
    expect(copiesOf(first.replace('d();', 'x();'))).to.deep.equal([]);
    const imports = "import {\n  a,\n  b,\n  c,\n  d,\n  e,\n  f,\n} from 'g';\n";
    expect(
      copiesIn(
        new Map([
          ['first', imports],
          ['second', imports],
        ]),
      ),
    ).to.deep.equal([]);
  });
});
