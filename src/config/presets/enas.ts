/**
 * The searches of ENAS number by number: as the paper describes them (Pham et al. 2018, arXiv 1802.03268) and as the
 * code runs them (melodyguan/enas for images; google-research/enas_lm for language, with `ptb` its withdrawn
 * predecessor). All but `beyond` is a configuration: `checkConfig({ ...enasSearches.paper.micro.config, seed: 1 })`.
 * `beyond` holds the settings of the source that have no counterpart here; a search with the configuration lacks them.
 */

const images = { name: 'nesterov', momentum: 0.9, learningRate: 0.05, weightDecayIn: 'loss' } as const;
const restarts = (minimum: number) => ({ name: 'warm-restarts', minimum, period: 10, factor: 2 }) as const;

const paperImages = { ...images, schedule: restarts(1e-3), weightDecay: 1e-4 };
const codeImages = (weightDecay: number, minimum = 5e-4) => ({
  ...images,
  schedule: restarts(minimum),
  clipTensorNorm: 5,
  weightDecay,
});
/** For language models; the rate is constant unless a schedule is given. */
const descent = (learningRate: number, clipNorm: number) =>
  ({ name: 'sgd', learningRate, schedule: { name: 'constant' }, clipNorm }) as const;
const decaying = (factor: number, from: number) => ({ schedule: { name: 'exponential', factor, from } }) as const;

const paper = {
  macro: {
    config: {
      controller: { name: 'enas', preset: 'paper' },
      space: { name: 'macro-cnn', layers: 12 },
      search: { epochs: 310, batchSize: 128, rounds: 2000, samplesPerRound: 1, optimizer: paperImages },
    },
    beyond: {},
  },
  micro: {
    config: {
      controller: { name: 'enas', preset: 'paper-micro' },
      // 17 cells in all: 15 and the two reduction cells.
      space: { name: 'micro-cnn', nodes: 5, filters: 20, retrainLayers: 15 },
      search: { epochs: 150, batchSize: 160, rounds: 2000, samplesPerRound: 1, optimizer: paperImages },
      retrain: { epochs: 630, batchSize: 144, optimizer: paperImages },
    },
    beyond: {},
  },
  rnn: {
    config: {
      controller: { name: 'enas', preset: 'paper-rnn' },
      space: { name: 'rnn-cell', nodes: 12, output: 'leaves' },
      data: { bptt: 35 },
      search: {
        epochs: 150,
        batchSize: 64,
        rounds: 2000,
        samplesPerRound: 1,
        rewardScale: 80,
        optimizer: { ...descent(20, 0.25), ...decaying(0.96, 15), weightDecay: 1e-7, weightDecayIn: 'loss' },
      },
    },
    beyond: { stepsPerEpoch: 400 },
  },
} as const;

const officialCode = {
  macro: {
    config: {
      controller: { name: 'enas', preset: 'official-code' },
      space: { name: 'macro-cnn', layers: 12, filters: 36, retrainFilters: 96, keep: 0.9 },
      search: { epochs: 310, batchSize: 128, rounds: 50, samplesPerRound: 20, optimizer: codeImages(2.5e-4) },
      retrain: { batchSize: 100, optimizer: codeImages(2e-4) },
    },
    beyond: { final: { layers: 24, doubleAtPools: true, keep: 0.5 } },
  },
  micro: {
    config: {
      controller: { name: 'enas', preset: 'official-code-micro' },
      space: {
        name: 'micro-cnn',
        nodes: 5,
        filters: 20,
        layers: 6,
        reductions: 2,
        stemFactor: 3,
        dropPathKeep: 0.6,
        retrainLayers: 15,
        retrainFilters: 36,
        retrainDropPathKeep: 0.8,
      },
      search: { epochs: 150, batchSize: 160, rounds: 30, samplesPerRound: 10, optimizer: codeImages(1e-4) },
      retrain: { epochs: 630, batchSize: 144, optimizer: codeImages(1e-4, 1e-4) },
    },
    beyond: { auxiliaryWeight: 0.4 },
  },
  rnn: {
    config: {
      controller: { name: 'enas', preset: 'official-code-rnn' },
      space: { name: 'rnn-cell', nodes: 9, hidden: 200, output: 'all', keep: 0.8, keepOutput: 0.25 },
      data: { bptt: 35 },
      search: {
        epochs: 600,
        batchSize: 128,
        rounds: 25,
        samplesPerRound: 10,
        optimizer: { ...descent(20, 0.1), weightDecay: 8e-7, weightDecayIn: 'loss' },
      },
    },
    beyond: { drop: { embedding: 0.1, hidden: 0.75, layer: 0.25 }, slowness: 1 },
  },
  ptb: {
    config: {
      controller: { name: 'enas', preset: 'official-code-ptb' },
      space: { name: 'rnn-cell', nodes: 12, hidden: 720, retrainHidden: 748, keep: 0.25, keepOutput: 0.25 },
      data: { bptt: 35 },
      search: {
        epochs: 100,
        batchSize: 20,
        rounds: 100,
        samplesPerRound: 10,
        optimizer: { ...descent(0.25, 10), ...decaying(0.95, 12) },
      },
      retrain: { epochs: 2000, batchSize: 64, optimizer: { ...descent(20, 0.25), ...decaying(0.9991, 14) } },
    },
    beyond: { keep: { embedding: 0.75, hidden: 0.75 } },
  },
} as const;

export const enasSearches = { paper, 'official-code': officialCode } as const;
