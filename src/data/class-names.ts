/** Names as people write them: of classes, categories and columns. */
import { doubleIn, type Separator } from './csv/fields.js';
import { WeftError } from '../errors.js';

/**
 * A name without spaces around it and with composed letters: two texts that look the same may encode an accented letter
 * as one character or as two (Unicode normal forms C and D), as files from macOS do.
 */
export const plainName = (name: string): string => name.normalize('NFC').trim();

/** The place of a name in a list, whatever the normal form of either; −1 if it is not there. */
export function placeOfName(name: string, names: readonly string[]): number {
  const exact = names.indexOf(name);
  return exact >= 0 ? exact : names.findIndex((one) => plainName(one) === plainName(name));
}

interface Named {
  readonly name: string;
  readonly place: string;
}

/** The differences between two names that are easily overlooked, and what removes each. */
const OVERLOOKED: readonly [difference: string, remove: (name: string) => string][] = [
  ['case', (name) => name.toLowerCase()],
  ['the encoding of their letters (Unicode normal forms)', (name) => name.normalize('NFC')],
  ['spaces', (name) => name.replace(/\s+/g, ' ').trim()],
  ['invisible characters', (name) => name.replace(/[\u00ad\u200b\u2060]/g, '')],
];

function differenceOf(one: string, other: string): string {
  const [single] = OVERLOOKED.find(([, remove]) => remove(one) === remove(other)) ?? [];
  return single ?? 'spaces or case';
}

/**
 * Refuses two classes that differ only in case, spaces or invisible characters, such as `Yes` and `yes`; single letters
 * may differ in case alone, as in handwriting.
 */
export function requireDifferentNames(classes: readonly Named[], path: string): void {
  const known = new Map<string, Named>();
  for (const one of classes) {
    const key = OVERLOOKED.reduce((name, [difference, remove]) => {
      const isLetter = difference === 'case' && [...plainName(name)].length < 2;
      return isLetter ? name : remove(name);
    }, one.name);
    const other = known.get(key);
    if (other)
      throw new WeftError(
        'data',
        `${path}: the classes '${other.name}' (${other.place}) and '${one.name}' (${one.place}) differ only in ${differenceOf(other.name, one.name)}`,
        'give them the same name if they are one class, and clearly different names otherwise',
      );
    known.set(key, one);
  }
}

/** Refuses two classes that are the same number, such as `1`, `1.0` and `01`. */
export function requireDifferentNumbers(classes: readonly Named[], path: string, separator: Separator = ','): void {
  const known = new Map<number, Named>();
  for (const one of classes) {
    const value = doubleIn(one.name, separator);
    if (value === undefined) continue;
    const other = known.get(value);
    if (other)
      throw new WeftError(
        'data',
        `${path}: the classes '${other.name}' (${other.place}) and '${one.name}' (${one.place}) are the same number`,
        'write the number in the same way if they are one class, and otherwise name the classes',
      );
    known.set(value, one);
  }
}
