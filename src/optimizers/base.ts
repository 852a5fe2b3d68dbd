/** The optimizers that are a chain: clipping, decay, a direction, the learning rate. */
import { z } from 'zod';
import { optimizer, type TrainingSetting } from './entry.js';
import { scheduleFromConfig, scheduleSchema } from './schedule-config.js';
import { chainTrainer, type Trainer } from './trainer.js';
import { type GradientTransform } from './transform.js';
import { scaleByAdagrad, scaleByAdam, scaleByRms } from './transforms/adaptive.js';
import { clipByGlobalNorm, clipByNorm, clipByValue } from './transforms/clip.js';
import { addDecayedWeights, hasRole, type Mask } from './transforms/decay.js';
import { scaleByLearningRate } from './transforms/learning-rate.js';
import { trace } from './transforms/momentum.js';

const fraction = z.number().min(0).lt(1);
const epsilon = z.number().positive();

type DecayPlace = 'loss' | 'gradient' | 'step';

/** The options that every base optimizer has, with its own defaults. */
export function commonOptions({ learningRate, weightDecay = 0, decayPlace = 'gradient' }: { learningRate: number; weightDecay?: number; decayPlace?: DecayPlace }) {
  return {
    learningRate: z.number().min(0).default(learningRate).describe('highest learning rate'),
    schedule: scheduleSchema.prefault({ name: 'cosine' }).describe('how the learning rate changes'),
    warmUp: z.number().min(0).default(0).describe('epochs over which the rate rises from zero'),
    weightDecay: z.number().min(0).default(weightDecay).describe('times the weight, added to its gradient or to its step'),
    weightDecayIn: z.enum(['loss', 'gradient', 'step']).default(decayPlace)
      .describe("'loss': before clipping; 'gradient': after it; 'step': decoupled from the gradient, times the learning rate only"),
    weightDecayOn: z.enum(['all', 'kernels']).default('all').describe("'kernels' spares biases and normalization"),
    clipNorm: z.number().positive().optional().describe('bound of the norm of all gradients together'),
    clipTensorNorm: z.number().positive().optional().describe('bound of the norm of each gradient tensor'),
    clipValue: z.number().positive().optional().describe('bound of every coordinate of the gradient'),
  };
}

type CommonOptions = z.output<z.ZodObject<ReturnType<typeof commonOptions>>>;

/** Clipping, decay and learning rate around a direction. */
export function assemble(name: string, options: CommonOptions, setting: TrainingSetting, ...direction: readonly GradientTransform[]): Trainer {
  const learningRate = scheduleFromConfig(options.schedule, options.learningRate, options.warmUp, setting);
  const decay = (place: DecayPlace): GradientTransform[] =>
    options.weightDecay > 0 && options.weightDecayIn === place ? [addDecayedWeights(options.weightDecay, decayMask(options, setting))] : [];
  const clipping = [
    ...(options.clipValue === undefined ? [] : [clipByValue(options.clipValue)]),
    ...(options.clipTensorNorm === undefined ? [] : [clipByNorm(options.clipTensorNorm)]),
    ...(options.clipNorm === undefined ? [] : [clipByGlobalNorm(options.clipNorm)]),
  ];
  const chain = [...decay('loss'), ...clipping, ...decay('gradient'), ...direction, ...decay('step'), scaleByLearningRate(learningRate)];
  return chainTrainer({ name, optimizer: chain, learningRate });
}

/** The parameters that weight decay concerns; what has no known role counts as a kernel. */
export function decayMask({ weightDecayOn }: Pick<CommonOptions, 'weightDecayOn'>, { roleOf }: TrainingSetting): Mask {
  if (weightDecayOn === 'all' || !roleOf) return () => true;
  const spared = hasRole(roleOf, ['bias', 'scale', 'offset']);
  return (parameter) => !spared(parameter);
}

const sgd = optimizer({
  name: 'sgd', kind: 'base', cost: '1',
  formula: 'w <- w - lr g',
  reference: 'Robbins & Monro 1951',
  schema: z.strictObject({ name: z.literal('sgd'), ...commonOptions({ learningRate: 0.1 }) }),
  create: (options, setting) => assemble('sgd', options, setting),
});

const momentum = optimizer({
  name: 'momentum', kind: 'base', cost: '1',
  formula: 'm <- mu m + g; w <- w - lr m',
  reference: 'Polyak 1964',
  schema: z.strictObject({ name: z.literal('momentum'), momentum: fraction.default(0.9), ...commonOptions({ learningRate: 0.05 }) }),
  create: (options, setting) => assemble('momentum', options, setting, trace({ decay: options.momentum })),
});

const nesterov = optimizer({
  name: 'nesterov', kind: 'base', cost: '1',
  formula: 'm <- mu m + g; w <- w - lr (g + mu m)',
  reference: 'Sutskever et al. 2013',
  schema: z.strictObject({ name: z.literal('nesterov'), momentum: fraction.default(0.9), ...commonOptions({ learningRate: 0.05 }) }),
  create: (options, setting) => assemble('nesterov', options, setting, trace({ decay: options.momentum, nesterov: true })),
});

const adamOptions = { beta1: fraction.default(0.9), beta2: fraction.default(0.999), epsilon: epsilon.default(1e-8) };

const adam = optimizer({
  name: 'adam', kind: 'base', cost: '1',
  formula: "m, v <- means of g, g^2; w <- w - lr m^/(sqrt(v^) + eps)",
  reference: 'Kingma & Ba 2015, arXiv 1412.6980',
  schema: z.strictObject({ name: z.literal('adam'), ...adamOptions, ...commonOptions({ learningRate: 1e-3 }) }),
  create: (options, setting) => assemble('adam', options, setting, scaleByAdam(options)),
});

const adamw = optimizer({
  name: 'adamw', kind: 'base', cost: '1',
  formula: 'w <- w - lr (m^/(sqrt(v^) + eps) + decay w)',
  reference: 'Loshchilov & Hutter 2019, arXiv 1711.05101',
  schema: z.strictObject({ name: z.literal('adamw'), ...adamOptions, ...commonOptions({ learningRate: 1e-3, weightDecay: 0.01, decayPlace: 'step' }) }),
  create: (options, setting) => assemble('adamw', options, setting, scaleByAdam(options)),
});

const rmsprop = optimizer({
  name: 'rmsprop', kind: 'base', cost: '1',
  formula: 'v <- mean of g^2; w <- w - lr g/(sqrt(v) + eps)',
  reference: 'Tieleman & Hinton 2012; Graves 2013',
  schema: z.strictObject({
    name: z.literal('rmsprop'), decay: fraction.default(0.99), epsilon: epsilon.default(1e-8), centered: z.boolean().default(false),
    momentum: fraction.default(0), ...commonOptions({ learningRate: 1e-3 }),
  }),
  create: (options, setting) => assemble('rmsprop', options, setting, scaleByRms(options), ...(options.momentum > 0 ? [trace({ decay: options.momentum })] : [])),
});

const adagrad = optimizer({
  name: 'adagrad', kind: 'base', cost: '1',
  formula: 's <- s + g^2; w <- w - lr g/(sqrt(s) + eps)',
  reference: 'Duchi et al. 2011',
  schema: z.strictObject({ name: z.literal('adagrad'), epsilon: epsilon.default(1e-10), initial: z.number().min(0).default(0), ...commonOptions({ learningRate: 0.01 }) }),
  create: (options, setting) => assemble('adagrad', options, setting, scaleByAdagrad(options)),
});

export const baseOptimizers = [sgd, momentum, nesterov, adam, adamw, rmsprop, adagrad] as const;
