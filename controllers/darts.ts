/**
 * DARTS, first order (Liu et al. 2019, arXiv 1806.09055): the supernet is trained as a mixture of all architectures,
 * and the mixture's logits descend the validation loss with the weights held fixed, in alternating steps. Works on
 * spaces whose choices are between operations or inputs of one shape. The most probable architecture is derived; set
 * `derive.candidates` to 1 to evaluate no others.
 */
import {
  type Controller,
  type ControllerSetting,
  defineController,
  disposeNamed,
  drawValid,
  entropyOf,
  mapNamed,
  type NamedTensors,
  optimizers,
  requireRelaxable,
  type Rng,
  softmax,
  stream,
  tf,
  underPrefix,
  withPrefix,
  z,
} from 'weft-nas';

const options = z.strictObject({
  learningRate: z.number().positive().default(3e-4).describe('of Adam, for the logits'),
  beta1: z.number().min(0).lt(1).default(0.5),
  beta2: z.number().min(0).lt(1).default(0.999),
  epsilon: z.number().positive().default(1e-8),
  weightDecay: z.number().min(0).default(1e-3).describe('weight decay of the logits, added to their gradient'),
  initialScale: z.number().min(0).default(1e-3).describe('standard deviation of the initial logits'),
});

const paper = { learningRate: 3e-4, beta1: 0.5, beta2: 0.999, weightDecay: 1e-3, initialScale: 1e-3 } as const;

export const darts = defineController({
  name: 'darts',
  description: 'DARTS, first order: a mixture of all architectures, its logits learned by gradient descent.',
  options,
  presets: { paper, quick: { ...paper, learningRate: 0.02, weightDecay: 0 } },
  create: createDarts,
});

const MAX_DRAWS = 200;

function createDarts<A>(settings: z.output<typeof options>, { space, seed }: ControllerSetting<A>): Controller<A> {
  requireRelaxable(space, 'darts');
  const trainer = optimizers.chain(
    optimizers.addDecayedWeights(settings.weightDecay),
    optimizers.scaleByAdam(settings),
    optimizers.scaleByLearningRate(optimizers.constant(settings.learningRate)),
  );
  const decided = space.decisions.filter(({ length }) => length > 0);
  let logits: NamedTensors = Object.fromEntries(
    decided.map(({ path, length, cardinality }) => {
      const rng = stream(seed, 'controller', path);
      return [
        path,
        tf.tensor2d(
          Float32Array.from({ length: length * cardinality }, () => settings.initialScale * rng.normal()),
          [length, cardinality],
        ),
      ];
    }),
  );
  let state = optimizers.emptyState;

  /** Probabilities of each slot's values. */
  const rows = (): number[][] => decided.flatMap(({ path }) => (logits[path]!.arraySync() as number[][]).map(softmax));
  const draw = (count: number, rng: Rng): A[] => {
    const probabilities = rows();
    return drawValid(space, count, (missing) =>
      Array.from({ length: missing }, () => space.fromGenotype(probabilities.map((row) => rng.categorical(row)))),
    );
  };
  /** The most probable architecture; if constraints forbid it, the most probable among samples that they allow. */
  const likeliest = (rng: Rng): A => {
    const probabilities = rows();
    const first = space.fromGenotype(probabilities.map((row) => row.indexOf(Math.max(...row))));
    if (space.satisfies(first)) return first;
    const logProbability = (architecture: A): number =>
      space.genotype(architecture).reduce((sum, value, slot) => sum + Math.log(probabilities[slot]![value]!), 0);
    return draw(MAX_DRAWS, rng).reduce((best, other) => (logProbability(other) > logProbability(best) ? other : best));
  };
  const disposeAll = (): void => {
    disposeNamed(logits);
    disposeNamed(state.tensors);
  };

  return {
    sample: draw,
    propose: draw,
    // Rewards of sampled architectures are only for the report; the mixture learns from gradients.
    observe: () => ({ entropy: rows().reduce((sum, row) => sum + entropyOf(row), 0) }),
    derive: (count, rng) => (count === 0 ? [] : [likeliest(rng), ...draw(count - 1, rng)]),
    relaxation: {
      get logits() {
        return logits;
      },
      descend(gradients) {
        const evaluate: optimizers.Evaluate = () => ({
          loss: tf.scalar(0),
          gradients: mapNamed(gradients, (gradient) => tf.clone(gradient)),
        });
        const stepped = trainer.step(evaluate, logits, state, { step: 0 });
        for (const path of Object.keys(stepped.parameters)) logits[path]!.dispose();
        logits = { ...logits, ...stepped.parameters };
        state = optimizers.replaceState(state, stepped.state);
        return {};
      },
    },
    preferences() {
      const all = rows();
      let slot = 0;
      return Object.fromEntries(decided.map(({ path, length }) => [path, all.slice(slot, (slot += length))]));
    },
    snapshot: () => ({
      tensors: { ...withPrefix('logits/', logits), ...withPrefix('optimizer/', state.tensors) },
      state: { counts: state.counts },
    }),
    restore(snapshot) {
      const copies = mapNamed(snapshot.tensors, (tensor) => tf.clone(tensor));
      disposeAll();
      logits = underPrefix('logits/', copies);
      state = {
        tensors: underPrefix('optimizer/', copies),
        counts: (snapshot.state as { counts: Record<string, number> }).counts,
      };
    },
    dispose: disposeAll,
  };
}

export default darts;
