/**
 * Order where there are several objectives. A point is a list of numbers, one per objective, and less is better in
 * each.
 */
import { WeftError } from '../errors.js';

export type Point = readonly number[];

/** Whether a is nowhere worse than b and somewhere better. */
export function dominates(a: Point, b: Point): boolean {
  let better = false;
  for (let i = 0; i < a.length; i++) {
    if (a[i]! > b[i]!) return false;
    if (a[i]! < b[i]!) better = true;
  }
  return better;
}

/**
 * Indices of the points that no other dominates, ordered by the first goal, then the second and so on; of equal points
 * the first. Throws WeftError('numeric') where a value is NaN, and WeftError('config') where points have different
 * numbers of goals.
 */
export function paretoFront(points: readonly Point[]): number[] {
  checkPoints(points);
  const order = points.map((_, i) => i).sort((a, b) => lexicographic(points[a]!, points[b]!) || a - b);
  const front: number[] = [];
  for (const index of order) {
    const point = points[index]!;
    // What comes later in this order never dominates what came before.
    if (!front.some((member) => noWorse(points[member]!, point))) front.push(index);
  }
  return front;
}

/**
 * Fronts one behind another (Deb et al. 2002, section III.A): of all points, of those that are left without the first
 * front, and so on.
 */
export function nonDominatedSort(points: readonly Point[]): number[][] {
  checkPoints(points);
  const dominated: number[][] = points.map(() => []);
  const above = points.map(() => 0);
  for (let a = 0; a < points.length; a++) {
    for (let b = a + 1; b < points.length; b++) {
      if (dominates(points[a]!, points[b]!)) {
        dominated[a]!.push(b);
        above[b]!++;
      } else if (dominates(points[b]!, points[a]!)) {
        dominated[b]!.push(a);
        above[a]!++;
      }
    }
  }
  const fronts: number[][] = [];
  let front = points.flatMap((_, i) => (above[i] === 0 ? [i] : []));
  while (front.length > 0) {
    fronts.push(front);
    front = front
      .flatMap((member) => dominated[member]!)
      .filter((index) => --above[index]! === 0)
      .sort((a, b) => a - b);
  }
  return fronts;
}

/**
 * Crowding distances of the points of one front (Deb et al. 2002, section III.B): per goal, the distance between a
 * point's neighbours as a share of the front's width, summed over goals. The ends of each goal have Infinity.
 */
export function crowdingDistances(points: readonly Point[]): number[] {
  checkPoints(points);
  const distances = points.map(() => 0);
  const goals = points[0]?.length ?? 0;
  for (let goal = 0; goal < goals; goal++) {
    const order = points.map((_, i) => i).sort((a, b) => points[a]![goal]! - points[b]![goal]! || a - b);
    const at = (place: number): number => points[order[place]!]![goal]!;
    const width = at(order.length - 1) - at(0);
    distances[order[0]!] = Infinity;
    distances[order.at(-1)!] = Infinity;
    if (width === 0) continue;
    for (let place = 1; place < order.length - 1; place++)
      distances[order[place]!]! += (at(place + 1) - at(place - 1)) / width;
  }
  return distances;
}

function noWorse(a: Point, b: Point): boolean {
  return a.every((value, goal) => value <= b[goal]!);
}

function lexicographic(a: Point, b: Point): number {
  for (let goal = 0; goal < a.length; goal++) if (a[goal] !== b[goal]) return a[goal]! - b[goal]!;
  return 0;
}

/** Throws unless all points have equally many goals, and numbers for them. */
export function checkPoints(points: readonly Point[]): void {
  const goals = points[0]?.length;
  for (const [i, point] of points.entries()) {
    if (point.length !== goals)
      throw new WeftError('config', `point ${i} has ${point.length} objectives, but the first has ${goals}`);
    if (point.some(Number.isNaN))
      throw new WeftError(
        'numeric',
        `point ${i} has an objective that is NaN (${point.join(', ')})`,
        'leave out networks that were not measured',
      );
  }
}
