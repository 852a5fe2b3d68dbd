import { expect } from 'chai';
import {
  bernoulliKl,
  bernoulliTerms,
  categoricalTerms,
  mapNamed,
  movingAverage,
  type NamedTensors,
  perplexityReward,
  stream,
  tf,
  valueAndGradients,
} from 'weft-nas';
import { entropyBonuses, reinforceLoss, sequenceTerms } from '../../controllers/enas/loss.js';
import { type EnasOptions, enasOptions } from '../../controllers/enas/options.js';
import { planOf } from '../../controllers/enas/plan.js';
import { policyParameters } from '../../controllers/enas/policy.js';
import { chosenIn } from '../../controllers/enas/sample.js';
import { macroCnn, OPERATIONS } from '../../search-spaces/macro-cnn.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { macroReference, type Weights } from './enas-reference.js';

const space = macroCnn.create({ layers: 4, filters: 2 }, { inputShape: [8, 8, 1], classes: 2 });
const plan = planOf(space.tree, space.decisions);
const TABLE = OPERATIONS.join('-');
const architectures = [0, 1, 2].map((i) => space.sample(stream(5, i)));
const chosen = (): NamedTensors =>
  chosenIn(
    plan,
    architectures.map((architecture) => space.genotype(architecture)),
  );

const variants: Record<string, object> = {
  'temperature and bound': { temperature: 5, tanhConstant: 2.5 },
  'bound without temperature, logit pairs': { temperature: null, tanhConstant: 1.5, skipLogit: 'pair' },
  'temperature without bound': { temperature: 0.5, tanhConstant: null, skipTarget: 0.25 },
  'entropy in the loss': { temperature: 2, tanhConstant: 2, entropy: 'differentiated', entropyWeight: 0.7 },
  'sampled entropy': { temperature: null, tanhConstant: 1.1, entropy: 'sampled', skipLogit: 'pair' },
};

/** Large weights make every nonlinearity count. */
function setUp(overrides: object): { options: EnasOptions; parameters: NamedTensors; weights: Weights } {
  const options = enasOptions.parse({ lstmSize: 6, initRange: 1, ...overrides });
  const parameters = policyParameters(plan, options, 3);
  const weights = Object.fromEntries(
    Object.entries(parameters).map(([name, tensor]) => [
      name,
      { shape: tensor.shape, values: Float64Array.from(tensor.dataSync()) },
    ]),
  );
  return { options, parameters, weights };
}

function referenceTerms(weights: Weights, options: EnasOptions) {
  return architectures.map((architecture) =>
    macroReference(
      weights,
      TABLE,
      architecture.layers.map(({ op, skip }) => ({ op: OPERATIONS.indexOf(op), skip })),
      options,
    ),
  );
}

describe('the terms of the ENAS controller', () => {
  before(() => loadBackend());

  for (const [name, overrides] of Object.entries(variants)) {
    it(`agree with a recomputation in float64: ${name}`, () => {
      const { options, parameters, weights } = setUp(overrides);
      const terms = tf.tidy(() => {
        const all = sequenceTerms(plan, parameters, options, chosen());
        return mapNamed({ ...all }, (tensor) => tensor.arraySync() as never) as unknown as Record<string, number[]>;
      });
      referenceTerms(weights, options).forEach((reference, i) => {
        for (const [term, value] of Object.entries<number>({ ...reference }))
          expect(terms[term]![i], `${term} of ${i}`).to.be.closeTo(value, 2e-5 * (1 + Math.abs(value)));
      });
      tf.dispose(Object.values(parameters));
    });

    it(`have the gradient of finite differences: ${name}`, () => {
      const { options, parameters, weights } = setUp(overrides);
      const advantages = [0.7, -1.3, 0.2];
      const bonuses: number[] = [];
      const { value, gradients } = valueAndGradients((active) => {
        const terms = sequenceTerms(plan, active, options, chosen());
        const [entropy, sampledEntropy] = [terms.entropy.dataSync(), terms.sampledEntropy.dataSync()];
        bonuses.push(...entropyBonuses({ logProbability: [], entropy, sampledEntropy }, options));
        return reinforceLoss(terms, options, tf.tensor1d(advantages));
      }, parameters);
      const loss = (): number => {
        const terms = referenceTerms(weights, options);
        const inLoss = options.entropy === 'differentiated' ? options.entropyWeight : 0;
        return (
          terms.reduce(
            (sum, { logProbability, skipPenalty, entropy }, i) =>
              sum - logProbability * advantages[i]! + options.skipWeight * skipPenalty - inLoss * entropy,
            0,
          ) / terms.length
        );
      };
      expect(value.dataSync()[0]).to.be.closeTo(loss(), 1e-4);
      referenceTerms(weights, options).forEach(({ entropy, sampledEntropy }, i) => {
        const bonus = { full: entropy, sampled: sampledEntropy, differentiated: 0 }[options.entropy];
        expect(bonuses[i]).to.be.closeTo(options.entropyWeight * bonus, 1e-4);
      });

      const rng = stream(11);
      for (const [parameter, gradient] of Object.entries(gradients)) {
        const { values } = weights[parameter]!;
        const analytic = gradient.dataSync();
        for (let trial = 0; trial < 4; trial++) {
          const i = rng.int(values.length);
          const kept = values[i]!;
          const at = (shift: number): number => {
            values[i] = kept + shift;
            return loss();
          };
          const numeric = (at(1e-5) - at(-1e-5)) / 2e-5;
          values[i] = kept;
          expect(analytic[i], `${parameter}[${i}]`).to.be.closeTo(numeric, 2e-5 + 1e-4 * Math.abs(numeric));
        }
      }
      expect(Object.keys(gradients)).to.have.members(Object.keys(parameters));
      tf.dispose([value, ...Object.values(gradients), ...Object.values(parameters)]);
    });
  }

  it('softmax decisions: log-probability and both entropies by hand', () => {
    const [logProbability, entropy, sampled] = tf.tidy(() => {
      // Probabilities 1/2, 1/4, 1/4.
      const terms = categoricalTerms(tf.tensor2d([[Math.log(2), 0, 0]]), tf.tensor2d([[0, 1, 0]]));
      return [terms.logProbability, terms.entropy, terms.sampledEntropy].map((term) => term.dataSync()[0]!);
    });
    expect(logProbability).to.be.closeTo(-Math.log(4), 1e-6);
    expect(entropy).to.be.closeTo(0.5 * Math.log(2) + 0.5 * Math.log(4), 1e-6);
    expect(sampled).to.be.closeTo(Math.log(4) / 4, 1e-6);
  });

  it('connections: log-probability and both entropies by hand', () => {
    const [logProbability, entropy, sampled] = tf.tidy(() => {
      // Probabilities 3/4 and 1/2 of being there; the first is, the second is not.
      const terms = bernoulliTerms(tf.tensor2d([[Math.log(3), 0]]), tf.tensor2d([[1, 0]]));
      return [terms.logProbability, terms.entropy, terms.sampledEntropy].map((term) => term.dataSync()[0]!);
    });
    expect(logProbability).to.be.closeTo(Math.log(0.75 * 0.5), 1e-6);
    expect(entropy).to.be.closeTo(-0.75 * Math.log(0.75) - 0.25 * Math.log(0.25) + Math.log(2), 1e-6);
    expect(sampled).to.be.closeTo(-0.75 * Math.log(0.75) + 0.5 * Math.log(2), 1e-6);
  });

  it('the skip penalty is the divergence from the prior, by hand, and zero at the prior', () => {
    const values = tf.tidy(() => bernoulliKl(tf.tensor1d([0, Math.log(4), Math.log(0.4 / 0.6)]), 0.4).arraySync());
    expect(values[0]).to.be.closeTo(0.5 * Math.log(0.5 / 0.6) + 0.5 * Math.log(0.5 / 0.4), 1e-6);
    expect(values[1]).to.be.closeTo(0.8 * Math.log(2) + 0.2 * Math.log(1 / 3), 1e-6);
    expect(values[2]).to.be.closeTo(0, 1e-6);
  });

  it('decisions stay finite if the policy is certain', () => {
    const values = tf.tidy(() => {
      const sure = bernoulliTerms(tf.tensor2d([[80, -80]]), tf.tensor2d([[1, 0]]));
      const choice = categoricalTerms(tf.tensor2d([[200, 0]]), tf.tensor2d([[1, 0]]));
      return [
        sure.logProbability,
        sure.entropy,
        sure.sampledEntropy,
        choice.logProbability,
        choice.entropy,
        bernoulliKl(tf.tensor1d([120]), 0.4),
      ].map((term) => term.dataSync()[0]!);
    });
    expect(values.slice(0, 5).map((value) => Math.abs(value))).to.satisfy((all: number[]) =>
      all.every((value) => value < 1e-20),
    );
    expect(values[5]).to.be.closeTo(-Math.log(0.4), 1e-6);
  });

  it('the baseline is updated before it is subtracted', () => {
    const baseline = movingAverage(0.9);
    expect(baseline.advantage(1)).to.be.closeTo(0.9, 1e-12);
    expect(baseline.value).to.be.closeTo(0.1, 1e-12);
    expect(baseline.advantage(0.5)).to.be.closeTo(0.36, 1e-12);
    expect(baseline.value).to.be.closeTo(0.14, 1e-12);
    baseline.restore(0.5);
    expect(baseline.advantage(0.5)).to.equal(0);
  });

  it('the reward of a language model is c over its perplexity', () => {
    expect(perplexityReward(Math.log(160))).to.be.closeTo(0.5, 1e-12);
  });
});
