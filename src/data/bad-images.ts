/** Many images that are missing or cannot be read, in one error. */
import { WeftError } from '../errors.js';

/** Number of images listed in one error. */
const MOST_NAMED = 50;

/** The single error, or all of them under `what`, with the first fifty listed. */
export function badImages(
  errors: readonly WeftError[],
  count: number,
  { what, remedy }: { readonly what: string; readonly remedy: string },
): WeftError {
  if (errors.length === 1) return errors[0]!;
  const named = errors.slice(0, MOST_NAMED).map(({ message }) => `\n  ${message}`);
  const more = errors.length > MOST_NAMED ? `\n  and ${errors.length - MOST_NAMED} more` : '';
  return new WeftError(
    'data',
    `${errors.length} of ${count} images ${what}:${named.join('')}${more}`,
    `${remedy}, or continue without them: data.onBadFile: skip`,
  );
}
