/** Draws architectures from the policy, a whole batch in one rollout; and the inverse, from architectures to rows. */
import { type Genotype, type NamedTensors, type Rng, softmax, tf, type Tensor2D } from 'weft-nas';
import { type EnasOptions } from './options.js';
import { type DecisionStep, type Plan, type Step } from './plan.js';
import { unroll } from './policy.js';

/** Probabilities of one decision, rows × K; for a subset, of being chosen. */
export type Watch = (step: DecisionStep, probabilities: readonly (readonly number[])[]) => void;

/** `rows` genotypes drawn from the policy. The host reads the logits of all rows once per decision. */
export function sampleGenotypes(
  plan: Plan,
  parameters: NamedTensors,
  options: EnasOptions,
  rows: number,
  rng: Rng,
  watch?: Watch,
): number[][] {
  const genotypes = Array.from({ length: rows }, (): number[] => []);
  tf.tidy(() => {
    unroll(plan, parameters, options, rows, (step, logits) => {
      const probabilities = rowsOf(logits).map((row) =>
        isMany(step) ? row.map((logit) => sigmoid(skipGain(options) * logit)) : softmax(row),
      );
      watch?.(step, probabilities);
      probabilities.forEach((row, i) => {
        genotypes[i]!.push(...(isMany(step) ? row.map((p) => (rng.uniform() < p ? 1 : 0)) : [rng.categorical(row)]));
      });
      return chosenOf(step, genotypes);
    });
  });
  return genotypes;
}

/** What the genotypes chose at this step, as zeros and ones [N,K]. */
export function chosenOf(step: DecisionStep, genotypes: readonly Genotype[]): Tensor2D {
  const { offset, length, cardinality } = step.decision;
  const width = isMany(step) ? length : cardinality;
  const flags = new Float32Array(genotypes.length * width);
  genotypes.forEach((genotype, i) => {
    if (isMany(step)) flags.set(genotype.slice(offset, offset + length), i * width);
    else flags[i * width + genotype[offset]!] = 1;
  });
  return tf.tensor2d(flags, [genotypes.length, width]);
}

/** What the genotypes chose, by the path of the decision; the caller owns it. */
export function chosenIn({ steps }: Plan, genotypes: readonly Genotype[]): NamedTensors {
  const isDecision = (step: Step): step is DecisionStep =>
    step.kind === 'option' || (step.kind === 'attend' && step.count > 0);
  return Object.fromEntries(steps.filter(isDecision).map((step) => [step.decision.path, chosenOf(step, genotypes)]));
}

/** A choice of any number of options instead of one. */
export function isMany(step: DecisionStep): boolean {
  return step.kind === 'attend' && step.many;
}

/** Logit of a connection's probability over the attention's logit; see `skipLogit`. */
export function skipGain({ skipLogit }: EnasOptions): number {
  return skipLogit === 'pair' ? 2 : 1;
}

function rowsOf(logits: Tensor2D): number[][] {
  const [rows, width] = logits.shape;
  const values = logits.dataSync();
  return Array.from({ length: rows }, (_, i) => Array.from(values.subarray(i * width, (i + 1) * width)));
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
