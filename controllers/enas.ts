/**
 * ENAS: an LSTM policy trained by REINFORCE on the rewards of the architectures that it proposes (Pham et al.
 * 2018, arXiv 1802.03268). Works on every space; all architectures of a proposal are drawn in one batched rollout,
 * and one batched pass learns from their rewards.
 */
import {
  compile,
  type Controller,
  type ControllerSetting,
  defineController,
  disposeNamed,
  drawValid,
  type Evaluated,
  finiteReward,
  mapNamed,
  movingAverage,
  type NamedTensors,
  optimizers,
  type Rng,
  type Tensor2D,
  tf,
  underPrefix,
  valueAndGradients,
  WeftError,
  withPrefix,
} from 'weft-nas';
import { entropyBonuses, reinforceLoss, type SequenceTerms, sequenceTerms } from './enas/loss.js';
import { type EnasOptions, enasOptions } from './enas/options.js';
import { planOf } from './enas/plan.js';
import { policyParameters } from './enas/policy.js';
import { policyPreferences, ROLLOUTS } from './enas/preferences.js';
import { enasPresets } from './enas/presets.js';
import { chosenIn, rolledOut, type Rollout, sampleGenotypes } from './enas/sample.js';

export const enas = defineController({
  name: 'enas',
  description: 'LSTM policy with REINFORCE, moving-average baseline, entropy bonus and skip penalty (ENAS).',
  options: enasOptions,
  presets: enasPresets,
  create: createEnas,
});

/** Prefixes of the inputs of compiled steps. */
const PARAMETER = 'parameter/';
const CHOSEN = 'chosen/';

/** What a checkpoint holds besides the tensors. */
interface EnasState {
  readonly baseline: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly steps: number;
}

function createEnas<A>(options: EnasOptions, { space, seed, compile: how }: ControllerSetting<A>): Controller<A> {
  const plan = planOf(space.tree, space.decisions);
  const baseline = movingAverage(options.baselineDecay);
  const learner = optimizers.compiledTrainer(policyTrainer(options), how);
  const termsOf = compile<null, null>(
    (given) => ({
      outputs: tf.tidy(() => ({
        ...sequenceTerms(plan, underPrefix(PARAMETER, given), options, underPrefix(CHOSEN, given)),
      })),
      fixed: null,
    }),
    how,
  );
  const roll = compile<null, null>(
    ({ uniforms, ...given }) => ({
      outputs: tf.tidy(() => rolledOut(plan, underPrefix(PARAMETER, given), options, uniforms as Tensor2D)),
      fixed: null,
    }),
    how,
  );
  let parameters = policyParameters(plan, options, seed);
  let state = optimizers.emptyState;
  let steps = 0;

  const sample = (rows: number, rng: Rng): Rollout =>
    sampleGenotypes(
      plan,
      rows,
      rng,
      (uniforms) => roll.run({ ...withPrefix(PARAMETER, parameters), uniforms }, null).outputs,
    );

  /**
   * REINFORCE with rejection: constraints truncate the policy's distribution, but log-probabilities are those of the
   * full one.
   */
  const draw = (count: number, rng: Rng): A[] =>
    drawValid(space, count, (missing) =>
      sample(missing, rng).genotypes.map((genotype) => space.fromGenotype(genotype)),
    );

  return {
    sample: draw,
    propose: draw,
    derive: draw,
    observe(results) {
      if (results.length === 0) return {};
      const rewards = results.map(learnableReward);
      const genotypes = results.map(({ architecture }) => space.genotype(architecture));
      const chosen = withPrefix(CHOSEN, chosenIn(plan, genotypes));
      const before = baseline.value;
      try {
        const terms = readTerms(chosen);
        const bonuses = entropyBonuses(terms, options);
        const advantages = rewards.map((reward, i) => baseline.advantage(reward + bonuses[i]!));
        const { loss } = descend(chosen, advantages);
        return {
          loss,
          entropy: average(terms.entropy),
          logProbability: average(terms.logProbability),
          skipPenalty: average(terms.skipPenalty),
          baseline: baseline.value,
          advantage: average(advantages),
        };
      } catch (error) {
        baseline.restore(before);
        throw error;
      } finally {
        disposeNamed(chosen);
      }
    },
    preferences: (rng) => policyPreferences(plan, sample(ROLLOUTS, rng)),
    snapshot: () => ({
      tensors: { ...withPrefix('parameters/', parameters), ...withPrefix('optimizer/', state.tensors) },
      state: { baseline: baseline.value, counts: state.counts, steps } satisfies EnasState,
    }),
    restore(snapshot) {
      const saved = snapshot.state as unknown as EnasState;
      const copies = mapNamed(snapshot.tensors, (tensor) => tf.clone(tensor));
      disposeAll();
      parameters = underPrefix('parameters/', copies);
      state = { tensors: underPrefix('optimizer/', copies), counts: saved.counts };
      baseline.restore(saved.baseline);
      steps = saved.steps;
    },
    dispose() {
      disposeAll();
      learner.dispose();
      termsOf.dispose();
      roll.dispose();
    },
  };

  /** The terms of the loss, before the step. */
  function readTerms(chosen: NamedTensors): Record<keyof SequenceTerms, Float32Array> {
    const { outputs } = termsOf.run({ ...withPrefix(PARAMETER, parameters), ...chosen }, null);
    const terms = Object.fromEntries(
      Object.entries(outputs).map(([name, tensor]) => [name, tensor.dataSync() as Float32Array]),
    );
    disposeNamed(outputs);
    return terms as Record<keyof SequenceTerms, Float32Array>;
  }

  /** One step of the optimizer, which may ask for the loss several times. */
  function descend(chosen: NamedTensors, values: readonly number[]): Pick<optimizers.TrainerStep, 'loss'> {
    const advantages = tf.tensor1d([...values]);
    const evaluate: optimizers.Evaluate = (weights) => {
      const { value, gradients } = valueAndGradients(
        (active) =>
          reinforceLoss(sequenceTerms(plan, active, options, underPrefix(CHOSEN, chosen)), options, advantages),
        weights,
      );
      return { loss: value, gradients };
    };
    let stepped;
    try {
      stepped = learner.step({
        lossFor: () => ({ evaluate, context: { seed: `${seed}/controller` } }),
        parameters,
        state,
        step: steps,
        seed: `${seed}/controller`,
        inputs: { ...chosen, advantages },
        key: 'policy',
        isAtRest: () => false,
      });
    } finally {
      advantages.dispose();
    }
    steps++;
    for (const name of Object.keys(stepped.parameters)) parameters[name]!.dispose();
    parameters = { ...parameters, ...stepped.parameters };
    state = optimizers.replaceState(state, stepped.state);
    return stepped;
  }

  function disposeAll(): void {
    disposeNamed(parameters);
    disposeNamed(state.tensors);
  }
}

/**
 * Adam with the options' constants, or the optimizer that they name: the length of training is unknown, so its schedule
 * never lowers the rate.
 */
function policyTrainer({ optimizer, learningRate, ...adam }: EnasOptions): optimizers.Trainer {
  if (optimizer) return optimizers.createTrainer(optimizer, { stepsPerEpoch: 1, totalSteps: Number.MAX_SAFE_INTEGER });
  const rate = optimizers.constant(learningRate);
  return optimizers.chain(optimizers.scaleByAdam(adam), optimizers.scaleByLearningRate(rate));
}

/** The policy learns in float32: squared gradients of larger rewards exceed 3.4e38, and Adam never moves again. */
const LARGEST_REWARD = 1e15;

function learnableReward<A>(result: Evaluated<A>): number {
  const reward = finiteReward(result);
  if (Math.abs(reward) > LARGEST_REWARD)
    throw new WeftError(
      'numeric',
      `the policy cannot learn from the reward ${reward}: it is beyond ±${LARGEST_REWARD}`,
      'scale the rewards down; only their differences matter',
    );
  return reward;
}

function average(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

export default enas;
