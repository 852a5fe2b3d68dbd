/**
 * Pareto local search (Paquete, Chiarandini & Stützle 2004, "Pareto local optimum sets in the biobjective traveling
 * salesman problem"): evaluates all neighbours of an architecture on the front, adds every non-dominated one to the
 * front, and moves on to the next one with unknown neighbours, namely where the front has the widest gap. Once the
 * whole front has been explored, it continues from random architectures. Without costs this is a local search of the
 * reward.
 */
import {
  type Controller,
  type ControllerSetting,
  crowdingDistances,
  defineController,
  drawUniform,
  type Evaluated,
  finiteReward,
  nextStart,
  type Rng,
  z,
} from 'weft-nas';
import { load, pointOf, save, type SavedMember, withResults } from './pareto/archive.js';

const options = z.strictObject({
  start: z.int().min(1).max(100_000).default(20).describe('number of random architectures for the first front'),
});

export const paretoLocalSearch = defineController({
  name: 'pareto-local-search',
  description:
    'Pareto local search: evaluates neighbours of architectures on the Pareto front, for several objectives.',
  options,
  warmStart: true,
  create: createParetoLocalSearch,
});

/** Number of draws after which a known random architecture is accepted. */
const TRIES = 20;

interface SavedState {
  readonly front: readonly SavedMember[];
  readonly frontier: readonly string[];
  readonly explored: readonly string[];
  readonly known: readonly string[];
}

function createParetoLocalSearch<A>(
  { start }: z.output<typeof options>,
  { space, start: begin }: ControllerSetting<A>,
): Controller<A> {
  let front: Evaluated<A>[] = [];
  /** Neighbours to propose next. */
  let frontier: A[] = [];
  /** Architectures whose neighbours have been in the frontier. */
  let explored = new Set<string>();
  let known = new Set<string>();

  const fresh = (taken: Set<string>, rng: Rng): A => {
    let made = nextStart(space, begin, taken) ?? space.sample(rng);
    for (let i = 1; i < TRIES && taken.has(space.encode(made)); i++) made = space.sample(rng);
    return made;
  };

  /** The member with the widest gap around it whose neighbours are unknown. */
  const widest = (): A | undefined => {
    const gaps = crowdingDistances(front.map(pointOf));
    return front
      .map(({ architecture }, i) => ({ architecture, gap: gaps[i]! }))
      .filter(({ architecture }) => !explored.has(space.encode(architecture)))
      .reduce<{ architecture: A; gap: number } | undefined>(
        (best, one) => (best && best.gap >= one.gap ? best : one),
        undefined,
      )?.architecture;
  };

  return {
    sample: (count, rng) => drawUniform(space, count, rng),
    propose(count, rng) {
      const taken = new Set(known);
      return Array.from({ length: count }, () => {
        while (frontier.length === 0 && known.size >= start) {
          const center = widest();
          if (center === undefined) break;
          explored.add(space.encode(center));
          frontier = rng.shuffle(space.neighbours(center)).filter((neighbour) => !taken.has(space.encode(neighbour)));
        }
        const made = frontier.pop() ?? fresh(taken, rng);
        taken.add(space.encode(made));
        return made;
      });
    },
    observe(results) {
      results.forEach(finiteReward);
      for (const { architecture } of results) known.add(space.encode(architecture));
      front = withResults(space, front, results);
      frontier = frontier.filter((neighbour) => !known.has(space.encode(neighbour)));
      return { front: front.length, explored: explored.size, best: front[0]!.reward };
    },
    /** The front, highest reward first; then random architectures. */
    derive(count, rng) {
      const best = front.slice(0, count).map(({ architecture }) => architecture);
      return [...best, ...drawUniform(space, count - best.length, rng)];
    },
    snapshot: () => ({
      tensors: {},
      state: {
        front: save(space, front),
        frontier: frontier.map((architecture) => space.encode(architecture)),
        explored: [...explored],
        known: [...known],
      },
    }),
    restore({ state }) {
      const saved = state as unknown as SavedState;
      front = load(space, saved.front);
      frontier = saved.frontier.map((text) => space.decode(text));
      explored = new Set(saved.explored);
      known = new Set(saved.known);
    },
    dispose() {},
  };
}

export default paretoLocalSearch;
