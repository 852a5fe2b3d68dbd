/** A report of a language model speaks of text: of bits and perplexity, of no classes. */
import { expect } from 'chai';
import { rnnCell } from '../../search-spaces/rnn-cell.js';
import { buildReport } from '../../src/report/index.js';
import { compareMeans } from '../../src/search/comparison.js';
import { type SearchEvent } from '../../src/search/events.js';
import { languageMeasures } from '../../src/training/language.js';
import { stream } from '../../src/tensor/rng.js';

describe('the report of a language model', () => {
  const space = rnnCell.create({ nodes: 2, hidden: 4 }, { kind: 'language', inputShape: [5], classes: 9 });
  const rng = stream(1, 'report');
  const architectures = Array.from({ length: 4 }, () => space.sample(rng));
  const losses = [1.2, 1.5, 1.3, 1.6];
  const events: SearchEvent[] = [
    {
      type: 'search-started',
      space: 'rnn-cell',
      size: '32',
      controller: 'enas',
      seed: 1,
      parameters: 99,
      train: 900,
      validation: 50,
      test: 100,
      epochs: 1,
      stepsPerEpoch: 4,
      task: 'language',
    },
    { type: 'weights-epoch', epoch: 0, loss: 1.9, architectures: 4 },
    {
      type: 'epoch',
      epoch: 0,
      loss: 1.9,
      reward: 0.7,
      random: 0.6,
      entropy: 3,
      best: { architecture: space.encode(architectures[0]!), reward: 0.8 },
    },
    ...architectures.map((architecture, i): SearchEvent => ({
      type: 'candidate',
      source: i < 2 ? 'controller' : 'random',
      index: i % 2,
      architecture: space.encode(architecture),
      hash: space.canonicalHash(architecture),
      accuracy: 0.1 * i,
      loss: losses[i]!,
    })),
    { type: 'comparison', ...compareMeans(losses.slice(0, 2), losses.slice(2), 'loss') },
    {
      type: 'derived',
      architecture: space.encode(architectures[0]!),
      hash: space.canonicalHash(architectures[0]!),
      accuracy: 0,
      loss: 1.2,
      candidates: 2,
      distinct: 2,
      batches: 1,
    },
    {
      type: 'retrain-started',
      architecture: space.encode(architectures[0]!),
      parameters: 88,
      epochs: 1,
      stepsPerEpoch: 4,
      examples: 32,
    },
    { type: 'retrain-epoch', epoch: 0, loss: 1.4, learningRate: 0.01 },
    { type: 'tested', accuracy: 0.55, loss: 1.5, count: 99, ...languageMeasures(1.5, 'char') },
    { type: 'search-finished', gradientEvaluations: { search: 4, retrain: 4 }, evaluations: 8 },
  ];

  it('states bits per character, perplexity and nats, and never classes', async () => {
    const html = await buildReport({
      manifest: { name: 'text' },
      config: { data: { source: 'my.txt' } },
      events,
      space: space,
    });
    const text = html
      .replace(/<style[\s\S]*?<\/style>/g, '')
      .replace(/<[^>]+>/g, ' ')
      .replace(/\s+/g, ' ');
    expect(text)
      .to.contain('2.164')
      .and.to.contain('bits per character')
      .and.to.contain('perplexity 4.48')
      .and.to.contain('1.500 nats per token');
    expect(text).to.contain('trained on 900 tokens');
    expect(text).to.match(/Mean loss with shared weights: 1\.350.nats over 2 architectures of the controller/);
    expect(text).to.match(/better by \+0\.100 nats per token/);
    expect(text).not.to.match(/classified|classifier|accuracy|points/);
  });

  it('compares losses in the right direction', () => {
    const { difference, interval, verdict } = compareMeans([1, 1.01, 1.02, 1.03], [2, 2.01, 2.02, 2.03], 'loss');
    expect(difference).to.be.closeTo(1, 1e-9);
    expect(interval![0]).to.be.above(0.9);
    expect(verdict).to.match(/better than random ones .* nats per token/);
  });
});
