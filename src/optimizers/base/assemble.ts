/** What base optimizers have in common: clipping, decay, a direction, the learning rate. */
import { z } from 'zod';
import { type TrainingSetting } from '../../chain/setting.js';
import { createPreconditioner, preconditionerSchema } from '../../preconditioners/index.js';
import { type Schedule } from '../../chain/schedule.js';
import { scheduleFromConfig, scheduleSchema } from '../schedule-config.js';
import { type Link, type RateShare } from '../../chain/link.js';
import { clipByGlobalNorm, clipByNorm, clipByValue } from '../../chain/transforms/clip.js';
import { addDecayedWeights, hasRole, type Mask } from '../../chain/transforms/decay.js';
import { scaleByLearningRate } from '../../chain/transforms/learning-rate.js';
import { shareOfRate } from '../../chain/transforms/rate-share.js';

/** A fraction below one, as of momentum or a moving average. */
export const fraction = z.number().min(0).lt(1);
export const positive = z.number().positive();

type DecayPlace = 'loss' | 'gradient' | 'step';

export interface CommonDefaults {
  learningRate: number;
  schedule?: 'cosine' | 'constant';
  weightDecay?: number;
  decayPlace?: DecayPlace;
}

/** The options of every base optimizer, with the given defaults. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the type of a schema is inferred
export function commonOptions({
  learningRate,
  schedule = 'cosine',
  weightDecay = 0,
  decayPlace = 'gradient',
}: CommonDefaults) {
  return {
    learningRate: z.number().min(0).default(learningRate).describe('highest learning rate'),
    schedule: scheduleSchema.prefault({ name: schedule }).describe('how the learning rate changes'),
    warmUp: z.number().min(0).default(0).describe('epochs over which the rate rises from zero'),
    weightDecay: z
      .number()
      .min(0)
      .default(weightDecay)
      .describe('strength of weight decay: times the weight, added to its gradient or to its step'),
    weightDecayIn: z
      .enum(['loss', 'gradient', 'step'])
      .default(decayPlace)
      .describe(
        "'loss': added to the gradient before clipping; 'gradient': after clipping; 'step': decoupled from the gradient, scaled by the learning rate only",
      ),
    weightDecayOn: z.enum(['all', 'kernels']).default('all').describe("'kernels' spares biases and normalization"),
    clipNorm: positive.optional().describe('bound of the norm of all gradients together'),
    clipTensorNorm: positive.optional().describe('bound of the norm of each gradient tensor'),
    clipValue: positive.optional().describe('bound of every coordinate of the gradient'),
    preconditioner: preconditionerSchema
      .optional()
      .describe('multiplies the gradient of the loss before everything else'),
  };
}

export type CommonOptions = z.output<z.ZodObject<ReturnType<typeof commonOptions>>>;

export interface AssembleOptions {
  /** Each parameter's learning rate relative to the optimizer's, if there are several groups. */
  rateShare?: RateShare;
  /** The last links of the chain, given the learning rate. */
  last?: (learningRate: Schedule) => Link;
}

/** The trainer that clips, decays, takes the direction and scales it by the learning rate of each parameter. */
export function assemble(
  options: CommonOptions,
  setting: TrainingSetting,
  direction: readonly Link[],
  { rateShare, last = scaleByLearningRate }: AssembleOptions = {},
): Link[] {
  const learningRate = scheduleFromConfig(options.schedule, options.learningRate, options.warmUp, setting);
  const mask = decayMask(options, setting);
  const decay = (place: DecayPlace): Link[] =>
    options.weightDecay > 0 && options.weightDecayIn === place ? [addDecayedWeights(options.weightDecay, mask)] : [];
  const preconditioner = options.preconditioner && createPreconditioner(options.preconditioner, setting);
  const shares = [rateShare, preconditioner?.rateShare].filter((share) => share !== undefined);
  return [
    ...(preconditioner ? [preconditioner] : []),
    ...decay('loss'),
    ...clipping(options),
    ...decay('gradient'),
    ...direction,
    ...decay('step'),
    ...shares.map(shareOfRate),
    last(learningRate),
  ];
}

function clipping({ clipValue, clipTensorNorm, clipNorm }: CommonOptions): Link[] {
  return [
    ...(clipValue === undefined ? [] : [clipByValue(clipValue)]),
    ...(clipTensorNorm === undefined ? [] : [clipByNorm(clipTensorNorm)]),
    ...(clipNorm === undefined ? [] : [clipByGlobalNorm(clipNorm)]),
  ];
}

/** The parameters to which weight decay applies; a parameter without a known role counts as a kernel. */
function decayMask({ weightDecayOn }: CommonOptions, { roleOf }: TrainingSetting): Mask {
  if (weightDecayOn === 'all' || !roleOf) return () => true;
  const spared = hasRole(roleOf, ['bias', 'scale', 'offset']);
  return (parameter) => !spared(parameter);
}
