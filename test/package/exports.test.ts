/** What is exported is used: no function, constant or class is there for the tests alone. */
import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from '../built.js';
import { declarationsOf } from './declarations.js';

const PRODUCT = ['src', 'controllers', 'search-spaces', 'studies', 'bench', 'scripts', 'templates'];
/** Modules whose exports users import. */
const DOORS = /^(controllers|search-spaces)\/[^/]+\.ts$|^studies\/[^/]+\/index\.ts$|^templates\//;

const modulesIn = (folders: readonly string[]): Map<string, ts.SourceFile> =>
  new Map(
    folders
      .flatMap((folder) =>
        readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) =>
          join(folder, path).replaceAll('\\', '/'),
        ),
      )
      .filter((path) => /\.(ts|mjs)$/.test(path) && !path.includes('fixtures'))
      .map((path) => [path, ts.createSourceFile(path, readFileSync(join(ROOT, path), 'utf8'), ts.ScriptTarget.Latest)]),
  );

/** Names of the values that a module declares and exports. */
function exportsOf(module: ts.SourceFile): string[] {
  return module.statements.flatMap((statement) => {
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (!isExported) return [];
    if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement))
      return statement.name ? [statement.name.text] : [];
    if (!ts.isVariableStatement(statement)) return [];
    return statement.declarationList.declarations.flatMap(({ name }) => (ts.isIdentifier(name) ? [name.text] : []));
  });
}

/** How often each identifier occurs in a module, other than in imports and in exports of other modules. */
function namesIn(module: ts.SourceFile): Map<string, number> {
  const counts = new Map<string, number>();
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || (ts.isExportDeclaration(node) && node.moduleSpecifier)) return;
    if (ts.isIdentifier(node)) counts.set(node.text, (counts.get(node.text) ?? 0) + 1);
    node.forEachChild(visit);
  };
  visit(module);
  return counts;
}

/** Exports that no module of the product uses; by `shared`, also those that only their own module uses. */
function unused(
  product: ReadonlyMap<string, ts.SourceFile>,
  isPublic: (name: string) => boolean,
  shared?: Set<string>,
) {
  const used = new Map([...product].map(([path, module]) => [path, namesIn(module)]));
  return [...product].flatMap(([path, module]) => {
    if (DOORS.test(path)) return [];
    return exportsOf(module)
      .filter((name) => !isPublic(name))
      .filter((name) => {
        if ([...used].some(([other, names]) => other !== path && names.has(name))) return false;
        return shared ? !shared.has(name) : (used.get(path)!.get(name) ?? 0) < 2;
      })
      .map((name) => `${path}: ${name}`);
  });
}

describe('exports', () => {
  const product = modulesIn(PRODUCT);
  const names = new Set(
    ['src/index.ts', 'src/report/kit.ts', 'src/studies/kit.ts'].flatMap((door) =>
      [...declarationsOf(join(ROOT, door)).keys()].flatMap((name) => name.split('.')),
    ),
  );

  it('are public, or used by the package', () => {
    expect(product.size).to.be.above(500);
    expect(unused(product, (name) => names.has(name))).to.deep.equal([]);
  });

  it('are imported by another module or a test', () => {
    const inTests = new Set([...modulesIn(['test']).values()].flatMap((module) => [...namesIn(module).keys()]));
    expect(unused(product, (name) => names.has(name), inTests)).to.deep.equal([]);
  });

  it('are found if only a test calls them', () => {
    const sourceOf = (text: string) => ts.createSourceFile('a.ts', text, ts.ScriptTarget.Latest);
    const modules = new Map([
      ['src/a.ts', sourceOf('export const a = 1;\nexport function b() { return a; }\nexport const c = b;')],
      ['src/b.ts', sourceOf("export { c } from './a.js';\nimport { b } from './a.js';\nb();")],
    ]);
    expect(unused(modules, () => false)).to.deep.equal(['src/a.ts: c']);
    expect(unused(modules, () => false, new Set(['c']))).to.deep.equal(['src/a.ts: a']);
  });
});
