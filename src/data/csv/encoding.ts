/**
 * From table columns to numbers: a numeric column is one input, plus a second one that flags missing values if any
 * occur; a text column is one-hot over its categories. A category that was not seen in training is encoded as none of
 * them. A date becomes several inputs.
 */
import { plainName } from '../class-names.js';
import { dateFeatures, type DateOrder, dateWidth, scanDates } from './dates.js';
import { numberIn, type Separator } from './fields.js';
import { isGrouped, isNumberLike } from './number-like.js';

/** One column of a table besides the label. */
export interface Column {
  /** Its name in the header; undefined if there is none. */
  readonly name?: string;
  readonly kind: 'number' | 'category' | 'date' | 'left out';
  /** Missing values of a number or a date: NaN until normalized, then the mean. */
  readonly missing?: number;
  /** In the order of the inputs. */
  readonly categories?: readonly string[];
  /** For dates. */
  readonly order?: DateOrder;
  /** Whether dates have a time of day. */
  readonly time?: boolean;
  /** Why the column is left out. */
  readonly reason?: string;
}

const MISSING = ['', 'na', 'n/a', '#n/a', 'nan', 'null', 'none', '?'];

/** Whether a field denotes a missing value. */
export const isMissing = (field: string): boolean => MISSING.includes(field.trim().toLowerCase());

/** Number of inputs that a column becomes. */
export function widthOf({ kind, missing = 0, categories = [], time = false }: Column): number {
  if (kind === 'left out') return 0;
  if (kind === 'category') return categories.length;
  return (kind === 'date' ? dateWidth(time) : 1) + (missing > 0 ? 1 : 0);
}

/** Emits the inputs that a field becomes; false if a number or a date was expected and something else was found. */
export type FieldEncoder = (field: string, separator: Separator, push: (value: number) => void) => boolean;

export function encoderOf(column: Column): FieldEncoder {
  const { kind, missing = 0, categories = [], order = 'ymd', time = false } = column;
  if (kind === 'date')
    return (field, _separator, push) => {
      const unknown = isMissing(field);
      const features = unknown ? new Array<number>(dateWidth(time)).fill(NaN) : dateFeatures(field, order, time);
      if (!features) return false;
      features.forEach(push);
      if (missing > 0) push(unknown ? 1 : 0);
      return true;
    };
  if (kind === 'category') {
    const places = new Map(categories.flatMap((one, i) => [[one, i] as const, [plainName(one), i] as const]));
    return (field, _separator, push) => {
      const text = field.trim();
      const place = places.get(text) ?? places.get(plainName(text));
      for (let i = 0; i < categories.length; i++) push(i === place ? 1 : 0);
      return true;
    };
  }
  return (field, separator, push) => {
    const value = numberIn(field, separator);
    if (value === undefined && !isMissing(field)) return false;
    push(value ?? NaN);
    if (missing > 0) push(value === undefined ? 1 : 0);
    return true;
  };
}

/** A column with more distinct texts than this is an identifier or free text. */
const MOST_CATEGORIES = 50;
/** So is a text column whose values hardly ever repeat. */
const FEWEST_PER_CATEGORY = 2;

export interface ColumnScan {
  see(field: string, separator: Separator): void;
  /** The type of the column, inferred from all of its fields. */
  column(name: string | undefined): Column;
}

/** Examines every field of a column once. */
export function scanColumn(): ColumnScan {
  let [numbers, missing, texts] = [0, 0, 0];
  const different = new Set<string>();
  const dates = scanDates();
  /** Whether all texts are. */
  let [grouped, numberLike] = [true, true];
  let example = '';
  return {
    see(field, separator) {
      if (isMissing(field)) missing++;
      else if (numberIn(field, separator) !== undefined) numbers++;
      else {
        texts++;
        dates.see(field);
        grouped &&= isGrouped(field);
        numberLike &&= isNumberLike(field);
        if (texts === 1) example = Buffer.from(plainName(field)).toString();
        // A copy: a substring would keep the whole line in memory.
        if (different.size <= MOST_CATEGORIES) different.add(Buffer.from(plainName(field)).toString());
      }
    },
    column(name) {
      const named = name === undefined ? {} : { name };
      if (numbers === 0 && texts === 0) return { ...named, kind: 'left out', reason: 'it has no values' };
      // Words among numbers are mistakes, which reading the column will report.
      if (numbers > 0) return { ...named, kind: 'number', missing };
      const order = dates.order();
      if (order === 'unclear')
        return {
          ...named,
          kind: 'left out',
          reason: 'dates in which day and month cannot be distinguished; write them as 2026-01-31',
        };
      if (order !== undefined) return { ...named, kind: 'date', order, ...(dates.time && { time: true }), missing };
      if (grouped)
        return {
          ...named,
          kind: 'left out',
          reason: `numbers with thousands separators or decimal commas, such as '${example}'; write them as 1234.5`,
        };
      const isRare =
        different.size > MOST_CATEGORIES || (different.size > 2 && texts < FEWEST_PER_CATEGORY * different.size);
      if (isRare && numberLike)
        return {
          ...named,
          kind: 'left out',
          reason: `texts that look like numbers, such as '${example}'; write them as plain numbers`,
        };
      if (different.size > MOST_CATEGORIES)
        return {
          ...named,
          kind: 'left out',
          reason: `more than ${MOST_CATEGORIES} different texts: an identifier or free text`,
        };
      if (different.size > 2 && texts < FEWEST_PER_CATEGORY * different.size)
        return {
          ...named,
          kind: 'left out',
          reason: `${different.size} different texts in ${texts} rows: an identifier or free text`,
        };
      return { ...named, kind: 'category', categories: [...different].sort() };
    },
  };
}
