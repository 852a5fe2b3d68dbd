/**
 * Search guided by a predictor (BANANAS, White et al. 2021, arXiv 1910.11858; NPENAS, Wei et al. 2020, arXiv
 * 2003.12857): after a random start, a predictor learns from everything that was evaluated, and the most promising of
 * many new architectures are evaluated next. In a small space all architectures are considered, in a large one
 * mutations of the best, and random ones.
 */
import {
  bestScored,
  choiceEncoding,
  type Controller,
  type ControllerSetting,
  decodeScored,
  defineController,
  drawUniform,
  encodeScored,
  type Evaluated,
  finiteReward,
  graphEncoding,
  joinEncodings,
  nextStart,
  pathEncoding,
  populationMetrics,
  predictorNamed,
  type Rng,
  type ScoredText,
  z,
} from 'weft-nas';

const options = z.strictObject({
  predictor: z
    .enum(['ridge', 'forest', 'gradient-boosting', 'gaussian-process', 'mlp-ensemble'])
    .default('ridge')
    .describe('the predictor that learns from the evaluated architectures'),
  encoding: z
    .enum(['choices', 'graph', 'paths', 'both'])
    .default('choices')
    .describe(
      'how architectures are encoded for it: by their choices, by their graphs or the paths in these (both slower), or by choices and graph',
    ),
  start: z
    .int()
    .min(2)
    .max(100_000)
    .default(20)
    .describe('random architectures to evaluate before the predictor is used'),
  explore: z
    .number()
    .min(0)
    .default(0.2)
    .describe(
      'for half of the proposals, random noise of this many standard deviations of the prediction is added before the best are chosen; the other half is chosen by the prediction itself',
    ),
  pool: z
    .int()
    .min(1)
    .max(100_000)
    .default(500)
    .describe('number of architectures for which it predicts, unless the space is small'),
  parents: z
    .int()
    .min(1)
    .max(100_000)
    .default(10)
    .describe('number of best architectures whose mutations make up half of that pool'),
  remember: z.int().min(2).default(1000).describe('number of newest evaluations from which it learns'),
});

export const predictorGuided = defineController({
  name: 'predictor-guided',
  description: 'A predictor learns from the evaluated architectures and chooses which to evaluate next.',
  options,
  warmStart: true,
  create: createGuided,
});

/** Maximum size of a space that is considered as a whole. */
const SMALL = 20_000;
/** Number of redraws, because a network that is proposed twice in a row teaches little. */
const TRIES = 10;

function createGuided<A>(
  { predictor: name, encoding, start, explore, pool, parents, remember }: z.output<typeof options>,
  { space, seed, start: begin }: ControllerSetting<A>,
): Controller<A> {
  const predictor = predictorNamed(name);
  const features = {
    choices: () => choiceEncoding(space),
    graph: () => graphEncoding(space),
    paths: () => pathEncoding(space),
    both: () => joinEncodings(choiceEncoding(space), graphEncoding(space)),
  }[encoding]();
  /** All of a small space with its encodings, computed on first use. */
  let whole: { architecture: A; text: string; row: number[] }[] | undefined;
  let scored: Evaluated<A>[] = [];

  const entry = (architecture: A) => ({
    architecture,
    text: space.encode(architecture),
    row: features.encode(architecture),
  });
  const small = space.cardinalities.reduce((product, cardinality) => product * cardinality, 1) <= SMALL;
  const candidates = (rng: Rng) => {
    if (small) return (whole ??= [...space.enumerate()].map(entry));
    const best = bestScored(space, scored, parents);
    return Array.from({ length: pool }, (_, i) =>
      entry(i % 2 === 0 ? space.mutate(rng.pick(best).architecture, rng) : space.sample(rng)),
    );
  };

  /**
   * `count` new architectures: half with the highest predictions, half with the highest predictions after adding noise.
   */
  const expected = (count: number, rng: Rng): A[] => {
    const known = new Map(scored.map(({ architecture, reward }) => [space.encode(architecture), reward]));
    const fitted = predictor.fit(
      [...known.keys()].map((text) => features.encode(space.decode(text))),
      [...known.values()],
      seed,
    );
    const all = candidates(rng);
    const some = (small ? all : [...new Map(all.map((one) => [one.text, one])).values()]).filter(
      ({ text }) => !known.has(text),
    );
    const { mean, deviation } = fitted.predict(some.map(({ row }) => row));
    /** Indices of the `most` with the highest values, among those not taken yet. */
    const best = (hopes: (index: number) => number, most: number, taken: readonly number[]): number[] => {
      const values = some.map((_, i) => hopes(i));
      return some
        .map((_, i) => i)
        .filter((index) => !taken.includes(index))
        .sort((a, b) => values[b]! - values[a]!)
        .slice(0, most);
    };
    const exploited = best((i) => mean[i]!, Math.ceil(count / 2), []);
    const explored = best(
      (i) => mean[i]! + explore * deviation[i]! * rng.normal(),
      count - exploited.length,
      exploited,
    );
    const chosen = [...exploited, ...explored].map((index) => some[index]!.architecture);
    return [...chosen, ...Array.from({ length: count - chosen.length }, () => space.sample(rng))];
  };

  /** New architectures for the start. */
  const fresh = (count: number, rng: Rng): A[] => {
    const known = new Set(scored.map(({ architecture }) => space.encode(architecture)));
    return Array.from({ length: count }, () => {
      let made = nextStart(space, begin, known);
      if (made === undefined) {
        made = space.sample(rng);
        for (let i = 1; i < TRIES && known.has(space.encode(made)); i++) made = space.sample(rng);
      } else known.add(space.encode(made));
      return made;
    });
  };

  return {
    sample: (count, rng) => drawUniform(space, count, rng),
    propose(count, rng) {
      if (count === 0) return [];
      const random = Math.min(count, Math.max(0, start - scored.length));
      const drawn = fresh(random, rng);
      if (random === count) return drawn;
      return scored.length < 2
        ? [...drawn, ...fresh(count - random, rng)]
        : [...drawn, ...expected(count - random, rng)];
    },
    observe(results) {
      results.forEach(finiteReward);
      scored = [...scored, ...results].slice(-remember);
      // Fewer labels than features are usual: all predictors are regularized.
      const labels = new Set(scored.map(({ architecture }) => space.encode(architecture))).size;
      return { ...populationMetrics(scored), labels, features: features.names.length };
    },
    derive(count, rng) {
      const best = bestScored(space, scored, Math.ceil(count / 2)).map(({ architecture }) => architecture);
      const rest = count - best.length;
      if (rest === 0) return best;
      return [
        ...best,
        ...(scored.length >= start ? expected(rest, rng) : Array.from({ length: rest }, () => space.sample(rng))),
      ];
    },
    snapshot: () => ({ tensors: {}, state: encodeScored(space, scored) }),
    restore({ state }) {
      scored = decodeScored(space, state as unknown as readonly ScoredText[]);
    },
    dispose() {},
  };
}

export default predictorGuided;
