/**
 * ENAS: an LSTM policy trained by REINFORCE on the rewards of the architectures that it proposes (Pham et al.
 * 2018, arXiv 1802.03268). Works on every space; all architectures of a proposal are drawn in one batched rollout,
 * and one batched pass learns from their rewards.
 */
import {
  type Controller,
  type ControllerSetting,
  defineController,
  disposeNamed,
  drawValid,
  type Evaluated,
  finiteReward,
  type Genotype,
  mapNamed,
  movingAverage,
  optimizers,
  type Rng,
  tf,
  underPrefix,
  valueAndGradients,
  withPrefix,
} from 'weft-nas';
import { reinforceLoss, sequenceTerms } from './enas/loss.js';
import { type EnasOptions, enasOptions } from './enas/options.js';
import { planOf } from './enas/plan.js';
import { policyParameters } from './enas/policy.js';
import { policyPreferences } from './enas/preferences.js';
import { enasPresets } from './enas/presets.js';
import { sampleGenotypes } from './enas/sample.js';

export const enas = defineController({
  name: 'enas',
  description: 'LSTM policy with REINFORCE, moving-average baseline, entropy bonus and skip penalty (ENAS).',
  options: enasOptions,
  presets: enasPresets,
  create: createEnas,
});

/** What a checkpoint holds besides the tensors. */
interface EnasState {
  readonly baseline: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly steps: number;
}

function createEnas<A>(options: EnasOptions, { space, seed }: ControllerSetting<A>): Controller<A> {
  const plan = planOf(space.tree, space.decisions);
  const baseline = movingAverage(options.baselineDecay);
  const trainer = policyTrainer(options);
  let parameters = policyParameters(plan, options, seed);
  let state = optimizers.emptyState;
  let steps = 0;

  /** REINFORCE with rejection: constraints cut the policy's distribution, its log-probabilities are of the uncut one. */
  const draw = (count: number, rng: Rng): A[] =>
    drawValid(space, count, (missing) =>
      sampleGenotypes(plan, parameters, options, missing, rng).map((genotype) => space.fromGenotype(genotype)),
    );

  return {
    sample: draw,
    propose: draw,
    derive: draw,
    observe(results) {
      if (results.length === 0) return {};
      const { evaluate, metrics } = policyGradient(
        results.map(({ architecture }) => space.genotype(architecture)),
        results,
      );
      const stepped = trainer.step(evaluate, parameters, state, { step: steps, seed: `${seed}/controller` });
      steps++;
      for (const name of Object.keys(stepped.parameters)) parameters[name]!.dispose();
      parameters = { ...parameters, ...stepped.parameters };
      state = optimizers.replaceState(state, stepped.state);
      return metrics();
    },
    preferences: (rng) => policyPreferences(plan, parameters, options, rng),
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
    dispose: disposeAll,
  };

  /** The loss of the proposal for an optimizer that may ask for it several times; baseline and metrics belong to the first. */
  function policyGradient(
    genotypes: readonly Genotype[],
    results: readonly Evaluated<A>[],
  ): { evaluate: optimizers.Evaluate; metrics: () => Record<string, number> } {
    const rewards = results.map(finiteReward);
    let advantages: number[] | undefined;
    let metrics: Record<string, number> = {};
    const evaluate: optimizers.Evaluate = (weights) => {
      const first = advantages === undefined;
      const { value, gradients, aux } = valueAndGradients((active) => {
        const terms = sequenceTerms(plan, active, options, genotypes);
        const loss = reinforceLoss(
          terms,
          options,
          (bonuses) => (advantages ??= rewards.map((reward, i) => baseline.advantage(reward + bonuses[i]!))),
        );
        return {
          loss,
          aux: { entropy: terms.entropy, logProbability: terms.logProbability, skipPenalty: terms.skipPenalty },
        };
      }, weights);
      const read = (tensor: tf.Tensor): number => average(tensor.dataSync());
      if (first) {
        metrics = {
          loss: read(value),
          entropy: read(aux.entropy),
          logProbability: read(aux.logProbability),
          skipPenalty: read(aux.skipPenalty),
          baseline: baseline.value,
          advantage: average(advantages!),
        };
      }
      disposeNamed(aux);
      return { loss: value, gradients };
    };
    return { evaluate, metrics: () => metrics };
  }

  function disposeAll(): void {
    disposeNamed(parameters);
    disposeNamed(state.tensors);
  }
}

/** Adam with the options' constants, or the optimizer that they name: with no end of training in sight its schedule never lowers the rate. */
function policyTrainer({ optimizer, learningRate, ...adam }: EnasOptions): optimizers.Trainer {
  if (optimizer) return optimizers.createTrainer(optimizer, { stepsPerEpoch: 1, totalSteps: Number.MAX_SAFE_INTEGER });
  const rate = optimizers.constant(learningRate);
  return optimizers.chain(optimizers.scaleByAdam(adam), optimizers.scaleByLearningRate(rate));
}

function average(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

export default enas;
