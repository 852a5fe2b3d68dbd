/** The network of the study, and one training of it on noisy labels. */
import {
  disposeNamed,
  type NamedTensors,
  nn,
  optimizers,
  stream,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  tf,
  tidy,
  valueAndGradients,
} from 'weft-nas';
import { batches, type PreparedData, training } from 'weft-nas/study';
import { stepsWithin } from '../shared/learner.js';

const FILTERS = [16, 32];

/**
 * Images averaged over 2x2 squares, two blocks of 3x3 convolution, batch normalization (of the batch itself), ReLU and
 * 2x2 max-pooling, a linear layer.
 */
function logits(p: NamedTensors, images: Tensor4D): Tensor2D {
  const block = (h: Tensor4D, i: number): Tensor4D =>
    nn.maxPool(
      nn.relu(
        nn.batchNorm(
          nn.conv2d(h, p[`conv${i}/kernel`] as Tensor4D),
          p[`conv${i}/scale`] as Tensor1D,
          p[`conv${i}/offset`] as Tensor1D,
        ).y,
      ),
      { size: 2, stride: 2 },
    );
  const h = FILTERS.reduce((x, _, i) => block(x, i), tf.avgPool(images, 2, 2, 'valid'));
  return nn.dense(tf.reshape(h, [images.shape[0], -1]), p['out/kernel'] as Tensor2D, p['out/bias'] as Tensor1D);
}

function start(
  seed: number,
  { inputShape: [height, width, channels], classes }: PreparedData['dataset'],
): NamedTensors {
  const normals = (shape: number[], deviation: number, name: string): Tensor => {
    const { normal } = stream(seed, 'label-noise', name);
    return tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => deviation * normal()),
      shape,
    );
  };
  const inputs = [channels, ...FILTERS];
  const features = Math.floor(height / 8) * Math.floor(width / 8) * FILTERS.at(-1)!;
  return {
    ...(Object.assign(
      {},
      ...FILTERS.map((filters, i) => ({
        [`conv${i}/kernel`]: normals([3, 3, inputs[i]!, filters], Math.sqrt(2 / (9 * inputs[i]!)), `conv${i}`),
        [`conv${i}/scale`]: tf.ones([filters]),
        [`conv${i}/offset`]: tf.zeros([filters]),
      })),
    ) as NamedTensors),
    'out/kernel': normals([features, classes], Math.sqrt(1 / features), 'out'),
    'out/bias': tf.zeros([classes]),
  };
}

export interface NoisyTraining {
  readonly data: PreparedData;
  readonly seed: number;
  readonly optimizer: optimizers.OptimizerConfigInput;
  readonly batchSize: number;
  /** Budget of batch gradients, whatever they are used for. */
  readonly gradients: number;
  /** Number of test evaluations, evenly spaced in gradients. */
  readonly looks: number;
  readonly augment: boolean;
}

export interface NoisyResult {
  /** Test accuracy at each evaluation. */
  readonly accuracies: readonly number[];
  readonly best: number;
  readonly last: number;
  /** Accuracy on the noisy training labels at the end. */
  readonly training: number;
  readonly gradients: number;
}

const CHANGES = { crop: 4, flip: true };
const EVALUATED = 250;

/** Trains until the gradient budget is used up. */
export function trainOnNoise({
  data,
  seed,
  optimizer,
  batchSize,
  gradients,
  looks,
  augment,
}: NoisyTraining): NoisyResult {
  const { splits, normalization, dataset } = data;
  const train = training.exampleSource(
    batches(splits.train, {
      batchSize,
      seed,
      normalization,
      name: 'label-noise',
      ...(augment && { augment: CHANGES }),
    }),
  );
  const parts = { test: splits.test, train: splits.train };
  const totalSteps = stepsWithin(gradients, optimizer);
  const trainer = optimizers.createTrainer(optimizer, {
    stepsPerEpoch: train.steps,
    totalSteps,
    examples: train.count,
    roleOf: (name) => (name.endsWith('kernel') ? 'kernel' : 'bias'),
  });
  let weights = start(seed, dataset);
  let state = optimizers.emptyState;
  let spent = 0;
  const accuracies: number[] = [];
  const accuracy = (part: keyof typeof parts): number => {
    const all = training.exampleSource(
      batches(parts[part], {
        batchSize: Math.min(EVALUATED, parts[part].indices.length),
        seed,
        normalization,
        shuffle: false,
        name: 'judge',
      }),
    );
    let correct = 0;
    for (let step = 0; step < all.steps; step++)
      correct += training.withBatch(all, 0, step, ({ inputs, labels }) =>
        tidy(
          () =>
            tf
              .sum(tf.cast(tf.equal(tf.argMax(logits(weights, inputs as Tensor4D), 1), labels), 'float32'))
              .dataSync()[0]!,
        ),
      );
    return correct / all.count;
  };
  for (let step = 0; step < totalSteps; step++) {
    const result = training.withBatch(
      train,
      Math.floor(step / train.steps),
      step % train.steps,
      ({ inputs, labels }) => {
        const evaluate: optimizers.Evaluate = (parameters) => {
          const { value, gradients: found } = valueAndGradients(
            (p) => tf.mean(nn.softmaxCrossEntropy(logits(p, inputs as Tensor4D), labels as Tensor1D)),
            parameters,
          );
          return { loss: value, gradients: found };
        };
        return trainer.step(evaluate, weights, state, { step, seed, batchSize });
      },
    );
    for (const name of Object.keys(result.parameters)) weights[name]!.dispose();
    weights = { ...weights, ...result.parameters };
    state = optimizers.replaceState(state, result.state);
    spent += result.gradientEvaluations;
    if (Math.floor(((step + 1) * looks) / totalSteps) > Math.floor((step * looks) / totalSteps))
      accuracies.push(accuracy('test'));
  }
  const onTraining = accuracy('train');
  disposeNamed(weights);
  disposeNamed(state.tensors);
  return {
    accuracies,
    best: Math.max(...accuracies),
    last: accuracies.at(-1)!,
    training: onTraining,
    gradients: spent,
  };
}
