import { expect } from 'chai';
import { type ModelFacts } from '../../src/export/facts.js';
import { modelCard } from '../../src/export/model-card.js';
import { type Assessment } from '../../src/search/assess.js';
import { wilsonInterval } from '../../src/statistics/index.js';

const TABLE: ModelFacts = {
  space: 'mlp',
  architecture: 'mlp~1',
  classNames: ['no', '<script>'],
  inputShape: [1, 1, 4],
  normalization: { mean: [1, 0.1, 0.5, 0.5], std: [1, 1, 1, 1] },
  largestPixel: 255,
  input: {
    kind: 'table',
    charset: 'latin1',
    encoding: [
      { name: 'a|b', kind: 'number', missing: 2 },
      { name: 'row', kind: 'left out', reason: 'an identifier' },
      { name: 'colour', kind: 'category', categories: ['blue', 'red'] },
    ],
  },
  data: { name: 'people', files: [], parts: { train: 80, test: 20 } },
  results: {
    parameters: 12345,
    seed: 7,
    test: { accuracy: 0.9, loss: 0.25 },
    assessment: {
      majority: { name: "always 'no'", accuracy: 0.6, difference: 0.3, interval: [0.1, 0.5] },
      simpleModels: [{ name: 'logistic regression', accuracy: 0.92, difference: -0.02, interval: [-0.1, 0.06] }],
      balancedAccuracy: 0.88,
    } as unknown as Assessment,
  },
};

describe('the model card of an export', () => {
  it('states the data, how rows become numbers, and the result compared with simpler models, with intervals', () => {
    const card = modelCard(TABLE, 'weft-nas 1.2.3');
    const [low, high] = wilsonInterval(0.9, 20).map((share) => `${(100 * share).toFixed(1)} %`);
    expect(card).to.include(`accuracy 90.0 % (95 % interval over test examples: ${low} to ${high})`);
    expect(card).to.include('12,345 parameters').and.to.include('weft-nas 1.2.3').and.to.include('read as latin1');
    expect(card).to.include(
      '| `a\\|b` | number | the number, or the mean of the training data where it is missing; then 1',
    );
    expect(card).to.include('| row | left out | nothing (an identifier) |').and.to.include('in the order blue, red');
    expect(card).to.include('| logistic regression | 92.0 % | −2.0 (−10.0 to +6.0) |');
    expect(card).to.include('cannot be claimed: prefer the simple model');
    for (const title of ['Training data', 'Inputs', 'Limits', 'Licence', 'How to use it'])
      expect(card).to.include(`## ${title}`);
  });

  it('contains no markup from data', () => {
    const card = modelCard({ ...TABLE, data: { ...TABLE.data!, name: '[x](javascript:1)' } }, 'weft-nas');
    expect(card.replace(/`[^`]*`/g, '')).to.not.match(/<script>|javascript/);
  });

  it('states the tokens and the perplexity of a text model', () => {
    const card = modelCard(
      {
        ...TABLE,
        level: 'word',
        input: { kind: 'text', level: 'word', length: 35, unknown: '<unk>', endOfLine: '<eos>' },
        results: { test: { loss: 5, perplexity: 148.41 } },
      },
      'weft-nas',
    );
    expect(card)
      .to.include('Windows of 35 token ids')
      .and.to.include('`<eos>` after each line')
      .and.to.include('perplexity 148.41');
  });
});
