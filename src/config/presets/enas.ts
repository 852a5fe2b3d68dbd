/**
 * The searches of ENAS number by number: as the paper describes them (Pham et al. 2018, arXiv 1802.03268) and as
 * the code runs them (melodyguan/enas for images; google-research/enas_lm for language, with `ptb` its withdrawn
 * predecessor). `controller` names a preset of controllers/enas, which holds the controller's own numbers.
 * `search` uses the words of the configuration; `space`, `text` and `final` are what the network is made of, how text
 * is cut, and what differs when the found network is trained for good.
 */

const images = { name: 'nesterov', momentum: 0.9, learningRate: 0.05, weightDecayIn: 'loss' } as const;
const restarts = (minimum: number) => ({ name: 'warm-restarts', minimum, period: 10, factor: 2 }) as const;

const paperImages = { ...images, schedule: restarts(1e-3), weightDecay: 1e-4 };
const codeImages = { ...images, schedule: restarts(5e-4), clipTensorNorm: 5 };

const paper = {
  macro: {
    controller: { name: 'enas', preset: 'paper' },
    space: { name: 'macro-cnn', layers: 12 },
    search: { epochs: 310, batchSize: 128, rounds: 2000, samplesPerRound: 1, optimizer: paperImages },
  },
  micro: {
    controller: { name: 'enas', preset: 'paper-micro' },
    space: { name: 'micro-cnn', nodes: 5, filters: 20 },
    search: { epochs: 150, batchSize: 160, rounds: 2000, samplesPerRound: 1, optimizer: paperImages },
    final: { cells: 17, epochs: 630, batchSize: 144 },
  },
  rnn: {
    controller: { name: 'enas', preset: 'paper-rnn' },
    space: { name: 'rnn-cell', nodes: 12, tiedEmbeddings: true },
    text: { bptt: 35, stepsPerEpoch: 400, rewardScale: 80 },
    search: {
      epochs: 150, batchSize: 64, rounds: 2000, samplesPerRound: 1,
      optimizer: { name: 'sgd', learningRate: 20, schedule: { name: 'exponential', factor: 0.96, from: 15 }, clipNorm: 0.25, weightDecay: 1e-7, weightDecayIn: 'loss' },
    },
  },
} as const;

const officialCode = {
  macro: {
    controller: { name: 'enas', preset: 'official-code' },
    space: { name: 'macro-cnn', layers: 12, filters: 36, keep: 0.9 },
    search: { epochs: 310, batchSize: 128, rounds: 50, samplesPerRound: 20, optimizer: { ...codeImages, weightDecay: 2.5e-4 } },
    final: { layers: 24, filters: 96, doubleAtPools: true, keep: 0.5, batchSize: 100, weightDecay: 2e-4 },
  },
  micro: {
    controller: { name: 'enas', preset: 'official-code-micro' },
    space: { name: 'micro-cnn', nodes: 5, filters: 20, layers: 6, reductions: 2, stemFactor: 3, dropPathKeep: 0.6, auxiliaryWeight: 0.4 },
    search: { epochs: 150, batchSize: 160, rounds: 30, samplesPerRound: 10, optimizer: { ...codeImages, weightDecay: 1e-4 } },
    final: { layers: 15, filters: 36, dropPathKeep: 0.8, epochs: 630, batchSize: 144, minimumLearningRate: 1e-4 },
  },
  rnn: {
    controller: { name: 'enas', preset: 'official-code-rnn' },
    space: { name: 'rnn-cell', nodes: 9, hidden: 200, drop: { embedding: 0.1, input: 0.2, hidden: 0.75, layer: 0.25, output: 0.75 }, slowness: 1 },
    text: { bptt: 35 },
    search: {
      epochs: 600, batchSize: 128, rounds: 25, samplesPerRound: 10,
      optimizer: { name: 'sgd', learningRate: 20, schedule: { name: 'constant' }, clipNorm: 0.1, weightDecay: 8e-7, weightDecayIn: 'loss' },
    },
  },
  ptb: {
    controller: { name: 'enas', preset: 'official-code-ptb' },
    space: { name: 'rnn-cell', nodes: 12, hidden: 720, keep: { embedding: 0.75, input: 0.25, hidden: 0.75, output: 0.25 } },
    text: { bptt: 35 },
    search: {
      epochs: 100, batchSize: 20, rounds: 100, samplesPerRound: 10,
      optimizer: { name: 'sgd', learningRate: 0.25, schedule: { name: 'exponential', factor: 0.95, from: 12 }, clipNorm: 10 },
    },
    final: { epochs: 2000, batchSize: 64, hidden: 748, learningRate: 20, decay: { factor: 0.9991, from: 14 }, clipNorm: 0.25 },
  },
} as const;

export const enasSearches = { paper, 'official-code': officialCode } as const;
