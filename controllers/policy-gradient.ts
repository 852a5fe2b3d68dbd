/**
 * REINFORCE on a table of logits, one row per slot, without an LSTM: the policy gradient of NATS-Bench (Dong et al.
 * 2021, arXiv 2009.00437), for searches of a few hundred evaluations.
 */
import {
  type Controller,
  type ControllerSetting,
  defineController,
  drawValid,
  entropyOf,
  finiteReward,
  softmax,
  stream,
  z,
} from 'weft-nas';

const options = z.strictObject({
  learningRate: z.number().positive().default(0.05).describe('of Adam'),
  baselineDecay: z
    .number()
    .min(0)
    .lt(1)
    .default(0.9)
    .describe('share of the old value that the moving-average baseline keeps'),
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).default(0.999),
  epsilon: z.number().positive().default(1e-3),
});

export const policyGradient = defineController({
  name: 'policy-gradient',
  description: 'REINFORCE on independent logits of every choice, without an LSTM.',
  options,
  presets: { 'nats-bench': { learningRate: 0.01, baselineDecay: 0.9 } },
  create: createPolicyGradient,
});

/** Logits, Adam's moments and step count; the baseline is initialized with the first reward. */
interface PolicyState {
  readonly logits: number[][];
  readonly mean: number[][];
  readonly square: number[][];
  steps: number;
  baseline: number | null;
}

function createPolicyGradient<A>(
  settings: z.output<typeof options>,
  { space, seed }: ControllerSetting<A>,
): Controller<A> {
  const rng = stream(seed, 'controller', 'logits');
  const table = (value: () => number): number[][] =>
    space.cardinalities.map((cardinality) => Array.from({ length: cardinality }, value));
  let policy: PolicyState = {
    logits: table(() => 1e-3 * rng.normal()),
    mean: table(() => 0),
    square: table(() => 0),
    steps: 0,
    baseline: null,
  };

  const probabilities = (): number[][] => policy.logits.map(softmax);
  const draw = (count: number, draws: typeof rng): A[] => {
    const rows = probabilities();
    return drawValid(space, count, (missing) =>
      Array.from({ length: missing }, () => space.fromGenotype(rows.map((row) => draws.categorical(row)))),
    );
  };

  const learn: Controller<A>['observe'] = (results) => {
    const rows = probabilities();
    const gradient = table(() => 0);
    const rewards = results.map(finiteReward);
    results.forEach(({ architecture }, i) => {
      const baseline = policy.baseline ?? rewards[i]!;
      policy.baseline = baseline - (1 - settings.baselineDecay) * (baseline - rewards[i]!);
      const weight = (rewards[i]! - policy.baseline) / results.length;
      // d(-log p) / d logit = p - [chosen].
      space.genotype(architecture).forEach((chosen, slot) => {
        rows[slot]!.forEach((p, value) => (gradient[slot]![value]! += weight * (p - Number(value === chosen))));
      });
    });
    adamStep(policy, gradient, settings);
    return { baseline: policy.baseline!, entropy: rows.reduce((sum, row) => sum + entropyOf(row), 0) };
  };

  return {
    sample: draw,
    propose: draw,
    derive: draw,
    observe: (results) => (results.length === 0 ? {} : learn(results)),
    preferences() {
      const rows = probabilities();
      return Object.fromEntries(
        space.decisions
          .filter(({ length }) => length > 0)
          .map(({ path, offset, length }) => [path, rows.slice(offset, offset + length)]),
      );
    },
    snapshot: () => ({ tensors: {}, state: structuredClone(policy) as never }),
    restore({ state }) {
      policy = structuredClone(state) as unknown as PolicyState;
    },
    dispose() {},
  };
}

/** Kingma & Ba 2015, algorithm 1, in place. */
function adamStep(
  policy: PolicyState,
  gradient: readonly (readonly number[])[],
  { learningRate, beta1, beta2, epsilon }: z.output<typeof options>,
): void {
  policy.steps++;
  const [c1, c2] = [1 - beta1 ** policy.steps, 1 - beta2 ** policy.steps];
  gradient.forEach((row, slot) =>
    row.forEach((g, value) => {
      const m = (policy.mean[slot]![value] = beta1 * policy.mean[slot]![value]! + (1 - beta1) * g);
      const v = (policy.square[slot]![value] = beta2 * policy.square[slot]![value]! + (1 - beta2) * g * g);
      policy.logits[slot]![value]! -= (learningRate * (m / c1)) / (Math.sqrt(v / c2) + epsilon);
    }),
  );
}

export default policyGradient;
