/** Which column of a table is the label. */
import { WeftError, unknownNameHint } from '../../errors.js';

/** Names by which a label column is known where nobody names it. */
export const LABEL_NAMES = ['label', 'class', 'target'];

/** Whether a column has such a name. */
export const hasKnownLabel = (header: readonly string[]): boolean =>
  header.some((name) => LABEL_NAMES.includes(name.toLowerCase()));

/** The column that `label` names or numbers; without it the one with a known name, or else the last. Throws WeftError('data') where there is none. */
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
    const column = header?.indexOf(label) ?? -1;
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
