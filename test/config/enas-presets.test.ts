import { expect } from 'chai';
import { enasPresets } from '../../controllers/enas/presets.js';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { microCnn } from '../../search-spaces/micro-cnn.js';
import { rnnCell } from '../../search-spaces/rnn-cell.js';
import { enasSearches } from '../../src/config/presets/enas.js';
import { checkConfig } from '../../src/config/index.js';

const { paper, 'official-code': code } = enasSearches;

describe('the searches of ENAS', () => {
  it('images in the paper', () => {
    const optimizer = {
      name: 'nesterov',
      momentum: 0.9,
      learningRate: 0.05,
      weightDecay: 1e-4,
      weightDecayIn: 'loss',
      schedule: { name: 'warm-restarts', minimum: 0.001, period: 10, factor: 2 },
    };
    expect(paper.macro.config.search).to.deep.equal({
      epochs: 310,
      batchSize: 128,
      rounds: 2000,
      samplesPerRound: 1,
      optimizer,
    });
    expect(paper.macro.config.space).to.deep.equal({ name: 'macro-cnn', layers: 12 });
    expect(paper.micro.config.search).to.deep.equal({
      epochs: 150,
      batchSize: 160,
      rounds: 2000,
      samplesPerRound: 1,
      optimizer,
    });
    expect(paper.micro.config.space).to.deep.equal({ name: 'micro-cnn', nodes: 5, filters: 20, retrainLayers: 15 });
    expect(paper.micro.config.retrain).to.deep.equal({ epochs: 630, batchSize: 144, optimizer });
    const { layers, reductions } = microCnn
      .create(microCnn.options.parse({ nodes: 5, retrainLayers: 15 }), { inputShape: [32, 32, 3], classes: 10 })
      .forRetraining().options as { layers: number; reductions: number };
    expect(layers + reductions).to.equal(17);
  });

  it('language in the paper', () => {
    expect(paper.rnn.config.search).to.deep.equal({
      epochs: 150,
      batchSize: 64,
      rounds: 2000,
      samplesPerRound: 1,
      rewardScale: 80,
      optimizer: {
        name: 'sgd',
        learningRate: 20,
        schedule: { name: 'exponential', factor: 0.96, from: 15 },
        clipNorm: 0.25,
        weightDecay: 1e-7,
        weightDecayIn: 'loss',
      },
    });
    expect(paper.rnn.config.space).to.deep.equal({ name: 'rnn-cell', nodes: 12, output: 'leaves' });
    expect(paper.rnn.config.data).to.deep.equal({ bptt: 35 });
    expect(paper.rnn.beyond).to.deep.equal({ stepsPerEpoch: 400 });
  });

  it('images in the code', () => {
    const optimizer = (weightDecay: number, minimum = 0.0005) => ({
      name: 'nesterov',
      momentum: 0.9,
      learningRate: 0.05,
      weightDecayIn: 'loss',
      clipTensorNorm: 5,
      weightDecay,
      schedule: { name: 'warm-restarts', minimum, period: 10, factor: 2 },
    });
    expect(code.macro.config.search).to.deep.equal({
      epochs: 310,
      batchSize: 128,
      rounds: 50,
      samplesPerRound: 20,
      optimizer: optimizer(2.5e-4),
    });
    expect(code.macro.config.space).to.deep.equal({
      name: 'macro-cnn',
      layers: 12,
      filters: 36,
      retrainFilters: 96,
      keep: 0.9,
    });
    expect(code.macro.config.retrain).to.deep.equal({ batchSize: 100, optimizer: optimizer(2e-4) });
    expect(code.macro.beyond).to.deep.equal({ final: { layers: 24, doubleAtPools: true, keep: 0.5 } });
    expect(code.micro.config.search).to.deep.equal({
      epochs: 150,
      batchSize: 160,
      rounds: 30,
      samplesPerRound: 10,
      optimizer: optimizer(1e-4),
    });
    const { name, retrainLayers, retrainFilters, retrainDropPathKeep, dropPathKeep, ...searched } =
      code.micro.config.space;
    expect(name).to.equal('micro-cnn');
    expect(searched).to.deep.equal({ nodes: 5, filters: 20, layers: 6, reductions: 2, stemFactor: 3 });
    expect([retrainLayers, retrainFilters]).to.deep.equal([15, 36]);
    expect([dropPathKeep, retrainDropPathKeep]).to.deep.equal([0.6, 0.8]);
    expect(code.micro.config.retrain).to.deep.equal({ epochs: 630, batchSize: 144, optimizer: optimizer(1e-4, 1e-4) });
    expect(code.micro.beyond).to.deep.equal({ auxiliaryWeight: 0.4 });
  });

  it('language in the code', () => {
    expect(code.rnn.config.search).to.deep.equal({
      epochs: 600,
      batchSize: 128,
      rounds: 25,
      samplesPerRound: 10,
      optimizer: {
        name: 'sgd',
        learningRate: 20,
        schedule: { name: 'constant' },
        clipNorm: 0.1,
        weightDecay: 8e-7,
        weightDecayIn: 'loss',
      },
    });
    expect(code.rnn.config.space).to.deep.equal({
      name: 'rnn-cell',
      nodes: 9,
      hidden: 200,
      output: 'all',
      keep: 0.8,
      keepOutput: 0.25,
    });
    expect(code.rnn.beyond).to.deep.equal({ drop: { embedding: 0.1, hidden: 0.75, layer: 0.25 }, slowness: 1 });
    expect(code.ptb.config.search).to.deep.equal({
      epochs: 100,
      batchSize: 20,
      rounds: 100,
      samplesPerRound: 10,
      optimizer: {
        name: 'sgd',
        learningRate: 0.25,
        schedule: { name: 'exponential', factor: 0.95, from: 12 },
        clipNorm: 10,
      },
    });
    expect(code.ptb.config.space).to.deep.equal({
      name: 'rnn-cell',
      nodes: 12,
      hidden: 720,
      retrainHidden: 748,
      keep: 0.25,
      keepOutput: 0.25,
    });
    expect(code.ptb.config.retrain).to.deep.equal({
      epochs: 2000,
      batchSize: 64,
      optimizer: {
        name: 'sgd',
        learningRate: 20,
        schedule: { name: 'exponential', factor: 0.9991, from: 14 },
        clipNorm: 0.25,
      },
    });
    expect(code.ptb.beyond).to.deep.equal({ keep: { embedding: 0.75, hidden: 0.75 } });
    expect([code.rnn.config.data, code.ptb.config.data]).to.deep.equal([{ bptt: 35 }, { bptt: 35 }]);
  });

  it('are configurations, whose controllers, spaces and options exist', () => {
    const spaces = { 'macro-cnn': macroCnn, 'micro-cnn': microCnn, 'rnn-cell': rnnCell };
    for (const { config } of [...Object.values(paper), ...Object.values(code)]) {
      const {
        controller,
        space: { name, ...options },
      } = checkConfig(config);
      expect(enasPresets).to.have.property(controller.preset!);
      spaces[name as keyof typeof spaces].options.parse(options);
    }
  });
});
