/**
 * The controller's constants as in the paper (arXiv 1802.03268) and as in its code
 * (melodyguan/enas for images, google-research/enas_lm for language). The two differ in nearly
 * everything. The settings of the searches that use them are in `enasSearches` of weft-nas.
 */
import { type EnasOptions } from './options.js';

const paper = {
  lstmSize: 100,
  initRange: 0.1,
  tanhConstant: 2.5,
  temperature: 5,
  optionTanhReduce: 1,
  learningRate: 3.5e-4,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  baselineDecay: 0.99,
  entropyWeight: 0.1,
  entropy: 'full',
  skipLogit: 'single',
  skipTarget: 0.4,
  skipWeight: 0.8,
} as const satisfies Partial<EnasOptions>;

const officialCode = {
  lstmSize: 64,
  initRange: 0.1,
  tanhConstant: 1.5,
  temperature: null,
  optionTanhReduce: 1,
  learningRate: 1e-3,
  beta1: 0,
  beta2: 0.999,
  epsilon: 1e-3,
  baselineDecay: 0.99,
  entropyWeight: 1e-4,
  entropy: 'sampled',
  skipLogit: 'pair',
  skipTarget: 0.4,
  skipWeight: 0.8,
} as const satisfies Partial<EnasOptions>;

/** Separable convolutions start with higher logits than pooling and identity, slightly more so in the normal cell. */
const microBias = {
  optionBias: { sep3: 10, sep5: 10, avg3: 0, max3: 0, identity: 0 },
  fixedOptionBias: { normal: { sep3: 0.25, sep5: 0.25, avg3: -0.25, max3: -0.25, identity: -0.25 } },
};

/**
 * Not from the paper: learns from a few thousand rewards. The entropy acts on each decision's own probabilities, no
 * bound keeps the policy from becoming certain, and initial weights are large enough to distinguish the positions in a
 * network.
 */
const quick = {
  lstmSize: 32,
  initRange: 0.3,
  tanhConstant: null,
  temperature: null,
  learningRate: 6e-3,
  baselineDecay: 0.9,
  entropyWeight: 0.015,
  entropy: 'differentiated',
  skipWeight: 0,
} as const satisfies Partial<EnasOptions>;

export const enasPresets = {
  quick,
  paper,
  'paper-micro': paper,
  'paper-rnn': { ...paper, entropyWeight: 1e-4 },
  'official-code': officialCode,
  'official-code-micro': {
    ...officialCode,
    learningRate: 3.5e-3,
    tanhConstant: 1.1,
    optionTanhReduce: 2.5,
    entropy: 'full',
    ...microBias,
  },
  /** The first recurrent search, which its authors have withdrawn. */
  'official-code-ptb': {
    ...officialCode,
    lstmSize: 100,
    tanhConstant: 2.5,
    temperature: 5,
    entropyWeight: 1e-3,
    recency: true,
  },
  /** Its corrected successor. */
  'official-code-rnn': {
    ...officialCode,
    learningRate: 5e-5,
    tanhConstant: 2.25,
    temperature: 5,
    entropyWeight: 1e-5,
    baselineDecay: 0.999,
    initRange: 0.01,
    recency: true,
  },
} as const satisfies Record<string, Partial<EnasOptions>>;
