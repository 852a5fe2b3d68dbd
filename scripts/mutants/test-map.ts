/** Test files that can detect a fault in a source file: those that reach it through imports, the nearest first. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

/** Test files of a folder of the sources, besides those of the same name; the quick ones of many. */
const FURTHER: Readonly<Record<string, readonly string[]>> = {
  curvature: ['test/contract/second-order.test.ts'],
  preconditioners: ['test/contract/preconditioners.test.ts'],
  chain: ['test/optimizers', 'test/contract/optimizers.test.ts'],
  optimizers: ['test/chain', 'test/contract/optimizers.test.ts'],
  forgetting: ['test/contract/regularizers.test.ts', 'test/search/forgetting.test.ts', 'test/studies/units.test.ts'],
  statistics: ['test/ranking/ranking.test.ts', 'test/report/seeds.test.ts'],
  runs: ['test/search/resume.test.ts', 'test/cli'],
  proxies: ['test/contract/proxies.test.ts'],
  search: ['test/api', 'test/contract/controllers.test.ts', 'test/report/language.test.ts'],
};

/** Tests that take long and find nothing that the others do not. */
const LEFT_OUT = /kill\.test|memory\.test|level[\w-]*\.test|command-line\.test/;

/** Test files for the source files of a folder, in the order in which they are to be run. */
export function testsFor(folder: string): (file: string) => string[] {
  const tests = [`test/${folder}`, ...(FURTHER[folder] ?? [])]
    .flatMap((path) => filesUnder(path, '.test.ts'))
    .filter((test) => !LEFT_OUT.test(test));
  const reached = new Map(tests.map((test) => [test, distances(test)]));
  return (file) =>
    tests
      .filter((test) => reached.get(test)!.has(file))
      .sort((a, b) => reached.get(a)!.get(file)! - reached.get(b)!.get(file)!);
}

/** Files of a folder and the folders in it whose names end so, in order; a file is itself. */
export function filesUnder(path: string, ending: string): string[] {
  if (path.endsWith(ending)) return existsSync(path) ? [path] : [];
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(path, name))
    .sort();
}

/** How many imports it is from a file to each that it reaches. */
function distances(from: string): Map<string, number> {
  const found = new Map([[from, 0]]);
  const queue = [from];
  for (const file of queue) {
    for (const next of importsOf(file)) {
      if (found.has(next)) continue;
      found.set(next, found.get(file)! + 1);
      queue.push(next);
    }
  }
  return found;
}

const known = new Map<string, string[]>();

function importsOf(file: string): string[] {
  const before = known.get(file);
  if (before) return before;
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
  const imports = importedFiles.flatMap(({ fileName }) => {
    if (fileName === 'weft-nas') return ['src/index.ts'];
    if (!fileName.startsWith('.')) return [];
    const path = normalize(join(dirname(file), fileName)).replace(/\.js$/, '.ts');
    return existsSync(path) && path.endsWith('.ts') ? [path] : [];
  });
  known.set(file, imports);
  return imports;
}
