/**
 * Local search (White et al. 2021, arXiv 2005.02960): evaluates all neighbours of the best architecture, moves to the
 * best of them as long as that is an improvement, and then restarts elsewhere.
 */
import {
  bestScored,
  type Controller,
  type ControllerSetting,
  decodeScored,
  defineController,
  drawUniform,
  encodeScored,
  type Evaluated,
  finiteReward,
  nextStart,
  type ScoredText,
  z,
} from 'weft-nas';

const options = z.strictObject({
  remember: z.int().min(1).default(100).describe('best architectures that are kept for the final choice'),
});

export const localSearch = defineController({
  name: 'local-search',
  description: 'Local search: moves to the best neighbour as long as it is better, then starts again elsewhere.',
  options,
  warmStart: true,
  create: createLocalSearch,
});

interface LocalSearchState {
  readonly center: readonly ScoredText[];
  readonly best: readonly ScoredText[];
  readonly leaders: readonly ScoredText[];
  readonly frontier: readonly string[];
  readonly visited: readonly string[];
}

function createLocalSearch<A>(
  { remember }: z.output<typeof options>,
  { space, start }: ControllerSetting<A>,
): Controller<A> {
  /** The current architecture; undefined before a start has been evaluated. */
  let center: Evaluated<A> | undefined;
  /** The best evaluated since the last move. */
  let best: Evaluated<A> | undefined;
  /** Neighbours of the centre that are still to be proposed. */
  let frontier: A[] = [];
  let visited = new Set<string>();
  /** The best of all, best first. */
  let leaders: Evaluated<A>[] = [];

  return {
    sample: (count, rng) => drawUniform(space, count, rng),
    propose(count, rng) {
      if (frontier.length === 0) {
        center = best && (!center || best.reward > center.reward) ? best : undefined;
        best = undefined;
        if (center)
          frontier = rng
            .shuffle(space.neighbours(center.architecture))
            .filter((neighbour) => !visited.has(space.encode(neighbour)));
      }
      const next = frontier.splice(0, count);
      if (next.length < count && start) {
        const taken = new Set([...visited, ...next.map((one) => space.encode(one))]);
        while (next.length < count) {
          const begun = nextStart(space, start, taken);
          if (begun === undefined) break;
          taken.add(space.encode(begun));
          next.push(begun);
        }
      }
      return [...next, ...drawUniform(space, count - next.length, rng)];
    },
    observe(results) {
      results.forEach(finiteReward);
      for (const result of results) {
        visited.add(space.encode(result.architecture));
        if (!best || result.reward > best.reward) best = result;
        leaders = withLeader(leaders, result, remember);
      }
      return {
        visited: visited.size,
        ...(leaders.length > 0 && { best: leaders[0]!.reward }),
        ...(center && { center: center.reward }),
      };
    },
    derive(count, rng) {
      const chosen = bestScored(space, leaders, count).map(({ architecture }) => architecture);
      return [...chosen, ...drawUniform(space, count - chosen.length, rng)];
    },
    snapshot: () => ({
      tensors: {},
      state: {
        center: encodeScored(space, center ? [center] : []),
        best: encodeScored(space, best ? [best] : []),
        leaders: encodeScored(space, leaders),
        frontier: frontier.map((architecture) => space.encode(architecture)),
        visited: [...visited],
      } satisfies LocalSearchState,
    }),
    restore({ state }) {
      const saved = state as unknown as LocalSearchState;
      [center] = decodeScored(space, saved.center);
      [best] = decodeScored(space, saved.best);
      leaders = decodeScored(space, saved.leaders);
      frontier = saved.frontier.map((text) => space.decode(text));
      visited = new Set(saved.visited);
    },
    dispose() {},
  };
}

/** The `count` best of the leaders, sorted, and one more. */
function withLeader<A>(leaders: Evaluated<A>[], result: Evaluated<A>, count: number): Evaluated<A>[] {
  const place = leaders.findLastIndex(({ reward }) => reward >= result.reward) + 1;
  return place < count ? leaders.toSpliced(place, 0, result).slice(0, count) : leaders;
}

export default localSearch;
