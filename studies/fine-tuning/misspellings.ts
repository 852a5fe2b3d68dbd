/** The fine-tuning task: to distinguish original passages from those with letters swapped. */
import { stream, WeftError } from 'weft-nas';

export interface Passages {
  /** Characters of each passage, one passage after another: [count · length]. */
  readonly ids: Int32Array;
  /** 1 if letters were swapped. */
  readonly labels: Int32Array;
  readonly length: number;
  readonly count: number;
}

export interface MisspellingOptions {
  readonly seed: number;
  /** Names the random streams. */
  readonly name: string;
  /** Number of passages; half of them are changed. */
  readonly count: number;
  /** Number of characters in each. */
  readonly length: number;
  /** Number of pairs of neighbouring letters that are swapped in a changed passage. */
  readonly exchanges: number;
  /** The tokens that are letters, by id. */
  readonly letters: readonly boolean[];
}

/**
 * Passages of a text at random places that do not overlap, every second one with `exchanges` pairs of neighbouring,
 * unequal small letters exchanged, no letter twice. A passage that has too few pairs is passed over.
 */
export function misspellings(
  text: Int32Array,
  { seed, name, count, length, exchanges, letters }: MisspellingOptions,
): Passages {
  const places = stream(seed, 'fine-tuning', name, 'places').permutation(Math.floor(text.length / length));
  const changes = stream(seed, 'fine-tuning', name, 'exchanges');
  const ids = new Int32Array(count * length);
  const labels = new Int32Array(count);
  let taken = 0;
  for (const place of places) {
    if (taken === count) break;
    const passage = text.slice(place * length, (place + 1) * length);
    const changed = exchange(passage, exchanges, letters, changes);
    if (!changed) continue;
    labels[taken] = taken % 2;
    ids.set(taken % 2 === 1 ? changed : passage, taken * length);
    taken++;
  }
  if (taken < count)
    throw new WeftError(
      'data',
      `the ${name} part of the text has ${taken} passages of ${length} characters in which ${exchanges} pairs of letters can be swapped, but ${count} are needed`,
      'use fewer or shorter passages',
    );
  return { ids, labels, length, count };
}

function exchange(
  passage: Int32Array,
  exchanges: number,
  letters: readonly boolean[],
  rng: { permutation(count: number): Iterable<number> },
): Int32Array | undefined {
  const changed = passage.slice();
  const used = new Set<number>();
  for (const i of rng.permutation(passage.length - 1)) {
    if (used.size === 2 * exchanges) break;
    const [first, second] = [passage[i]!, passage[i + 1]!];
    if (first === second || !letters[first] || !letters[second] || used.has(i) || used.has(i + 1)) continue;
    [changed[i], changed[i + 1]] = [second, first];
    used.add(i).add(i + 1);
  }
  return used.size === 2 * exchanges ? changed : undefined;
}
