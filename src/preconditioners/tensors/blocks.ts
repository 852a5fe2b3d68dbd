/** A gradient tensor as matrices: axes are merged to two and long ones cut, so that no factor exceeds a limit. */
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
  return cuts(rows).flatMap(([top, height]) =>
    cuts(columns).map(([left, width]): Piece => ({ begin: [top, left], size: [height, width] })),
  );
}

/** Applies `f` to every piece and reassembles the results. Runs inside a tidy. */
export function mapPieces(matrix: Tensor, limit: number, f: (piece: Tensor, index: number) => Tensor): Tensor {
  const [rows, columns] = matrix.shape as [number, number];
  const pieces = piecesOf([rows, columns], limit);
  if (pieces.length === 1) return f(matrix, 0);
  const results = pieces.map(({ begin, size }, index) => f(tf.slice(matrix, [...begin], [...size]), index));
  const lines = new Map<number, Tensor[]>();
  pieces.forEach(({ begin: [top] }, index) => lines.set(top, [...(lines.get(top) ?? []), results[index]!]));
  return tf.concat(
    [...lines.values()].map((line) => (line.length === 1 ? line[0]! : tf.concat(line, 1))),
    0,
  );
}

/** Pieces of one size, one above the other [count,rows,columns]. */
export interface PieceStack {
  /** Identifies the stack among those of a matrix. */
  readonly key: string;
  readonly stack: Tensor;
}

/**
 * The pieces of a matrix in stacks of equal size, so that a few large kernels do the work of many small ones, and the
 * inverse. Inside a tidy.
 */
export function stackedPieces(
  matrix: Tensor,
  limit: number,
): { stacks: PieceStack[]; join: (results: readonly Tensor[]) => Tensor } {
  const [rows, columns] = matrix.shape as [number, number];
  const pieces = piecesOf([rows, columns], limit);
  const [height, width] = pieces[0]!.size;
  if (pieces.every(({ size }) => size[0] === height && size[1] === width)) {
    const [down, across] = [rows / height, columns / width];
    // [down, height, across, width] with the inner axes exchanged, there and back.
    const stack =
      across === 1
        ? tf.reshape(matrix, [down, height, width])
        : tf.reshape(tf.transpose(tf.reshape(matrix, [down, height, across, width]), [0, 2, 1, 3]), [
            down * across,
            height,
            width,
          ]);
    const join = ([result]: readonly Tensor[]): Tensor =>
      across === 1
        ? tf.reshape(result!, [rows, columns])
        : tf.reshape(tf.transpose(tf.reshape(result!, [down, across, height, width]), [0, 2, 1, 3]), [rows, columns]);
    return { stacks: [{ key: `${height}x${width}`, stack }], join };
  }
  const groups = new Map<string, Piece[]>();
  for (const piece of pieces) groups.set(piece.size.join('x'), [...(groups.get(piece.size.join('x')) ?? []), piece]);
  const stacks = [...groups].map(([key, group]) => ({
    key,
    stack: tf.stack(group.map(({ begin, size }) => tf.slice(matrix, [...begin], [...size]))),
  }));
  const join = (results: readonly Tensor[]): Tensor => {
    const parts = new Map(
      [...groups.values()].flatMap((group, i) => tf.unstack(results[i]!).map((part, j) => [group[j]!, part] as const)),
    );
    const lines = new Map<number, Tensor[]>();
    for (const piece of pieces) lines.set(piece.begin[0], [...(lines.get(piece.begin[0]) ?? []), parts.get(piece)!]);
    return tf.concat(
      [...lines.values()].map((line) => (line.length === 1 ? line[0]! : tf.concat(line, 1))),
      0,
    );
  };
  return { stacks, join };
}
