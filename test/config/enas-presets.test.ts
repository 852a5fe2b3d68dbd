import { expect } from 'chai';
import { enasPresets } from '../../controllers/enas/presets.js';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { enasSearches } from '../../src/config/presets/enas.js';
import { configSchema } from '../../src/config/schema.js';

const { paper, 'official-code': code } = enasSearches;

describe('the searches of ENAS', () => {
  it('images in the paper', () => {
    const optimizer = {
      name: 'nesterov', momentum: 0.9, learningRate: 0.05, weightDecay: 1e-4, weightDecayIn: 'loss',
      schedule: { name: 'warm-restarts', minimum: 0.001, period: 10, factor: 2 },
    };
    expect(paper.macro.search).to.deep.equal({ epochs: 310, batchSize: 128, rounds: 2000, samplesPerRound: 1, optimizer });
    expect(paper.macro.space).to.deep.equal({ name: 'macro-cnn', layers: 12 });
    expect(paper.micro.search).to.deep.equal({ epochs: 150, batchSize: 160, rounds: 2000, samplesPerRound: 1, optimizer });
    expect(paper.micro.space).to.deep.equal({ name: 'micro-cnn', nodes: 5, filters: 20 });
    expect(paper.micro.final).to.deep.equal({ cells: 17, epochs: 630, batchSize: 144 });
  });

  it('language in the paper', () => {
    expect(paper.rnn.search).to.deep.equal({
      epochs: 150, batchSize: 64, rounds: 2000, samplesPerRound: 1,
      optimizer: { name: 'sgd', learningRate: 20, schedule: { name: 'exponential', factor: 0.96, from: 15 }, clipNorm: 0.25, weightDecay: 1e-7, weightDecayIn: 'loss' },
    });
    expect(paper.rnn.space).to.deep.equal({ name: 'rnn-cell', nodes: 12, tiedEmbeddings: true });
    expect(paper.rnn.text).to.deep.equal({ bptt: 35, stepsPerEpoch: 400, rewardScale: 80 });
  });

  it('images in the code', () => {
    const optimizer = {
      name: 'nesterov', momentum: 0.9, learningRate: 0.05, weightDecayIn: 'loss', clipTensorNorm: 5,
      schedule: { name: 'warm-restarts', minimum: 0.0005, period: 10, factor: 2 },
    };
    expect(code.macro.search).to.deep.equal({ epochs: 310, batchSize: 128, rounds: 50, samplesPerRound: 20, optimizer: { ...optimizer, weightDecay: 2.5e-4 } });
    expect(code.macro.space).to.deep.equal({ name: 'macro-cnn', layers: 12, filters: 36, keep: 0.9 });
    expect(code.macro.final).to.deep.equal({ layers: 24, filters: 96, doubleAtPools: true, keep: 0.5, batchSize: 100, weightDecay: 2e-4 });
    expect(code.micro.search).to.deep.equal({ epochs: 150, batchSize: 160, rounds: 30, samplesPerRound: 10, optimizer: { ...optimizer, weightDecay: 1e-4 } });
    expect(code.micro.space).to.deep.equal({ name: 'micro-cnn', nodes: 5, filters: 20, layers: 6, reductions: 2, stemFactor: 3, dropPathKeep: 0.6, auxiliaryWeight: 0.4 });
    expect(code.micro.final).to.deep.equal({ layers: 15, filters: 36, dropPathKeep: 0.8, epochs: 630, batchSize: 144, minimumLearningRate: 1e-4 });
  });

  it('language in the code', () => {
    expect(code.rnn.search).to.deep.equal({
      epochs: 600, batchSize: 128, rounds: 25, samplesPerRound: 10,
      optimizer: { name: 'sgd', learningRate: 20, schedule: { name: 'constant' }, clipNorm: 0.1, weightDecay: 8e-7, weightDecayIn: 'loss' },
    });
    expect(code.rnn.space).to.deep.equal({ name: 'rnn-cell', nodes: 9, hidden: 200, drop: { embedding: 0.1, input: 0.2, hidden: 0.75, layer: 0.25, output: 0.75 }, slowness: 1 });
    expect(code.ptb.search).to.deep.equal({
      epochs: 100, batchSize: 20, rounds: 100, samplesPerRound: 10,
      optimizer: { name: 'sgd', learningRate: 0.25, schedule: { name: 'exponential', factor: 0.95, from: 12 }, clipNorm: 10 },
    });
    expect(code.ptb.space).to.deep.equal({ name: 'rnn-cell', nodes: 12, hidden: 720, keep: { embedding: 0.75, input: 0.25, hidden: 0.75, output: 0.25 } });
    expect(code.ptb.final).to.deep.equal({ epochs: 2000, batchSize: 64, hidden: 748, learningRate: 20, decay: { factor: 0.9991, from: 14 }, clipNorm: 0.25 });
    expect([code.rnn.text, code.ptb.text]).to.deep.equal([{ bptt: 35 }, { bptt: 35 }]);
  });

  it('are configurations, with controllers that exist', () => {
    for (const { controller, search } of [...Object.values(paper), ...Object.values(code)]) {
      configSchema.parse({ search });
      expect(enasPresets).to.have.property(controller.preset);
    }
    for (const { space: { name: _name, ...options } } of [paper.macro, code.macro]) macroCnn.options.parse(options);
  });
});
