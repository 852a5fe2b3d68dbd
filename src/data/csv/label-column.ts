/** Determines which column of a table is the label. */
import { WeftError, unknownNameHint } from '../../errors.js';
import { placeOfName } from '../class-names.js';

/** Names by which a label column is recognized if none is specified. */
export const LABEL_NAMES = ['label', 'class', 'target'];

/** Whether a column has such a name. */
export const hasKnownLabel = (header: readonly string[]): boolean =>
  header.some((name) => LABEL_NAMES.includes(name.toLowerCase()));

/** The label column, or several of them, by name or number. */
export type LabelColumns = string | number | readonly (string | number)[];

/**
 * The columns that `label` names or numbers, in its order. Throws WeftError('data') where one is named twice, or
 * nothing else is left.
 */
export function findLabelColumns(
  label: LabelColumns | undefined,
  header: readonly string[] | undefined,
  columns: number,
  path: string,
): number[] {
  if (label === undefined || typeof label === 'string' || typeof label === 'number')
    return [findLabelColumn(label, header, columns, path)];
  const found = label.map((one) => findLabelColumn(one, header, columns, path));
  const twice = found.find((column, i) => found.indexOf(column) !== i);
  if (twice !== undefined)
    throw new WeftError('data', `${path}: data.label names column ${header?.[twice] ?? twice} twice`, 'name it once');
  if (found.length === 0) throw new WeftError('config', 'data.label names no column', 'name one or more');
  if (found.length >= columns)
    throw new WeftError('data', `${path}: data.label names all ${columns} columns`, 'leave some columns to learn from');
  return found;
}

/**
 * The column that `label` names or numbers; without it the one with a known name, or else the last. Throws
 * WeftError('data') if there is none.
 */
export function findLabelColumn(
  label: string | number | undefined,
  header: readonly string[] | undefined,
  columns: number,
  path: string,
): number {
  if (typeof label === 'number') {
    const column = label < 0 ? columns + label : label;
    if (Number.isInteger(column) && column >= 0 && column < columns) return column;
    throw new WeftError(
      'data',
      `${path}: no column ${label} among ${columns}`,
      `columns are 0..${columns - 1}, or -1 for the last`,
    );
  }
  if (label !== undefined) {
    const column = placeOfName(label, header ?? []);
    if (column >= 0) return column;
    throw new WeftError(
      'data',
      `${path}: no column is named '${label}'`,
      header
        ? unknownNameHint(label, header.slice(0, 40))
        : 'the file has no header: give the index of the label column',
    );
  }
  const lower = header?.map((name) => name.toLowerCase());
  const named = LABEL_NAMES.map((name) => lower?.indexOf(name) ?? -1).find((column) => column >= 0);
  return named ?? columns - 1;
}
