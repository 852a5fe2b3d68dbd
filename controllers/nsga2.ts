/**
 * NSGA-II (Deb et al. 2002, "A fast and elitist multiobjective genetic algorithm: NSGA-II"): evolution towards a Pareto
 * front of several objectives. Parents win tournaments by (rank, crowding); of parents and children together, the best
 * in the same order survive. The objectives are those of the search: its reward, and the costs that it names. Without
 * costs this is elitist evolution of the reward.
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
  nonDominatedSort,
  type Rng,
  z,
} from 'weft-nas';
import { load, pointOf, save, type SavedMember, withResults } from './pareto/archive.js';

const options = z.strictObject({
  population: z.int().min(2).max(100_000).default(50).describe('members that survive'),
  crossover: z.number().min(0).max(1).default(0.5).describe('probability that a child has two parents'),
});

export const nsga2 = defineController({
  name: 'nsga2',
  description: 'NSGA-II: evolution towards a Pareto front of several objectives.',
  options,
  warmStart: true,
  create: createNsga2,
});

/** A member with its rank in the population: the number of its front, and the distance of its neighbours. */
interface Member<A> {
  readonly one: Evaluated<A>;
  readonly rank: number;
  readonly crowding: number;
}

/** Number of draws after which a known child is accepted. */
const TRIES = 20;

/** Rank and crowding; JSON has no Infinity, so that is null. */
type Place = [rank: number, crowding: number | null];

function createNsga2<A>(
  { population, crossover }: z.output<typeof options>,
  { space, start }: ControllerSetting<A>,
): Controller<A> {
  let members: Member<A>[] = [];
  let archive: Evaluated<A>[] = [];
  /** Evaluated architectures, so that none is evaluated again while there is anything new nearby. */
  let known = new Set<string>();

  const parent = (rng: Rng): Member<A> => {
    const [a, b] = [rng.pick(members), rng.pick(members)];
    return a.rank < b.rank || (a.rank === b.rank && a.crowding > b.crowding) ? a : b;
  };

  const child = (rng: Rng): A => {
    const mother = parent(rng).one.architecture;
    if (rng.uniform() >= crossover) return space.mutate(mother, rng);
    const father = space.genotype(parent(rng).one.architecture);
    const crossed = space.fromGenotype(
      space.genotype(mother).map((value, slot) => (rng.uniform() < 0.5 ? value : father[slot]!)),
    );
    return space.satisfies(crossed) ? crossed : space.mutate(mother, rng);
  };

  /** `count` children, new and distinct as far as possible. */
  const children = (count: number, rng: Rng, taken: ReadonlySet<string>): A[] => {
    const seen = new Set(taken);
    return Array.from({ length: count }, () => {
      const begun = members.length < population ? nextStart(space, start, seen) : undefined;
      let made = begun ?? (members.length < population ? space.sample(rng) : child(rng));
      for (let i = 1; i < TRIES && seen.has(space.encode(made)); i++)
        made = members.length < population ? space.sample(rng) : space.mutate(child(rng), rng);
      seen.add(space.encode(made));
      return made;
    });
  };

  return {
    sample: (count, rng) => drawUniform(space, count, rng),
    propose: (count, rng) => children(count, rng, known),
    observe(results) {
      results.forEach(finiteReward);
      for (const { architecture } of results) known.add(space.encode(architecture));
      const latest = new Map(
        [...members.map(({ one }) => one), ...results].map((one) => [space.encode(one.architecture), one]),
      );
      members = select([...latest.values()], population);
      archive = withResults(space, archive, results);
      return { front: archive.length, populationBest: bestReward(members.map(({ one }) => one)) };
    },
    /** The front, highest reward first; then children of the population. */
    derive(count, rng) {
      const best = archive
        .toSorted((a, b) => b.reward - a.reward)
        .slice(0, count)
        .map(({ architecture }) => architecture);
      return [
        ...best,
        ...children(count - best.length, rng, new Set(best.map((architecture) => space.encode(architecture)))),
      ];
    },
    snapshot: () => ({
      tensors: {},
      state: {
        members: save(
          space,
          members.map(({ one }) => one),
        ),
        places: members.map(({ rank, crowding }): Place => [rank, Number.isFinite(crowding) ? crowding : null]),
        archive: save(space, archive),
        known: [...known],
      },
    }),
    restore({ state }) {
      const saved = state as unknown as {
        members: SavedMember[];
        places: Place[];
        archive: SavedMember[];
        known: string[];
      };
      members = load(space, saved.members).map((one, i) => {
        const [rank, crowding] = saved.places[i]!;
        return { one, rank, crowding: crowding ?? Infinity };
      });
      archive = load(space, saved.archive);
      known = new Set(saved.known);
    },
    dispose() {},
  };
}

function bestReward(some: readonly Evaluated[]): number {
  return some.reduce((best, { reward }) => Math.max(best, reward), -Infinity);
}

/** The best `count` by (rank, crowding), in that order. */
function select<A>(some: readonly Evaluated<A>[], count: number): Member<A>[] {
  const points = some.map(pointOf);
  const selected: Member<A>[] = [];
  for (const [rank, front] of nonDominatedSort(points).entries()) {
    if (selected.length >= count) break;
    const crowding = crowdingDistances(front.map((index) => points[index]!));
    const ranked = front.map((index, i) => ({ one: some[index]!, rank, crowding: crowding[i]! }));
    // Sorting is stable: among equally crowded ones the earlier stay first.
    selected.push(...ranked.sort((a, b) => (a.crowding === b.crowding ? 0 : b.crowding - a.crowding)));
  }
  return selected.slice(0, count);
}

export default nsga2;
