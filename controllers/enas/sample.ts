/** Draws architectures from the policy, a whole batch in one rollout; and the inverse, from architectures to rows. */
import { disposeNamed, type Genotype, type NamedTensors, type Rng, type Tensor, tf, type Tensor2D } from 'weft-nas';
import { type EnasOptions } from './options.js';
import { type DecisionStep, type Plan, type Step } from './plan.js';
import { unroll } from './policy.js';

/** What a rollout has drawn, and the probabilities that it has drawn from. */
export interface Rollout {
  readonly genotypes: number[][];
  /** By the path of the decision, rows × K; for a subset, of being chosen. */
  readonly probabilities: ReadonlyMap<string, number[][]>;
}

/**
 * Draws `rows` genotypes. `roll` computes `rolledOut` for uniform numbers in [0, 1), one for each of a row's options
 * and flags, and disposes nothing.
 */
export function sampleGenotypes(
  { steps }: Plan,
  rows: number,
  rng: Rng,
  roll: (uniforms: Tensor2D) => NamedTensors,
): Rollout {
  const decisions = steps.filter(isDecision);
  const draws = decisions.reduce((sum, step) => sum + drawsOf(step), 0);
  if (draws === 0) return { genotypes: Array.from({ length: rows }, () => []), probabilities: new Map() };
  const uniforms = new Float32Array(rows * draws);
  let column = 0;
  for (const step of decisions) {
    for (let row = 0; row < rows; row++)
      for (let i = 0; i < drawsOf(step); i++) uniforms[row * draws + column + i] = rng.uniform();
    column += drawsOf(step);
  }
  const given = tf.tensor2d(uniforms, [rows, draws]);
  const outputs = roll(given);
  const [drawn, probabilities] = [rowsOf(outputs['drawn']!), rowsOf(outputs['probabilities']!)];
  disposeNamed({ given, ...outputs });
  let begin = 0;
  return {
    genotypes: drawn,
    probabilities: new Map(
      decisions.map((step) => {
        const end = begin + widthOf(step);
        const own = probabilities.map((row) => row.slice(begin, end));
        begin = end;
        return [step.decision.path, own];
      }),
    ),
  };
}

/**
 * What the policy draws with these uniform numbers [N,D]: `drawn` [N,D], the index of each chosen option and a zero or
 * one for each flag, and the `probabilities` of all options and flags, in the order of the decisions. Runs inside a
 * tidy.
 */
export function rolledOut(
  plan: Plan,
  parameters: NamedTensors,
  options: EnasOptions,
  uniforms: Tensor2D,
): NamedTensors {
  const [rows] = uniforms.shape;
  const drawn: Tensor2D[] = [];
  const probabilities: Tensor2D[] = [];
  let column = 0;
  unroll(plan, parameters, options, rows, (step, logits) => {
    const own: Tensor2D = isMany(step) ? tf.sigmoid(tf.mul(logits, skipGain(options))) : tf.softmax(logits);
    const numbers: Tensor2D = tf.slice(uniforms, [0, column], [rows, drawsOf(step)]);
    column += drawsOf(step);
    probabilities.push(own);
    if (isMany(step)) {
      const flags = asNumbers(tf.less(numbers, own));
      drawn.push(flags);
      return flags;
    }
    const last = widthOf(step) - 1;
    // Probabilities may add up to less than one.
    const index: Tensor2D = tf.minimum(tf.sum(asNumbers(tf.lessEqual(tf.cumsum(own, 1), numbers)), 1, true), last);
    drawn.push(index);
    return asNumbers(tf.equal(index, tf.range(0, last + 1)));
  });
  return { drawn: tf.concat(drawn, 1), probabilities: tf.concat(probabilities, 1) };
}

const asNumbers = (flags: Tensor): Tensor2D => tf.cast(flags as Tensor2D, 'float32');

/** What the genotypes chose at this step, as zeros and ones [N,K]. */
function chosenOf(step: DecisionStep, genotypes: readonly Genotype[]): Tensor2D {
  const { offset, length } = step.decision;
  const width = widthOf(step);
  const flags = new Float32Array(genotypes.length * width);
  genotypes.forEach((genotype, i) => {
    if (isMany(step)) flags.set(genotype.slice(offset, offset + length), i * width);
    else flags[i * width + genotype[offset]!] = 1;
  });
  return tf.tensor2d(flags, [genotypes.length, width]);
}

/** What the genotypes chose, by the path of the decision; the caller owns it. */
export function chosenIn({ steps }: Plan, genotypes: readonly Genotype[]): NamedTensors {
  return Object.fromEntries(
    steps.filter(isDecision).map((step) => [step.decision.path, chosenOf(step, genotypes)] as const),
  );
}

/** A decision of a genotype; others are for the LSTM only. */
export const isDecision = (step: Step): step is DecisionStep =>
  step.kind === 'option' || (step.kind === 'attend' && step.count > 0);

/** A choice of any number of options instead of one. */
export function isMany(step: DecisionStep): boolean {
  return step.kind === 'attend' && step.many;
}

/** Number of options or flags of a decision. */
const widthOf = (step: DecisionStep): number => (isMany(step) ? step.decision.length : step.decision.cardinality);

/** Number of uniform numbers that a decision takes. */
const drawsOf = (step: DecisionStep): number => (isMany(step) ? step.decision.length : 1);

/** Logit of a connection's probability over the attention's logit; see `skipLogit`. */
export function skipGain({ skipLogit }: EnasOptions): number {
  return skipLogit === 'pair' ? 2 : 1;
}

function rowsOf(tensor: Tensor): number[][] {
  const [rows, width] = tensor.shape as [number, number];
  const values = tensor.dataSync();
  return Array.from({ length: rows }, (_, i) => Array.from(values.subarray(i * width, (i + 1) * width)));
}
