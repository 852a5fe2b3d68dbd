/** The reports of a run that can be opened from its page. */
import { extname } from 'node:path';
import { readBytes } from '../data/index.js';
import { fileInside } from './inside-folder.js';

/** Reports that are offered if they exist. */
const OFFERED = ['report.html', 'forgetting/report.html'];
/** Files that may be served: the reports, and the tables that they name. */
const SENT = /^(report\.html|forgetting\/[\w-]+\.(html|csv|json))$/;
const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.csv', 'text/csv; charset=utf-8'],
  ['.json', 'application/json'],
]);

/** The reports of the run in the folder `names` of `root`. */
export const reportsOf = (root: string, names: readonly string[]): string[] =>
  OFFERED.filter((file) => fileInside(root, ...names, file) !== undefined);

/** A report or one of its tables; undefined for anything else, and for files outside the folder of runs. */
export function readReport(
  root: string,
  names: readonly string[],
  file: string,
): { content: Buffer; type: string } | undefined {
  if (!SENT.test(file)) return undefined;
  const path = fileInside(root, ...names, file);
  return path === undefined
    ? undefined
    : { content: readBytes(path, { code: 'run' }), type: TYPES.get(extname(file))! };
}
