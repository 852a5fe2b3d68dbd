/** Whether the labels of a table are classes or numbers to predict. */
import { doubleIn, type Separator } from './fields.js';
import { type DistinctLabel } from './table.js';

/** The kind of labels: as the user specifies, or `auto` to infer it. */
export type LabelKind = 'classification' | 'regression' | 'auto';

/** More distinct integers than this are unlikely to be class codes. */
const MOST_NUMERIC_CLASSES = 10;
/** If classes are numbered from 0 or 1, the rarest has at least this fraction of the examples of the most frequent. */
const RAREST = 0.1;

/** Why the labels are numbers to predict rather than classes; undefined if they are classes or not all numeric. */
export function whyTargets(labels: readonly DistinctLabel[], rows: number, separator: Separator): string | undefined {
  const values = labels.map(({ text }) => doubleIn(text, separator));
  if (labels.length < 3 || values.some((value) => value === undefined)) return undefined;
  const numbers = (values as number[]).toSorted((a, b) => a - b);
  const fractions = numbers.some((value) => !Number.isInteger(value));
  if (labels.length > rows / 2 && (fractions || rows > 2 * MOST_NUMERIC_CLASSES))
    return `${labels.length} different numbers in ${rows} rows`;
  if (labels.length <= MOST_NUMERIC_CLASSES) return undefined;
  if (fractions) return `${labels.length} different numbers, with fractions`;
  if (numbers[0]! < 0) return `${labels.length} different numbers, some below zero`;
  if (numbers[0]! > 1 || numbers.some((value, i) => value !== numbers[0]! + i))
    return `${labels.length} different whole numbers that do not count up from 0 or 1 without gaps`;
  const counts = labels.map(({ count }) => count);
  const [least, most] = [counts.reduce((a, b) => Math.min(a, b)), counts.reduce((a, b) => Math.max(a, b))];
  return least < RAREST * most
    ? `${labels.length} different whole numbers, some of which are much rarer than others`
    : undefined;
}

/** Whether numbers clearly are not classes: many distinct ones, with fractions or signs. */
export function areMeasured(labels: readonly DistinctLabel[], separator: Separator): boolean {
  const values = labels.map(({ text }) => doubleIn(text, separator) ?? NaN);
  return (
    labels.length > MOST_NUMERIC_CLASSES &&
    values.every(Number.isFinite) &&
    values.some((value) => value < 0 || !Number.isInteger(value))
  );
}
