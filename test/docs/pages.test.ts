/** The pages agree with the tree: links lead somewhere, listed paths exist, tables list what there is. */
import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { configurationPage } from '../../scripts/write-configuration.js';
import { CONFIG_TEMPLATE, SPACE_TEMPLATE } from '../../src/api/templates.js';
import { program } from '../../src/cli/program.js';
import { controllerNames, spaceNames } from '../../src/api/registry.js';
import { datasetNames } from '../../src/data/index.js';
import { ROOT } from '../search/weft.js';
import { blocksOf } from './markdown.js';
import { DOC_PAGES } from './pages.js';

const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');
const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', 'runs/README.md', ...DOC_PAGES];

/** Anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('the pages of the documentation', () => {
  for (const page of PAGES) {
    it(`${page} links to what exists`, () => {
      const links = [
        ...read(page)
          .replace(/```[^]*?```/g, '')
          .matchAll(/\]\(([^)\s]+)\)/g),
      ]
        .map(([, target]) => target!)
        .filter((target) => !/^https?:/.test(target));
      for (const link of links) {
        const [path, anchor] = link.split('#') as [string, string?];
        const target = path === '' ? page : join(dirname(page), path);
        expect(existsSync(join(ROOT, target)), `${page}: ${link}`).to.equal(true);
        if (anchor !== undefined) expect(anchorsOf(target), `${page}: ${link}`).to.include(anchor);
      }
    });
  }

  it('README.md has commands that a POSIX shell, PowerShell and cmd.exe understand alike', () => {
    const lines = blocksOf('README.md', read('README.md'))
      .filter(({ language }) => language === 'sh')
      .flatMap(({ code }) => code.split('\n'));
    expect(lines.length).to.be.above(10);
    // No quotes that one of them takes as text, no wildcards, variables, comments or line breaks.
    for (const line of lines) expect(line).to.not.match(/['*$`]|\s#|\\$|^[A-Z_]+=/);
  });

  it('docs/explanation/architecture.md draws a tree of what exists', () => {
    const page = 'docs/explanation/architecture.md';
    const tree = blocksOf(page, read(page)).find(({ code }) => code.startsWith('src/'))!.code;
    let parent = '';
    const listed = tree.split('\n').flatMap((line) => {
      const [, indent, name] = /^( *)([\w.-]+\/?[\w.-]*\/?)  +\S/.exec(line) ?? /^()([\w-]+\/)$/.exec(line) ?? [];
      if (name === undefined || indent!.length > 2) return [];
      if (indent === '') parent = name;
      return [indent === '' ? name : `${parent}${name}`];
    });
    for (const path of listed) expect(existsSync(join(ROOT, path)), path).to.equal(true);
    const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `src/${name}/`);
    expect(listed).to.include.members(folders);
  });

  it('docs/reference/command-line.md has every command in its table', () => {
    const rows = [...read('docs/reference/command-line.md').matchAll(/^\| `weft (\w+)/gm)].map(([, name]) => name);
    const shown = program().createHelp().visibleCommands(program());
    expect(rows).to.deep.equal(shown.map((command) => command.name()).filter((name) => name !== 'help'));
  });

  it('README.md names every space, controller and data set', () => {
    for (const name of [...spaceNames, ...controllerNames, ...datasetNames])
      expect(read('README.md')).to.include(`\`${name}\``);
  });

  it('docs/how-to/search-space.md shows what `weft init` writes', () => {
    const codes = blocksOf('docs/how-to/search-space.md', read('docs/how-to/search-space.md')).map(({ code }) => code);
    expect(codes).to.include(SPACE_TEMPLATE);
    expect(codes).to.include(CONFIG_TEMPLATE);
  });

  it('docs/reference/configuration.md is what `npm run docs` writes', async () => {
    expect(read('docs/reference/configuration.md') === (await configurationPage()), 'run `npm run docs`').to.equal(
      true,
    );
  });
});
