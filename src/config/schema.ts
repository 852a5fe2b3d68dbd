/**
 * The configuration of a search, with every default. A YAML file holds the same fields; the JSON schema for editors is
 * generated from this one.
 */
import { z } from 'zod';
import { augmentSchema } from './augment-schema.js';
import { balanceFields, seriesFields, textFields } from './data-fields.js';
import { deriveSchema } from './derive-schema.js';
import { forgettingSchema } from './forgetting-schema.js';
import { boundedCount } from './bounded-count.js';
import { hyperparametersSchema } from './hyperparameters-schema.js';
import { limitsSchema } from './limits-schema.js';
import { objectivesSchema } from './objectives-schema.js';
import { proxyFilterSchema, warmStartSchema } from './proxies-schema.js';
import { remediesSchema } from './remedies-schema.js';
import { regularizerSchema } from '../forgetting/index.js';
import { optimizerSchema } from '../optimizers/index.js';

const share = z.number().positive().describe('a fraction below 1, or a number of examples');
const amount = z
  .union([share, z.strictObject({ perClass: z.int().min(1) })])
  .describe('a fraction, a number of examples, or the same number of every class');

const dataSchema = z.strictObject({
  source: z
    .string()
    .min(1)
    .default('digits')
    .describe(
      'the name of a data set (`weft list data` lists them), or the path of a folder of images by class, of a CSV file or of a text',
    ),
  path: z.string().optional().describe('folder or file of a data set that is known by name'),
  size: z
    .tuple([z.int().min(1), z.int().min(1)])
    .optional()
    .describe('images are resized to this height and width (folders of images)'),
  channels: z
    .union([z.literal(1), z.literal(3)])
    .optional()
    .describe('1 for grey, 3 for colour (folders of images)'),
  decoder: z
    .enum(['sharp', 'javascript'])
    .optional()
    .describe(
      'the decoder of JPEG and PNG files; by default sharp if it loads; a resumed run uses the decoder that it began with (folders of images)',
    ),
  onBadFile: z
    .enum(['error', 'skip'])
    .optional()
    .describe(
      "images that cannot be read are an error that names all of them ('error', the default), or are left out and counted ('skip')",
    ),
  label: z
    .union([z.string(), z.int(), z.array(z.union([z.string(), z.int()])).min(1)])
    .optional()
    .describe(
      'label column, or several columns of numbers to predict or of labels that are each present or absent (CSV)',
    ),
  labelSeparator: z
    .string()
    .min(1)
    .optional()
    .describe('separator of several labels in one field, for example ";"; each label is then present or absent (CSV)'),
  ...seriesFields,
  task: z
    .enum(['classification', 'regression'])
    .optional()
    .describe('whether the label is a class or a number to predict; by default decided from its values (CSV)'),
  header: z.boolean().optional().describe('whether the first row names the columns (CSV)'),
  charset: z
    .enum(['utf-8', 'latin1'])
    .optional()
    .describe("encoding of a table's text; UTF-8 by default, and UTF-16 is recognized by its first bytes (CSV)"),
  ignore: z.array(z.string()).optional().describe('columns that are left out, by name (CSV)'),
  imageShape: z
    .tuple([z.int().min(1), z.int().min(1), z.int().min(1)])
    .optional()
    .describe('height, width, channels of a row (CSV)'),
  ...textFields,
  validation: share.default(0.2).describe('part of the training data that rewards the controller'),
  derive: share.optional().describe('a separate part for the final choice; the validation part by default'),
  fisher: share.optional().describe('a separate part for Fisher information; 0.1 by default if a regularizer needs it'),
  test: share.default(0.2).describe('part held out for the test if the data has no test part'),
  subset: z
    .strictObject({ train: amount.optional(), test: amount.optional() })
    .default({})
    .describe('use only some examples'),
  ...balanceFields,
  labelNoise: z.number().min(0).max(1).default(0).describe('share of training labels that are replaced by wrong ones'),
  augment: augmentSchema.default({}).describe('random changes of training images'),
});

const named = (name: string) =>
  z.looseObject({ name: z.string().min(1).default(name), preset: z.string().optional() }).prefault({});

const sharpnessObjectiveSchema = z.strictObject({
  weight: z
    .number()
    .min(0)
    .default(0)
    .describe(
      'amount subtracted from the reward for each unit of sharpness above the limit; 0 leaves sharpness out of the reward',
    ),
  limit: z
    .number()
    .min(0)
    .default(0)
    .describe(
      'sharpness up to which nothing is subtracted: 0 makes sharpness an objective, another value makes it a constraint',
    ),
  measure: z
    .enum(['rise', 'eigenvalue'])
    .default('rise')
    .describe(
      "'rise': increase of the loss after one step of length rho up the gradient, in units of the weights' sizes (costs a gradient and a half); 'eigenvalue': the largest eigenvalue of |w|·H·|w| (about 60 gradients)",
    ),
  rho: z.number().positive().default(0.05).describe('length of that step'),
});

/** Warm-up epochs of an optimizer's learning rate, or of its base's. */
export function warmUpOf(optimizer: object): number {
  const { warmUp, base } = optimizer as { warmUp?: number; base?: object };
  return Math.max(warmUp ?? 0, base ? warmUpOf(base) : 0);
}

const warmsUpInTime = ({ epochs, optimizer }: { epochs: number; optimizer: object }): boolean =>
  epochs === 0 || warmUpOf(optimizer) <= epochs;
const WARM_UP = {
  path: ['optimizer', 'warmUp'],
  message: 'the learning rate would not reach its maximum: warmUp is longer than the number of epochs',
};

const labelSmoothing = z
  .number()
  .min(0)
  .lt(1)
  .default(0)
  .describe('share of each label that is distributed evenly over all classes, only in training');

const searchSchema = z
  .strictObject({
    epochs: z.int().min(1).default(20).describe('passes over the training part'),
    batchSize: z.int().min(1).default(64).describe('examples per step'),
    batchesPerArchitecture: z
      .int()
      .min(1)
      .default(1)
      .describe('consecutive steps that one sampled architecture trains'),
    warmupEpochs: z
      .int()
      .min(0)
      .default(0)
      .describe('initial epochs in which architectures are drawn uniformly and the controller is not trained'),
    optimizer: optimizerSchema.prefault({ name: 'nesterov' }).describe('trains the shared weights'),
    labelSmoothing,
    start: z
      .string()
      .min(1)
      .optional()
      .describe(
        'what the shared weights start from: a run of the same space or a safetensors file; weights are matched by name and shape; by default all weights are fresh',
      ),
    elastic: z
      .strictObject({
        networks: z
          .int()
          .min(2)
          .max(1000)
          .default(4)
          .describe('networks per step: the largest, the smallest, and others between them'),
        distill: z
          .enum(['none', 'kl', 'alpha'])
          .optional()
          .describe(
            "what all networks except the largest learn from: 'none': the labels; 'kl': the outputs of the largest; 'alpha': the same by the larger of two alpha divergences; by default kl, but none for texts, for several labels per example and with separate states",
          ),
        states: z
          .enum(['shared', 'separate'])
          .default('shared')
          .describe(
            "optimizer states: 'shared': one for the whole weights, which move once per step by the mean gradient of the networks; 'separate': one for each slice: the networks of a step are trained one after another on the same batch",
          ),
        sample: z
          .enum(['uniform', 'best-up', 'worst-up'])
          .default('uniform')
          .describe(
            "how the networks in between are drawn: at random, or as the one with the lowest ('best-up') or highest loss ('worst-up') on the batch among several of similar cost",
          ),
        draws: z
          .int()
          .min(2)
          .max(1000)
          .default(3)
          .describe('number of networks among which best-up and worst-up choose'),
        regularize: z.enum(['largest', 'all']).default('largest').describe('networks in which dropout is used'),
        largestEpochs: z
          .int()
          .min(0)
          .optional()
          .describe(
            'initial epochs in which only the largest network is trained; its channels are then sorted by importance; by default a tenth of the epochs with alpha divergences, otherwise 0',
          ),
      })
      .optional()
      .describe('trains an elastic space by the sandwich rule; without it each step trains only the sampled network'),
    regularizer: regularizerSchema
      .prefault({ name: 'none' })
      .describe('keeps the training of one architecture from spoiling the others'),
    remedies: remediesSchema
      .optional()
      .describe('small changes to the training of shared weights that may make them rank networks better'),
    warmStart: warmStartSchema,
    proxyFilter: proxyFilterSchema,
    hyperparameters: hyperparametersSchema,
    rounds: z.int().min(0).default(10).describe('controller updates per epoch'),
    samplesPerRound: boundedCount(1).default(10).describe('architectures per controller update'),
    rewardBatchSize: z.int().min(1).default(128).describe('validation examples on which one reward is measured'),
    reward: z
      .enum(['accuracy', 'balanced-accuracy', 'f1', 'auc', 'log-loss'])
      .optional()
      .describe(
        'measure that rewards the controller and ranks candidates of a classifier: accuracy (the default), its mean over classes, the mean F1, the mean area under the ROC curve, or the loss; with several labels per example the loss (the default), F1 or the area',
      ),
    rewardScale: z
      .number()
      .positive()
      .optional()
      .describe(
        'c in the reward c / perplexity of a language model: 80 for words and 4 for characters by default; 1 makes it exp(-loss)',
      ),
    sharpness: sharpnessObjectiveSchema
      .prefault({})
      .describe('sharpness as part of the reward; it is not a measure of quality by itself'),
    probe: boundedCount(0)
      .default(10)
      .describe('random architectures evaluated after each epoch, for comparison with the controller'),
  })
  .refine(warmsUpInTime, WARM_UP)
  .refine(({ epochs, elastic }) => !elastic || (elastic.largestEpochs ?? 0) < epochs, {
    path: ['elastic', 'largestEpochs'],
    message: 'no epoch would be left for the other networks',
  });

export const retrainSchema = z
  .strictObject({
    epochs: z
      .int()
      .min(0)
      .default(60)
      .describe('passes over the training and validation parts together; 0 skips retraining'),
    batchSize: z.int().min(1).default(64).describe('examples per step'),
    optimizer: optimizerSchema.prefault({ name: 'nesterov' }).describe('trains the found network'),
    labelSmoothing,
    augment: augmentSchema.optional().describe('replaces data.augment while retraining'),
    patience: z
      .int()
      .min(1)
      .optional()
      .describe(
        'number of epochs without an improvement on the validation part (which is then held out) after which retraining stops; by default it never stops early',
      ),
    keep: z
      .enum(['best', 'last'])
      .optional()
      .describe(
        'the epoch whose weights are kept: the best on the validation part (which is then held out) or the last; by default best if patience is given, otherwise last',
      ),
    calibrate: z
      .boolean()
      .optional()
      .describe(
        "divides the finished classifier's logits by a temperature that is fitted on the validation part (which is then held out): this changes the probabilities but not the labels; on by default if that part is held out anyway",
      ),
    start: z
      .string()
      .min(1)
      .optional()
      .describe(
        'what retraining starts from: shared (the shared weights), a run directory or a safetensors file; fresh weights by default',
      ),
    names: z
      .record(z.string(), z.string())
      .optional()
      .describe('names of weights of the network with their names in the file given by start; the same by default'),
  })
  .refine(warmsUpInTime, WARM_UP)
  .refine(({ names, start }) => names === undefined || (start !== undefined && !['shared', 'fresh'].includes(start)), {
    path: ['names'],
    message: 'are names in the file given by start, but start names no file',
  });

const sharpnessSchema = z.strictObject({
  every: z
    .int()
    .min(0)
    .default(0)
    .describe('steps of retraining from one measurement of sharpness to the next; 0 measures nothing'),
  searchEvery: z
    .int()
    .min(0)
    .default(0)
    .describe('the same for the shared weights: steps of the search from one measurement to the next'),
  architectures: z
    .int()
    .min(1)
    .max(32)
    .default(1)
    .describe('random architectures, drawn once; their mean loss serves as the loss of the shared weights'),
  examples: z
    .int()
    .min(1)
    .max(256)
    .optional()
    .describe(
      'training examples on which it is measured, the same each time; by default the batch size of the training',
    ),
  products: z
    .int()
    .min(2)
    .default(6)
    .describe('Hessian-vector products per measurement; each costs about two gradients'),
  rho: z
    .number()
    .positive()
    .default(0.05)
    .describe("distance at which SAM's gradient is taken to measure its alignment"),
});

export const configSchema = z.strictObject({
  recipe: z.string().optional().describe('name of the recipe this came from'),
  backend: z.enum(['gpu', 'native', 'wasm', 'cpu']).optional().describe('the best that loads, by default'),
  compile: z
    .enum(['auto', 'off', 'replay', 'session', 'graph'])
    .default('auto')
    .describe(
      "how far steps that repeat are compiled on the native backend, with the same results: 'replay' calls the recorded operations again, 'session' runs a step as one native call, 'graph' does so for any child of a supernet; 'auto' chooses what saves time",
    ),
  seed: z.int().min(0).default(1).describe('seed of every random draw'),
  space: named('macro-cnn').describe('name or file of the space, and its options'),
  controller: named('enas').describe('name or file of the controller, and its options'),
  data: dataSchema.prefault({}),
  search: searchSchema.prefault({}),
  forgetting: forgettingSchema.prefault({}),
  derive: deriveSchema.prefault({}),
  retrain: retrainSchema.prefault({}),
  limits: limitsSchema.prefault({}),
  objectives: objectivesSchema
    .optional()
    .describe(
      'accuracy (for language models and numbers to predict: loss) and the costs to trade it off against: parameters, multiplyAdds, activationMemory, fileSize, latency, energy; the search then gives a Pareto front, from which the knee is derived',
    ),
  sharpness: sharpnessSchema.prefault({}).describe('what is measured of the loss surface during search and retraining'),
  budget: z
    .number()
    .positive()
    .optional()
    .describe(
      'seconds for the whole run: search, final choice, retraining and test; the number of epochs is reduced if they would take longer',
    ),
  checkpoint: z
    .strictObject({
      everySeconds: z.number().positive().default(30).describe('seconds of work from one checkpoint to the next'),
      keep: z.int().min(1).default(2).describe('number of newest checkpoints that are kept'),
    })
    .prefault({}),
  logEvery: z.int().min(1).default(20).describe('steps between two step events'),
});

export type SearchConfig = z.output<typeof configSchema>;
export type SearchConfigInput = z.input<typeof configSchema>;
