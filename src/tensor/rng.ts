/**
 * Named random streams. Every draw of a run comes from a stream that is a pure function of the
 * run's seed and the stream's name, for example `stream(7, 'data-order', epoch)`. No stream needs
 * to be saved: a resumed run opens the same streams again. Adding a draw to one stream never shifts
 * another.
 */
import seedrandom from 'seedrandom';

export interface Rng {
  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number;
  /** Standard normal (Box-Muller; both values of a pair are used). */
  normal(): number;
  /** Uniform integer in [0, n). */
  int(n: number): number;
  /** Index drawn with the given probabilities (they need not sum to one). */
  categorical(weights: ArrayLike<number>): number;
  /** A new array with the items in random order (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[];
  /** 0..n-1 in random order. */
  permutation(n: number): Uint32Array;
  /** One item, uniformly. */
  pick<T>(items: readonly T[]): T;
}

/** The stream with this name: the same seed and parts always give the same draws. */
export function stream(seed: number | string, ...parts: (string | number)[]): Rng {
  return fromGenerator(seedrandom([seed, ...parts].join('/')));
}

function fromGenerator(generator: seedrandom.PRNG): Rng {
  let spare: number | undefined;
  const uniform = (): number => generator.double();
  const int = (n: number): number => Math.floor(uniform() * n);
  return {
    uniform,
    int,
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    categorical(weights) {
      let total = 0;
      for (let i = 0; i < weights.length; i++) total += weights[i]!;
      let rest = uniform() * total;
      for (let i = 0; i < weights.length; i++) {
        rest -= weights[i]!;
        if (rest < 0) return i;
      }
      return weights.length - 1;
    },
    shuffle(items) {
      const copy = [...items];
      for (let i = copy.length - 1; i > 0; i--) {
        const j = int(i + 1);
        [copy[i], copy[j]] = [copy[j]!, copy[i]!];
      }
      return copy;
    },
    permutation(n) {
      const order = Uint32Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = int(i + 1);
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      return order;
    },
    pick: (items) => items[int(items.length)]!,
  };
}
