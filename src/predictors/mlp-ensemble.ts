/** An ensemble of small networks. */
import { stream } from '../tensor/rng.js';
import { type Features, type Predictor } from './contract.js';
import { checkPairs, rankLabels, scaleLabels, scalingOf } from './prepare.js';

const MEMBERS = 5;
const HIDDEN = 24;
const STEPS = 400;
const BATCH = 32;
const RATE = 0.01;
const DECAY = 0.3;

/**
 * Mean and standard deviation over five networks of one hidden layer of 24 ReLU units, each trained from its own
 * initialization by AdamW with a learning rate that decays to zero, like the ensemble of BANANAS (White et al. 2021,
 * arXiv 1910.11858) on a smaller scale.
 */
export const mlpEnsemble: Predictor = {
  name: 'mlp-ensemble',
  formula: `mean of ${MEMBERS} networks d-${HIDDEN}-1, squared error of rank(y)`,
  reference: 'White et al. 2021, arXiv 1910.11858',
  fit(features, labels, seed = 0) {
    checkPairs(features, labels);
    const scaling = scalingOf(features);
    const rows = scaling.apply(features);
    const { ranks, labelAt, range } = rankLabels(labels);
    const { scaled, centre, spread } = scaleLabels(ranks);
    const members = Array.from({ length: MEMBERS }, (_, member) => train(rows, scaled, seed, member));
    return {
      predict(others) {
        const inputs = scaling.apply(others);
        const outputs = members.map((weights) => inputs.map((row) => forward(weights, row, new Float64Array(HIDDEN))));
        const mean = new Float64Array(others.length);
        const deviation = new Float64Array(others.length);
        for (let i = 0; i < others.length; i++) {
          const values = outputs.map((one) => one[i]!);
          const average = values.reduce((sum, value) => sum + value, 0) / MEMBERS;
          mean[i] = labelAt(centre + spread * average);
          deviation[i] =
            range * spread * Math.sqrt(values.reduce((sum, value) => sum + (value - average) ** 2, 0) / MEMBERS);
        }
        return { mean, deviation };
      },
    };
  },
};

/** [d + 1] weights of each hidden unit, its bias last, then the [HIDDEN + 1] of the output. */
type Weights = Float64Array;

function forward(weights: Weights, row: readonly number[], hidden: Float64Array): number {
  const width = row.length;
  const top = HIDDEN * (width + 1);
  let output = weights[top + HIDDEN]!;
  for (let unit = 0; unit < HIDDEN; unit++) {
    const at = unit * (width + 1);
    let sum = weights[at + width]!;
    for (let j = 0; j < width; j++) sum += weights[at + j]! * row[j]!;
    hidden[unit] = sum > 0 ? sum : 0;
    output += weights[top + unit]! * hidden[unit]!;
  }
  return output;
}

function train(rows: Features, labels: readonly number[], seed: number, member: number): Weights {
  const rng = stream(seed, 'mlp-ensemble', member);
  const width = rows[0]!.length;
  const top = HIDDEN * (width + 1);
  const weights = Float64Array.from({ length: top + HIDDEN + 1 }, (_, i) =>
    i < top
      ? i % (width + 1) === width
        ? 0
        : rng.normal() * Math.sqrt(2 / width)
      : i === top + HIDDEN
        ? 0
        : rng.normal() / Math.sqrt(HIDDEN),
  );
  const [gradient, first, second] = [0, 1, 2].map(() => new Float64Array(weights.length)) as [
    Weights,
    Weights,
    Weights,
  ];
  const hidden = new Float64Array(HIDDEN);
  let order: number[] = [];
  for (let step = 1; step <= STEPS; step++) {
    gradient.fill(0);
    for (let k = 0; k < BATCH; k++) {
      if (order.length === 0) order = rng.shuffle(rows.map((_, i) => i));
      const index = order.pop()!;
      const row = rows[index]!;
      const slope = (2 * (forward(weights, row, hidden) - labels[index]!)) / BATCH;
      gradient[top + HIDDEN]! += slope;
      for (let unit = 0; unit < HIDDEN; unit++) {
        gradient[top + unit]! += slope * hidden[unit]!;
        if (hidden[unit] === 0) continue;
        const at = unit * (width + 1);
        const below = slope * weights[top + unit]!;
        for (let j = 0; j < width; j++) gradient[at + j]! += below * row[j]!;
        gradient[at + width]! += below;
      }
    }
    const rate = RATE * (1 - step / STEPS);
    for (let i = 0; i < weights.length; i++) {
      first[i] = 0.9 * first[i]! + 0.1 * gradient[i]!;
      second[i] = 0.99 * second[i]! + 0.01 * gradient[i]! ** 2;
      const move = first[i]! / (1 - 0.9 ** step) / (Math.sqrt(second[i]! / (1 - 0.99 ** step)) + 1e-8);
      weights[i]! -= rate * (move + DECAY * weights[i]!);
    }
  }
  return weights;
}
