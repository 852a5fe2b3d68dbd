/** The options of the ENAS controller; the defaults are those of the paper where it gives one. */
import { optimizers, z } from 'weft-nas';

export const enasOptions = z.strictObject({
  lstmSize: z.int().min(1).max(2048).default(100).describe('width of the LSTM and of all embeddings'),
  initRange: z
    .number()
    .positive()
    .default(0.1)
    .describe('initial weights are uniform between minus and plus this value'),
  temperature: z.number().positive().nullable().default(5).describe('logits are divided by it; null for none'),
  tanhConstant: z
    .number()
    .positive()
    .nullable()
    .default(2.5)
    .describe('logits become c·tanh(logit), at most c; null for no bound'),
  optionTanhReduce: z.number().positive().default(1).describe('divides the tanh constant for choices between options'),
  optionBias: z
    .record(z.string(), z.number())
    .default({})
    .describe('initial value of a learned bias of options, by name'),
  fixedOptionBias: z
    .record(z.string(), z.record(z.string(), z.number()))
    .default({})
    .describe('constant added to bounded logits of options: by the first part of the path of the choice, then by name'),
  recency: z
    .boolean()
    .default(false)
    .describe('index choices prefer near nodes: logit - d²/6, next input / (0.1 + d) at distance d'),
  skipLogit: z
    .enum(['single', 'pair'])
    .default('single')
    .describe(
      'probability of a connection with logit l: sigmoid(l), or softmax([-l, l]) = sigmoid(2l) as in the ENAS code',
    ),
  skipTarget: z.number().gt(0).lt(1).default(0.4).describe('prior probability of a connection'),
  skipWeight: z
    .number()
    .min(0)
    .default(0.8)
    .describe('weight of the divergence of the connections from the prior; 0 for none'),
  entropyWeight: z.number().min(0).default(0.1).describe('weight of the entropy of the decisions, see `entropy`'),
  entropy: z
    .enum(['full', 'sampled', 'differentiated'])
    .default('full')
    .describe(
      "'full': -sum p log p of every decision, 'sampled': -p log p of what was sampled (ENAS's macro code), both constants in the reward; " +
        "'differentiated': the full entropy, as a part of the loss, which keeps a policy from converging too early",
    ),
  baselineDecay: z
    .number()
    .min(0)
    .lt(1)
    .default(0.99)
    .describe('share of the old value that the moving-average baseline keeps'),
  optimizer: optimizers.optimizerSchema
    .optional()
    .describe('trains the policy instead of Adam; any optimizer, at its constant highest learning rate'),
  learningRate: z
    .number()
    .positive()
    .default(3.5e-4)
    .describe('of Adam, which trains the policy if no optimizer is named'),
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).default(0.999),
  epsilon: z.number().positive().default(1e-8),
});

export type EnasOptions = z.output<typeof enasOptions>;
