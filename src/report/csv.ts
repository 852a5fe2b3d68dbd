/** Tables as comma-separated values (RFC 4180), numbers at full precision. */

export type Cell = string | number | null | undefined;

/** A line per row; null and undefined are empty fields. */
export function toCsv(rows: readonly (readonly Cell[])[]): string {
  const quoted = (cell: Cell): string => {
    const text = String(cell ?? '');
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  return rows.map((row) => `${row.map(quoted).join(',')}\r\n`).join('');
}
