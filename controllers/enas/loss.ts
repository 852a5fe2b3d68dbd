/** The loss whose gradient is that of REINFORCE, with its metrics. */
import {
  bernoulliKl,
  bernoulliTerms,
  categoricalTerms,
  type DecisionTerms,
  type NamedTensors,
  type Scalar,
  tf,
  type Tensor1D,
  type Tensor2D,
} from 'weft-nas';
import { type EnasOptions } from './options.js';
import { type DecisionStep, type Plan } from './plan.js';
import { unroll } from './policy.js';
import { isMany, skipGain } from './sample.js';

/** Sums over the decisions of each architecture, [N] in nats. */
export interface SequenceTerms extends DecisionTerms {
  /** Divergence of the connections from the prior: summed over a decision's connections, averaged over decisions. */
  readonly skipPenalty: Tensor1D;
}

interface Taken {
  readonly step: DecisionStep;
  readonly logits: Tensor2D;
  readonly chosen: Tensor2D;
}

/**
 * Log-probability, entropies and skip penalty of given architectures (`chosenIn`) under the policy, by one batched
 * rollout. Runs inside a tidy.
 */
export function sequenceTerms(
  plan: Plan,
  parameters: NamedTensors,
  options: EnasOptions,
  decisions: NamedTensors,
): SequenceTerms {
  const taken: Taken[] = [];
  const rows = Object.values(decisions)[0]!.shape[0];
  unroll(plan, parameters, options, rows, (step, logits) => {
    const chosen = decisions[step.decision.path] as Tensor2D;
    taken.push({ step, logits, chosen });
    return chosen;
  });
  const subsets = taken.filter(({ step }) => isMany(step));
  const parts = [...byWidth(taken.filter(({ step }) => !isMany(step))).map((group) => softmaxTerms(group, rows))];
  if (subsets.length > 0) {
    const logits = tf.concat(
      subsets.map((one) => one.logits),
      1,
    );
    parts.push(
      bernoulliTerms(
        tf.mul(skipGain(options), logits),
        tf.concat(
          subsets.map(({ chosen }) => chosen),
          1,
        ),
      ),
    );
  }
  const total = (term: keyof DecisionTerms): Tensor1D => tf.addN(parts.map((part) => part[term]));
  return {
    logProbability: total('logProbability'),
    entropy: total('entropy'),
    sampledEntropy: total('sampledEntropy'),
    skipPenalty: skipPenalty(
      subsets.map(({ logits }) => logits),
      rows,
      options,
    ),
  };
}

/** Computes the softmax of decisions with the same width together. */
function byWidth(taken: readonly Taken[]): Taken[][] {
  const groups = new Map<number, Taken[]>();
  for (const one of taken) {
    const width = one.logits.shape[1];
    groups.set(width, [...(groups.get(width) ?? []), one]);
  }
  return [...groups.values()];
}

function softmaxTerms(group: readonly Taken[], rows: number): DecisionTerms {
  const terms = categoricalTerms(
    tf.concat(
      group.map(({ logits }) => logits),
      0,
    ),
    tf.concat(
      group.map(({ chosen }) => chosen),
      0,
    ),
  );
  const perRow = (term: Tensor1D): Tensor1D => tf.sum(tf.reshape(term, [group.length, rows]), 0);
  return {
    logProbability: perRow(terms.logProbability),
    entropy: perRow(terms.entropy),
    sampledEntropy: perRow(terms.sampledEntropy),
  };
}

/** KL(sigmoid(l) | target) with the plain logit, however the connection is sampled, as in the ENAS code. */
function skipPenalty(logits: readonly Tensor2D[], rows: number, { skipTarget }: EnasOptions): Tensor1D {
  if (logits.length === 0) return tf.zeros([rows]);
  return tf.div(tf.sum<Tensor1D>(bernoulliKl(tf.concat([...logits], 1), skipTarget), 1), logits.length);
}

/** What the entropy adds to the reward of each architecture; 0 if it is a term of the loss. */
export function entropyBonuses(
  { entropy: full, sampledEntropy }: Record<keyof DecisionTerms, ArrayLike<number>>,
  { entropy, entropyWeight }: EnasOptions,
): number[] {
  const constant = entropy === 'sampled' ? sampledEntropy : full;
  return Array.from(constant, (value) => (entropy === 'differentiated' ? 0 : entropyWeight * value));
}

/**
 * L = mean_i( -log p_i · advantage_i + skipWeight · penalty_i ), with `differentiated` entropy minus entropyWeight ·
 * entropy_i. The advantages [N] are constants.
 */
export function reinforceLoss(
  { logProbability, skipPenalty: penalty, entropy: full }: SequenceTerms,
  { entropy, entropyWeight, skipWeight }: EnasOptions,
  advantages: Tensor1D,
): Scalar {
  const parts = [tf.mul(skipWeight, penalty), tf.neg(tf.mul(logProbability, advantages))];
  if (entropy === 'differentiated') parts.push(tf.mul(-entropyWeight, full));
  return tf.mean(tf.addN(parts));
}
