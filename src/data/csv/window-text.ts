/** The last windows of the series in a text, for exported pages. */

interface Tools {
  separatorOf(
    texts: readonly string[],
    fieldsIn: Tools['fieldsIn'],
    valueIn: Tools['valueIn'],
  ): ',' | ';' | '\t' | undefined;
  fieldsIn(text: string, separator: ',' | ';' | '\t'): string[] | number;
  valueIn(field: string, separator: ',' | ';' | '\t'): number;
  dateFeatures(text: string, order: 'ymd', time: boolean): number[] | undefined;
}

/**
 * The result of `readLastWindows` for a file with this text: the values of each series' last window, row by row, under
 * the name of the series or the number of its last line. Throws Error with a readable message where that function
 * throws. Exported pages embed the source of this function, so it must be self-contained.
 */
export function windowsInText(
  text: string,
  form: {
    readonly window: number;
    readonly columns: readonly string[];
    readonly group?: string;
    readonly time?: string;
  },
  { separatorOf, fieldsIn, valueIn, dateFeatures }: Tools,
): { name: string; values: number[] }[] {
  const { window, columns, group, time } = form;
  const lines: { text: string; number: number }[] = [];
  let open: { text: string; number: number } | undefined;
  text
    .replace(/^\uFEFF/, '')
    .split(text.includes('\n') ? '\n' : '\r')
    .forEach((raw, i) => {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      const isOdd = line.split('"').length % 2 === 0;
      if (i === 0 && /^"?sep=.?"?$/i.test(line)) return;
      if (open) {
        open.text += `\n${line}`;
        if (isOdd) {
          lines.push(open);
          open = undefined;
        }
      } else if (isOdd) open = { text: line, number: i + 1 };
      else if (line.trim() !== '') lines.push({ text: line, number: i + 1 });
    });
  if (open) lines.push(open);
  const [first] = lines;
  if (!first) throw new Error('there are no rows yet');
  const sample = lines.slice(0, 20).map((line) => line.text);
  const separator = separatorOf(sample, fieldsIn, valueIn) ?? ';';
  const split = (line: { text: string; number: number }): string[] => {
    const fields = fieldsIn(line.text, separator);
    if (typeof fields === 'number')
      throw new Error(`line ${line.number}, column ${fields}: a quote is not closed or is inside a field`);
    return fields;
  };
  const header = split(first).map((field) => field.trim());
  const placeOf = (name: string): number => {
    const at = header.indexOf(name);
    if (at < 0) throw new Error(`there is no column '${name}': the first line must contain the names of the columns`);
    if (at !== header.lastIndexOf(name)) throw new Error(`two columns are named '${name}'`);
    return at;
  };
  const places = columns.map(placeOf);
  const groupAt = group === undefined ? undefined : placeOf(group);
  const timeAt = time === undefined ? undefined : placeOf(time);
  const series = new Map<string, { values: number[]; when: number; number: number }[]>();
  let [comma, point, inDates]: (number | boolean | undefined)[] = [];
  for (const line of lines.slice(1)) {
    const { number } = line;
    const fields = split(line);
    if (fields.length !== header.length)
      throw new Error(`line ${number} has ${fields.length} columns, line ${first.number} has ${header.length}`);
    const values = places.map((at, i) => {
      const field = fields[at]!;
      const value = Math.fround(valueIn(field, separator));
      if (!Number.isFinite(value))
        throw new Error(
          `line ${number}, column ${at + 1} (${columns[i]}): '${field.trim().slice(0, 40)}' is not a number`,
        );
      if (separator !== ',' && field.includes('.')) point ??= number;
      else if (separator !== ',' && field.includes(',')) comma ??= number;
      return value;
    });
    if (comma !== undefined && point !== undefined)
      throw new Error(`line ${String(comma)} has a decimal comma, and line ${String(point)} a decimal point`);
    let when = number;
    if (timeAt !== undefined) {
      const field = fields[timeAt]!;
      const plain = valueIn(field, separator);
      inDates ??= !Number.isFinite(plain);
      const found = inDates ? dateFeatures(field, 'ymd', true)?.[0] : plain;
      if (found === undefined || !Number.isFinite(found))
        throw new Error(
          `line ${number}, column ${timeAt + 1} (${time}): '${field.trim().slice(0, 40)}' is not a ${inDates ? 'date (year-month-day)' : 'number as in the first row'}`,
        );
      when = found;
    }
    const key = groupAt === undefined ? '' : fields[groupAt]!.trim();
    const known = series.get(key);
    if (known) known.push({ values, when, number });
    else series.set(key, [{ values, when, number }]);
  }
  if (series.size === 0) throw new Error('there is a header and no row');
  return [...series].map(([key, rows]) => {
    const called = group === undefined ? 'the series' : `the series '${key}'`;
    rows.sort((a, b) => a.when - b.when || a.number - b.number);
    const twice = rows.findIndex((row, i) => i > 0 && row.when === rows[i - 1]!.when);
    if (twice > 0)
      throw new Error(`lines ${rows[twice - 1]!.number} and ${rows[twice]!.number} have the same time in ${called}`);
    if (rows.length < window)
      throw new Error(
        `${called} has ${rows.length} ${rows.length === 1 ? 'row' : 'rows'}, but the network takes the last ${window}`,
      );
    return {
      name: group === undefined ? `line ${rows.at(-1)!.number}` : key,
      values: rows.slice(-window).flatMap((row) => row.values),
    };
  });
}
