/** Names of classes as people write them. */
import { WeftError } from '../errors.js';

/** Refuses two classes that differ only in case, such as `Yes` and `yes`; single letters may be just that, as in handwriting. */
export function requireDifferentNames(
  classes: readonly { readonly name: string; readonly place: string }[],
  path: string,
): void {
  const known = new Map<string, { readonly name: string; readonly place: string }>();
  for (const one of classes) {
    if ([...one.name].length < 2) continue;
    const key = one.name.toLowerCase();
    const other = known.get(key);
    if (other)
      throw new WeftError(
        'data',
        `${path}: the classes '${other.name}' (${other.place}) and '${one.name}' (${one.place}) differ only in case`,
        'give them one name if they are one class, and different ones otherwise',
      );
    known.set(key, one);
  }
}
