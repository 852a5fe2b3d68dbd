/** Table columns, looked up by name. */
import { WeftError } from '../errors.js';
import { placeOfName } from './class-names.js';
import { type Dataset, type Examples } from './dataset.js';

/** The position of each column in a header. Throws WeftError('data') naming those that are missing or not unique. */
export function placesOf(columns: readonly string[], header: readonly string[], path: string): number[] {
  const twice = columns.find((column) => header.indexOf(column) !== header.lastIndexOf(column));
  if (twice !== undefined)
    throw new WeftError('data', `${path}: two columns are named '${twice}'`, 'rename or remove one of them');
  const missing = columns.filter((column) => placeOfName(column, header) < 0);
  if (missing.length > 0)
    throw new WeftError(
      'data',
      `${path} has no column ${nameColumns(missing)}, which is needed`,
      `its columns are ${nameColumns(header)}; rename them, or add the missing ones`,
    );
  return columns.map((column) => placeOfName(column, header));
}

const MOST_NAMED = 10;

/** The first of them in quotes, and the number of the others. */
export const nameColumns = (columns: readonly string[]): string =>
  columns
    .slice(0, MOST_NAMED)
    .map((column) => `'${column}'`)
    .join(', ') + (columns.length > MOST_NAMED ? ` and ${columns.length - MOST_NAMED} more` : '');

/** The same table with only these of its columns, in this order; the table itself if it has no header. */
export function withColumns(dataset: Dataset, columns: readonly string[], path: string): Dataset {
  const { columns: own, inputShape, train, test } = dataset;
  if (!own || own.join('\n') === columns.join('\n')) return dataset;
  const places = placesOf(columns, own, path);
  const chosen = ({ images, count, ...others }: Examples): Examples => {
    const picked =
      images instanceof Uint8Array ? new Uint8Array(count * places.length) : new Float32Array(count * places.length);
    for (let row = 0; row < count; row++)
      places.forEach((place, i) => (picked[row * places.length + i] = images[row * own.length + place]!));
    return { ...others, images: picked, count };
  };
  const isRow = inputShape[0] === 1 && inputShape[1] === 1;
  return {
    ...dataset,
    columns,
    inputShape: isRow ? [1, 1, columns.length] : inputShape,
    train: chosen(train),
    test: test && chosen(test),
  };
}
