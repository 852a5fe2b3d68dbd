/**
 * No module of the package needs itself before it has run: there is no circle of imports that remain when types are
 * gone.
 */
import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import ts from 'typescript';
import { ROOT } from '../search/weft.js';

const files = ['src', 'search-spaces', 'controllers', 'studies'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(ROOT, folder, name)),
);

/** The relative modules whose values a file imports, or exports again, as soon as it is loaded. */
function importsOf(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  return source.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const { moduleSpecifier } = statement;
    if (!moduleSpecifier || !ts.isStringLiteral(moduleSpecifier) || isOfTypes(statement)) return [];
    const { text: name } = moduleSpecifier;
    return name.startsWith('.') ? [resolve(dirname(file), name.replace(/\.js$/, '.ts'))] : [];
  });
}

function isOfTypes(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(statement)) {
    const clause = statement.exportClause;
    if (statement.isTypeOnly) return true;
    return !!clause && ts.isNamedExports(clause) && clause.elements.every(({ isTypeOnly }) => isTypeOnly);
  }
  const clause = statement.importClause;
  if (!clause) return false; // for its side effects
  if (clause.isTypeOnly) return true;
  const bindings = clause.namedBindings;
  const named = !!bindings && ts.isNamedImports(bindings) && bindings.elements.every(({ isTypeOnly }) => isTypeOnly);
  return named && !clause.name;
}

/** A circle in the graph, the first one again at its end; undefined if there is none. */
function circleIn(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    path.push(node);
    for (const next of graph.get(node) ?? []) {
      const circle = visit(next);
      if (circle) return circle;
    }
    path.pop();
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const circle = visit(node);
    if (circle) return circle;
  }
  return undefined;
}

describe('the imports of the package', () => {
  it('have no cycles at run time', () => {
    const graph = new Map(files.map((file) => [file, importsOf(file, readFileSync(file, 'utf8'))]));
    expect(graph.size).to.be.above(400);
    const missing = [...graph].flatMap(([file, imports]) =>
      imports.filter((one) => !graph.has(one)).map((one) => `${relative(ROOT, file)} -> ${relative(ROOT, one)}`),
    );
    expect(missing).to.deep.equal([]);
    expect(circleIn(graph)?.map((file) => relative(ROOT, file))).to.equal(undefined);
  });

  it('let an exported network predict without loading configuration, search, spaces and reports', () => {
    const loaded = new Set<string>();
    const visit = (file: string): void => {
      if (loaded.has(file)) return;
      loaded.add(file);
      importsOf(file, readFileSync(file, 'utf8')).forEach(visit);
    };
    visit(join(ROOT, 'src/cli/commands/predict.ts'));
    const folders = new Set([...loaded].map((file) => relative(join(ROOT, 'src'), dirname(file)).split(sep)[0]));
    expect([...folders]).to.include.members(['api', 'data', 'tensor']);
    for (const folder of ['config', 'search', 'report', 'export', 'forgetting', 'optimizers'])
      expect(folders.has(folder), folder).to.equal(false);
  });

  it('load nothing just for types: they are exported with `export type`, because some compilers keep the module of `export { type T }`', () => {
    const kept = files.filter((file) =>
      /^export \{(\s*type \w+( as \w+)?,?)+\s*\} from/m.test(readFileSync(file, 'utf8')),
    );
    expect(kept.map((file) => relative(ROOT, file))).to.deep.equal([]);
  });

  it('are parsed as the compiler does, and a cycle is found', () => {
    const text = `import { type A } from './a.js';
import type { B } from './b.js';
import { type C, c } from './c.js';
import './d.js';
export { type E } from './e.js';
export * from './f.js';
const g = import('./g.js');
import h from 'h';`;
    expect(importsOf('/x/y.ts', text)).to.deep.equal(['/x/c.ts', '/x/d.ts', '/x/f.ts']);
    const graph = new Map([
      ['a', ['b', 'c']],
      ['b', []],
      ['c', ['d']],
      ['d', ['b', 'c']],
    ]);
    expect(circleIn(graph)).to.deep.equal(['c', 'd', 'c']);
  });
});
