/** How much a set of points reaches: the volume that it dominates. */
import { WeftError } from '../errors.js';
import { checkPoints, paretoFront, type Point } from './dominance.js';

/**
 * Volume between the points and the reference, exactly, for one, two or three goals, less being better (Zitzler &
 * Thiele 1998). Points that are not better than the reference in every goal add nothing. Sweeps along the first goal in
 * O(n log n) for two goals and O(n²) for three. Throws WeftError('unsupported') for more goals.
 */
export function hypervolume(points: readonly Point[], reference: Point): number {
  checkPoints([reference, ...points]);
  const goals = reference.length;
  if (goals < 1 || goals > 3)
    throw new WeftError(
      'unsupported',
      `the hypervolume of ${goals} objectives`,
      'it can be computed exactly for up to three',
    );
  const inside = points.filter((point) => point.every((value, goal) => value < reference[goal]!));
  const front = paretoFront(inside).map((index) => inside[index]!);
  if (front.length === 0) return 0;
  if (goals === 1) return reference[0]! - front[0]![0]!;
  return goals === 2 ? area(front, reference) : volume(front, reference);
}

/** Of a front in the order of its first goal, in which the second one falls. */
function area(front: readonly Point[], [right, top]: Point): number {
  let sum = 0;
  let ceiling = top!;
  for (const [x, y] of front) {
    if (y! >= ceiling) continue;
    sum += (right! - x!) * (ceiling - y!);
    ceiling = y!;
  }
  return sum;
}

/** Slices between consecutive values of the first goal; a slice is as large as the area of the points up to there. */
function volume(front: readonly Point[], [end, ...rest]: Point): number {
  let sum = 0;
  let staircase: Point[] = [];
  front.forEach(([x, y, z], i) => {
    staircase = insert(staircase, [y!, z!]);
    const next = front[i + 1]?.[0] ?? end!;
    if (next > x!) sum += (next - x!) * area(staircase, rest);
  });
  return sum;
}

/** A front of two goals in the order of the first, with one more point. */
function insert(front: readonly Point[], [y, z]: Point): Point[] {
  if (front.some((point) => point[0]! <= y! && point[1]! <= z!)) return [...front];
  const rest = front.filter((point) => !(point[0]! >= y! && point[1]! >= z!));
  const at = rest.findIndex((point) => point[0]! > y!);
  return at < 0 ? [...rest, [y!, z!]] : rest.toSpliced(at, 0, [y!, z!]);
}
