/** Pre-training on next characters, and fine-tuning on passages. */
import { mapNamed, type NamedTensors, type optimizers, pickNamed, stream, tf, type Tick, WeftError } from 'weft-nas';
import { type Corpus, textBatches, training } from 'weft-nas/study';
import { learner, stepsWithin } from '../shared/learner.js';
import { type Passages } from './misspellings.js';
import { classifier, languageModel, type ModelSize } from './model.js';

/** The learning rate warms up over the first tenth of all steps and decays to zero. */
export const COURSE = { schedule: { name: 'linear' }, warmUp: 0.1 } as const;
const PRETRAINING: optimizers.OptimizerConfigInput = { name: 'adamw', learningRate: 3e-3, clipNorm: 1, ...COURSE };
const EVALUATED = 100;

export interface Pretrained {
  /** Weights of the body, owned by the caller. */
  readonly weights: NamedTensors;
  /** Mean cross-entropy of the next character on the validation part, in nats. */
  readonly loss: number;
}

export interface PretrainOptions {
  readonly seed: number;
  readonly steps: number;
  readonly batchSize: number;
  /** Called after every step. */
  readonly tick?: Tick;
}

/** Trains a language model on the training part of the corpus. */
export async function pretrain(
  corpus: Corpus,
  size: ModelSize,
  { seed, steps, batchSize, tick }: PretrainOptions,
): Promise<Pretrained> {
  const { child, space } = languageModel(size);
  const text = (part: 'train' | 'validation', order: 'shuffled' | 'once'): training.BatchSource =>
    training.textSource(textBatches(corpus.parts[part], { name: part, seed, batchSize, length: size.length, order }));
  const train = text('train', 'shuffled');
  const student = learner('language model', child, space, PRETRAINING, { seed, totalSteps: steps });
  try {
    for (let step = 0; step < steps; step++) {
      training.withBatch(train, Math.floor(step / train.steps), step % train.steps, (batch) => student.learn(batch));
      await tick?.((step + 1) / steps);
    }
    const validation = text('validation', 'once');
    const { loss } = training.evaluateChild(
      child,
      student.store,
      validation,
      training.SHARED_EVALUATION,
      Math.min(validation.steps, Math.ceil(20_000 / (batchSize * size.length))),
    );
    const body = classifier(size).child.parameterNames.filter((name) => name in student.store.parameters);
    return { loss, weights: mapNamed(pickNamed(student.store.parameters, body), (tensor) => tf.keep(tensor.clone())) };
  } finally {
    student.dispose();
  }
}

export interface FineTuneOptions {
  /** Of the first weights of the head, the order of the examples and dropout. */
  readonly seed: number;
  readonly optimizer: optimizers.OptimizerConfigInput;
  readonly train: Passages;
  readonly test: Passages;
  readonly batchSize: number;
  /** Budget of batch gradients, whatever they are used for. */
  readonly gradients: number;
  /** Initial weights, by name; those of the seed if there are none. */
  readonly from?: NamedTensors | undefined;
}

export interface FineTuned {
  /** Test accuracy at the end; chance level if training diverged. */
  readonly accuracy: number;
  /** Accuracy on the training passages, in the same way. */
  readonly training: number;
  readonly gradients: number;
  readonly steps: number;
  /** Whether the loss became NaN or infinite. */
  readonly diverged: boolean;
}

/** Trains body and head on the passages until the gradient budget is used up. */
export function fineTune(
  size: ModelSize,
  { seed, optimizer, train, test, batchSize, gradients, from }: FineTuneOptions,
): FineTuned {
  const { child, space } = classifier(size);
  const totalSteps = stepsWithin(gradients, optimizer);
  const student = learner('classifier', child, space, optimizer, { seed, totalSteps });
  if (from) student.store.assign(mapNamed(from, (tensor) => tensor.clone()));
  const source = passageBatches(train, { seed, batchSize });
  const accuracy = (passages: Passages): number =>
    training.requireAccuracy(
      training.evaluateChild(
        child,
        student.store,
        passageBatches(passages, { batchSize: Math.min(EVALUATED, passages.count) }),
        training.SHARED_EVALUATION,
      ),
    );
  try {
    for (let step = 0; step < totalSteps; step++)
      training.withBatch(source, Math.floor(step / source.steps), step % source.steps, (batch) => student.learn(batch));
    return {
      accuracy: accuracy(test),
      training: accuracy(train),
      gradients: student.gradients,
      steps: student.steps,
      diverged: false,
    };
  } catch (error) {
    if (!(error instanceof WeftError && error.code === 'numeric')) throw error;
    return { accuracy: 0.5, training: 0.5, gradients: student.gradients, steps: student.steps, diverged: true };
  } finally {
    student.dispose();
  }
}

/** Whole batches of the passages, in a new order each epoch where there is a seed. */
function passageBatches(
  { ids, labels, length, count }: Passages,
  { seed, batchSize }: { seed?: number; batchSize: number },
): training.BatchSource {
  const order = (epoch: number): Uint32Array | undefined =>
    seed === undefined ? undefined : stream(seed, 'fine-tuning', 'order', epoch).permutation(count);
  let known = { epoch: NaN, places: undefined as Uint32Array | undefined };
  return {
    count,
    steps: Math.floor(count / batchSize),
    at(epoch, step): training.TensorBatch {
      if (known.epoch !== epoch) known = { epoch, places: order(epoch) };
      const places = Array.from(
        { length: batchSize },
        (_, i) => known.places?.[step * batchSize + i] ?? step * batchSize + i,
      );
      return {
        inputs: tf.tensor2d(
          Int32Array.from(places.flatMap((place) => [...ids.subarray(place * length, (place + 1) * length)])),
          [batchSize, length],
          'int32',
        ),
        labels: tf.tensor1d(
          Int32Array.from(places, (place) => labels[place]!),
          'int32',
        ),
      };
    },
  };
}
