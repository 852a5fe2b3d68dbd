/** Table columns that carry no information, or leak the label. */
import { type Column, widthOf } from './csv/encoding.js';
import { isNumberLike } from './csv/number-like.js';
import { type Dataset, exampleSize } from './dataset.js';

/** Minimum number of rows: a pattern that holds in so many is worth a warning. */
const MOST_ROWS = 20_000;
/** With fewer rows, a column may determine the label by chance. */
const FEWEST_ROWS = 20;
/** Correlation with a target above which a column is nearly that target. */
const NEARLY = 0.999;

/** One column as read from the table. */
interface Input {
  readonly name: string;
  readonly kind: Column['kind'];
  /** Offset of its numbers in a row, and their count. */
  readonly at: number;
  readonly width: number;
  readonly categories?: readonly string[];
}

/** A warning for each column that is constant, counts the rows, or determines the label. */
export function suspiciousColumns(dataset: Dataset): string[] {
  const { count } = dataset.train;
  if (count < 3) return [];
  return inputsOf(dataset).flatMap(
    (input) =>
      numbersAsTexts(input) ?? constant(dataset, input) ?? counter(dataset, input) ?? leak(dataset, input) ?? [],
  );
}

function inputsOf({ inputShape, columns, encoding }: Dataset): Input[] {
  if (!encoding)
    return Array.from({ length: exampleSize(inputShape) }, (_, i) => ({
      name: columns?.[i] ?? `column ${i + 1}`,
      kind: 'number',
      at: i,
      width: 1,
    }));
  let at = 0;
  return encoding.flatMap((column, i): Input[] => {
    const width = widthOf(column);
    const { kind, categories } = column;
    const input = { name: column.name ?? `column ${i + 1}`, kind, at, width, ...(categories && { categories }) };
    at += width;
    return width === 0 ? [] : [input];
  });
}

/** Categories such as `5%` have an order and distances that a network does not see. */
function numbersAsTexts({ name, categories = [] }: Input): string | undefined {
  const [first] = categories;
  return first !== undefined && categories.every(isNumberLike)
    ? `careful: '${name}' is read as texts in ${categories.length} categories, such as '${first}'; written as plain numbers they would have an order`
    : undefined;
}

function constant({ train: { images, count }, inputShape }: Dataset, { name, at, width }: Input): string | undefined {
  const size = exampleSize(inputShape);
  for (let row = 1; row < count; row++)
    for (let i = at; i < at + width; i++) if (!Object.is(images[row * size + i], images[i])) return undefined;
  const value = width === 1 ? String(images[at]) : 'the same';
  return `careful: '${name}' is ${value} in every row, so it tells the network nothing`;
}

function counter({ train: { images, count }, inputShape }: Dataset, { name, kind, at }: Input): string | undefined {
  if (kind !== 'number') return undefined;
  const size = exampleSize(inputShape);
  const step = images[size + at]! - images[at]!;
  for (let row = 1; row < count; row++)
    if (images[row * size + at]! - images[(row - 1) * size + at]! !== step) return undefined;
  return `careful: '${name}' counts the rows; if it is an identifier, leave it out: data.ignore`;
}

/** Whether a column alone determines the label: it may be known only afterwards, or be derived from it. */
function leak(dataset: Dataset, input: Input): string | undefined {
  const { count } = dataset.train;
  if (count < FEWEST_ROWS) return undefined;
  const step = Math.ceil(count / MOST_ROWS);
  const rows = Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step);
  const tells = dataset.targets ? followsTarget(dataset, input, rows) : determinesClass(dataset, input, rows);
  return tells === undefined
    ? undefined
    : `careful: '${input.name}' ${tells}; if it is known only once the answer is, leave it out: data.ignore`;
}

function determinesClass(
  { train: { images, labels }, inputShape }: Dataset,
  { kind, at, width }: Input,
  rows: readonly number[],
): string | undefined {
  const size = exampleSize(inputShape);
  const keyOf = (row: number): string => images.subarray(row * size + at, row * size + at + width).join();
  const classOf = new Map<string, number>();
  let isFunction = true;
  for (const row of rows) {
    const key = keyOf(row);
    const known = classOf.get(key);
    if (known !== undefined && known !== labels[row]) isFunction = false;
    classOf.set(key, labels[row]!);
    if (!isFunction && kind !== 'number') return undefined;
  }
  // Values that hardly ever repeat say nothing about others.
  if (isFunction && classOf.size <= rows.length / 4)
    return 'alone determines the class: every value goes with one class';
  if (kind !== 'number' || width > 1) return undefined;
  const value = (row: number): number => images[row * size + at]!;
  const ordered = rows.toSorted((a, b) => value(a) - value(b) || labels[a]! - labels[b]!);
  const seen = new Set<number>();
  for (let i = 0; i < ordered.length; i++) {
    const [row, before] = [ordered[i]!, ordered[i - 1]];
    if (before !== undefined && labels[row] === labels[before]) continue;
    if (seen.has(labels[row]!) || (before !== undefined && value(row) === value(before))) return undefined;
    seen.add(labels[row]!);
  }
  return 'alone determines the class: each class has a range of its own';
}

function followsTarget(
  { train: { images, targets }, inputShape, targets: named }: Dataset,
  { kind, at }: Input,
  rows: readonly number[],
): string | undefined {
  if (kind !== 'number') return undefined;
  const size = exampleSize(inputShape);
  const each = named!.names.length;
  for (const [target, name] of named!.names.entries()) {
    const r = correlation(rows.map((row) => [images[row * size + at]!, targets![row * each + target]!]));
    if (Math.abs(r) >= NEARLY) return `is nearly '${name}' itself (correlation ${r.toFixed(4)})`;
  }
  return undefined;
}

function correlation(pairs: readonly (readonly [number, number])[]): number {
  const mean = (side: 0 | 1): number => pairs.reduce((sum, pair) => sum + pair[side], 0) / pairs.length;
  const [a, b] = [mean(0), mean(1)];
  let [aa, bb, ab] = [0, 0, 0];
  for (const [x, y] of pairs) {
    aa += (x - a) ** 2;
    bb += (y - b) ** 2;
    ab += (x - a) * (y - b);
  }
  return ab / Math.sqrt(aa * bb);
}
