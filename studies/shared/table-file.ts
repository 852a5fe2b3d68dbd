import { WeftError } from 'weft-nas';
import { findDataFile } from 'weft-nas/study';

/**
 * The path of a table in the folders of data; throws WeftError('data') with the places where it was looked for, and
 * `remedy`.
 */
export function tableFile(name: string, remedy: string): string {
  const { path, looked } = findDataFile(name);
  if (path !== undefined) return path;
  throw new WeftError('data', `the table ${name} was not found; looked for ${looked.join(', ')}`, remedy);
}
