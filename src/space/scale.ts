/** Moves among options with ascending positions on a scale from 0 to 1. */
import { type Rng } from '../tensor/rng.js';

/** Standard deviation of a mutation, as a share of the scale. */
const SPREAD = 0.2;

/**
 * Distances of neighbours besides the adjacent ones, as shares of the number of options: near ones refine, far ones
 * explore.
 */
const DISTANCES = [1 / 16, 1 / 4];

/** The option that is nearest to a point of the scale; ties go to the lower one. */
export function nearestPlace(places: readonly number[], point: number): number {
  let nearest = 0;
  for (let i = 1; i < places.length; i++)
    if (Math.abs(places[i]! - point) < Math.abs(places[nearest]! - point)) nearest = i;
  return nearest;
}

/** Another option, a normal step along the scale away, which is reflected at its ends. */
export function stepOnScale(places: readonly number[], from: number, rng: Rng): number {
  const step = SPREAD * rng.normal();
  const to = nearestPlace(places, reflected(places[from]! + step));
  if (to !== from) return to;
  // The step was too short for another option: take the next one in its direction.
  const next = from + (step < 0 ? -1 : 1);
  return next >= 0 && next < places.length ? next : 2 * from - next;
}

/** Near and far neighbours of one of `count` options, on both sides. */
export function neighboursOnScale(count: number, from: number): number[] {
  const distances = new Set([1, ...DISTANCES.map((share) => Math.max(1, Math.round(share * count)))]);
  return [...distances].flatMap((distance) =>
    [from - distance, from + distance].filter((index) => index >= 0 && index < count),
  );
}

/** A point of the line folded onto the scale. */
function reflected(point: number): number {
  const turned = Math.abs(point) % 2;
  return turned > 1 ? 2 - turned : turned;
}
