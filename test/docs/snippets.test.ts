/**
 * Every code block of the pages is what it says it is: TypeScript type-checks and runs, YAML is a configuration,
 * commands are commands of the real command line, and what is marked so is run. See markdown.ts for the marks.
 */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, weft } from '../search/weft.js';
import { type Finding, type Task } from './examine.js';
import { type Block, blocksOf, commandsOf, weftArguments } from './markdown.js';
import { DOC_PAGES } from './pages.js';
import { createWorkspace, examine, type Placed, typeErrors, type Workspace } from './workspace.js';

const PAGES = ['README.md', 'CONTRIBUTING.md', 'runs/README.md', ...DOC_PAGES];
const KNOWN = ['ts', 'js', 'yaml', 'sh', 'json', 'text', 'html', ''];

describe('the snippets of the documentation', function () {
  this.timeout(240_000);
  const blocks = PAGES.flatMap((page) => blocksOf(page, readFileSync(join(ROOT, page), 'utf8')));
  const tested = blocks.filter(({ directive }) => directive.verb !== 'skip');
  let workspace: Workspace;
  const placed = new Map<Block, Placed>();
  const findings = new Map<Block, Finding[]>();
  const printed = new Map<Block, string>();

  before(async () => {
    workspace = createWorkspace();
    for (const block of tested) placed.set(block, workspace.place(block));
    const tasks = tested.map((block) => tasksOf(placed.get(block)!));
    const all = await examine(tasks.flat(), workspace.root);
    tested.forEach((block, i) => findings.set(block, all.splice(0, tasks[i]!.length)));
    for (const [block, [finding]] of findings) if (isModule(block)) printed.set(block, finding?.printed ?? '');
  });
  after(() => workspace.dispose());

  it('are in languages that can be checked', () => {
    expect(
      blocks
        .filter(({ language }) => !KNOWN.includes(language))
        .map(({ page, line, language }) => `${page}:${line} ${language}`),
    ).to.deep.equal([]);
  });

  it('type-check against the package', () => {
    expect(
      typeErrors(tested.filter(({ language }) => language === 'ts').map((block) => placed.get(block)!)).join('\n'),
    ).to.equal('');
  });

  for (const block of tested) {
    if (!['text', 'html', ''].includes(block.language)) {
      it(`${block.page}:${block.line} is right (${block.language})`, () => {
        expect(
          findings
            .get(block)!
            .flatMap(({ error }) => error ?? [])
            .join('\n'),
        ).to.equal('');
      });
    }
    if (block.directive.verb === 'run')
      it(`${block.page}:${block.line} runs`, async () => void printed.set(block, await run(block)));
    if (block.directive.verb === 'output') {
      it(`${block.page}:${block.line} is what is printed`, () => {
        const before = tested.filter(({ page, line }) => page === block.page && line < block.line).at(-1)!;
        expect(printed.get(before)?.trimEnd()).to.equal(block.code.trimEnd());
      });
    }
  }

  /** Runs the `weft` commands of the block, and gives what they print. */
  async function run({ page, code, directive }: Block): Promise<string> {
    let cwd = workspace.folder(page);
    let said = '';
    const extra = commandsOf(directive.extra).flat();
    for (const words of commandsOf(code)) {
      if (words[0] === 'cd') cwd = join(cwd, words[1]!);
      const args = weftArguments(words);
      if (!args) continue;
      const result = await weft([...args, ...extra.splice(0)], { cwd, env: { WEFT_BACKEND: 'cpu' } });
      expect(result.code, `${words.join(' ')}\n${result.stdout}${result.stderr}`).to.equal(0);
      said += result.stdout;
    }
    return said;
  }
});

const isModule = ({ language, directive }: Block): boolean =>
  (language === 'ts' || language === 'js') && directive.verb !== 'types';

function tasksOf(block: Placed): Task[] {
  if (isModule(block)) return [{ kind: 'module', path: block.path }];
  if (block.language === 'yaml') return [{ kind: 'configuration', path: block.path }];
  if (block.language === 'json') return [{ kind: 'json', text: block.code }];
  return block.language === 'sh' ? commandsOf(block.code).map((words) => ({ kind: 'command', words })) : [];
}

describe('testing of snippets', function () {
  this.timeout(120_000);
  const page = (...lines: string[]): Block => blocksOf('page.md', lines.join('\n'))[0]!;
  let workspace: Workspace;
  beforeEach(() => {
    workspace = createWorkspace();
  });
  afterEach(() => workspace.dispose());

  it('finds a snippet that does not type-check, and its line', () => {
    const snippet = (value: string, ...before: string[]): Placed =>
      workspace.place(
        page(
          ...before,
          '```ts',
          "import { oneOf, type ArchitectureOf } from 'weft-nas';",
          "const c = oneOf(['a', 'b']);",
          `export const chosen: ArchitectureOf<typeof c> = '${value}';`,
          '```',
        ),
      );
    const errors = typeErrors([snippet('a'), snippet('c', 'text', '')]);
    expect(errors).to.have.length(1);
    expect(errors[0]).to.match(/^page\.md:6:14: .*"c"/);
  });

  it('finds modules that throw, configurations with unknown fields or options, and commands that do not exist', async () => {
    const wrong: [Block | string, RegExp][] = [
      [page('```ts', "throw new Error('broken');", '```'), /broken/],
      [page('text', '```ts', "import { nonesuch } from 'weft-nas'; nonesuch();", '```'), /nonesuch/],
      [page('```yaml', 'search: { epoch: 3 }', '```'), /unknown option 'search.epoch': did you mean 'epochs'/],
      [page('', '```yaml', 'space: { name: macro-cnn, laayers: 3 }', '```'), /laayers/],
      ['weft serach', /unknown command/],
      ['weft search --recipe digit', /no recipe 'digit'/],
      ['npx weft search --recipes digits', /unknown option/],
      ['weft search --set search.epoch=3', /unknown option 'search.epoch'/],
      ['weft search --space micro', /no space 'micro'/],
      ['weft search --preset papre', /no preset 'papre'/],
      ['weft report', /missing required argument/],
      ['weft rank a b', /too many arguments/],
      ['weft study two-model --set seed=8', /no option 'seed'/],
      ['npm run nonesuch', /no script 'nonesuch'/],
    ];
    const right = ['weft search --recipe digits --preset paper', 'npm ci', 'npm test', 'cd somewhere'];
    const tasks = [...wrong.map(([what]) => what), ...right].flatMap((what) =>
      tasksOf(typeof what === 'string' ? workspace.place(page('```sh', what, '```')) : workspace.place(what)),
    );
    const found = await examine(tasks, workspace.root);
    wrong.forEach(([, message], i) => expect(found[i]!.error).to.match(message));
    expect(found.slice(wrong.length).map(({ error }) => error)).to.deep.equal(right.map(() => undefined));
  });

  it('splits commands as a shell does', () => {
    expect(commandsOf("npm ci && npm start # all\nweft search \\\n  --set 'a=1 2'\n")).to.deep.equal([
      ['npm', 'ci'],
      ['npm', 'start'],
      ['weft', 'search', '--set', 'a=1 2'],
    ]);
  });

  it('requires a reason for every block that it skips', () => {
    expect(() => page('<!-- test: skip -->', '```sh', '```')).to.throw(/say why/);
  });
});
