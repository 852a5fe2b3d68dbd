/** A gradient tensor as matrices: axes merged to two, long ones cut, so that no factor exceeds a limit. */
import { tf, type Tensor } from '../../tensor/tf.js';

/** One piece of a tensor. */
export interface Piece {
  readonly begin: readonly [number, number];
  readonly size: readonly [number, number];
}

/** [.., in, out] as the matrix [.. in, out]; a vector as a column. */
export function asMatrix(tensor: Tensor): Tensor {
  return tf.reshape(tensor, tensor.rank <= 1 ? [tensor.size, 1] : [-1, tensor.shape.at(-1)!]);
}

/** The pieces of a matrix [rows,columns] of at most `limit` each way. */
export function piecesOf([rows, columns]: readonly [number, number], limit: number): Piece[] {
  const cuts = (length: number): [number, number][] => {
    const count = Math.ceil(length / limit);
    return Array.from({ length: count }, (_, i) => {
      const begin = Math.round((i * length) / count);
      return [begin, Math.round(((i + 1) * length) / count) - begin];
    });
  };
  return cuts(rows).flatMap(([top, height]) => cuts(columns).map(([left, width]): Piece => ({ begin: [top, left], size: [height, width] })));
}

/** `f` of every piece, put together again. Inside a tidy. */
export function mapPieces(matrix: Tensor, limit: number, f: (piece: Tensor, index: number) => Tensor): Tensor {
  const [rows, columns] = matrix.shape as [number, number];
  const pieces = piecesOf([rows, columns], limit);
  if (pieces.length === 1) return f(matrix, 0);
  const results = pieces.map(({ begin, size }, index) => f(tf.slice(matrix, [...begin], [...size]), index));
  const lines = new Map<number, Tensor[]>();
  pieces.forEach(({ begin: [top] }, index) => lines.set(top, [...(lines.get(top) ?? []), results[index]!]));
  return tf.concat([...lines.values()].map((line) => (line.length === 1 ? line[0]! : tf.concat(line, 1))), 0);
}
