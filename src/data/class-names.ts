/** Class names as people write them. */
import { WeftError } from '../errors.js';

/**
 * Refuses two classes that differ only in case or spaces, such as `Yes` and `yes`; single letters may differ in case
 * alone, as in handwriting.
 */
export function requireDifferentNames(
  classes: readonly { readonly name: string; readonly place: string }[],
  path: string,
): void {
  const known = new Map<string, { readonly name: string; readonly place: string }>();
  for (const one of classes) {
    if ([...one.name].length < 2) continue;
    const key = one.name.toLowerCase().replace(/\s+/g, ' ');
    const other = known.get(key);
    if (other)
      throw new WeftError(
        'data',
        `${path}: the classes '${other.name}' (${other.place}) and '${one.name}' (${one.place}) differ only in ${other.name.toLowerCase() === one.name.toLowerCase() ? 'case' : 'spaces or case'}`,
        'give them the same name if they are one class, and clearly different names otherwise',
      );
    known.set(key, one);
  }
}

/** Refuses two classes that are the same number, such as `1` and `1.0`. */
export function requireDifferentNumbers(
  classes: readonly { readonly name: string; readonly place: string }[],
  path: string,
): void {
  const known = new Map<number, { readonly name: string; readonly place: string }>();
  for (const one of classes) {
    const value = Number(one.name);
    if (one.name === '' || !Number.isFinite(value)) continue;
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
