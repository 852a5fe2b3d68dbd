/** One step of plain SGD on a network with one hidden layer: all dispatch, little arithmetic. */
import { emptyState } from '../../src/chain/state.js';
import { chain } from '../../src/chain/chain.js';
import { scaleByLearningRate } from '../../src/chain/transforms/learning-rate.js';
import { valueAndGradients } from '../../src/tensor/autodiff.js';
import { type NamedTensors } from '../../src/tensor/named.js';
import * as nn from '../../src/tensor/nn.js';
import { stream } from '../../src/tensor/rng.js';
import { tf, type Tensor1D, type Tensor2D } from '../../src/tensor/tf.js';
import { type Running, type Workload } from '../workload.js';

export function mlp(sizes: [inputs: number, hidden: number, classes: number] = [784, 256, 10], batch = 64): Workload {
  return {
    name: `MLP step, ${sizes.join('-')}, batch ${batch}`,
    block: 100,
    anchors: [{ name: 'PyTorch', module: 'mlp', options: { sizes, batch } }],
    prepare(): Running {
      const [inputs, hidden, classes] = sizes;
      const rng = stream('bench', 'mlp');
      const normal = (shape: number[], deviation = 1) =>
        tf.tensor(
          Float32Array.from(
            { length: shape.reduce((product, length) => product * length, 1) },
            () => deviation * rng.normal(),
          ),
          shape,
        );
      let parameters: NamedTensors = {
        kernel1: normal([inputs, hidden], Math.sqrt(1 / inputs)),
        bias1: tf.zeros([hidden]),
        kernel2: normal([hidden, classes], Math.sqrt(1 / hidden)),
        bias2: tf.zeros([classes]),
      };
      const x = normal([batch, inputs]) as Tensor2D;
      const labels = tf.tensor1d(
        Array.from({ length: batch }, () => rng.int(classes)),
        'int32',
      );
      const learningRate = (): number => 0.1;
      const trainer = chain(scaleByLearningRate(learningRate));
      const loss = (p: NamedTensors): tf.Scalar => {
        const first = nn.relu(nn.dense(x, p['kernel1'] as Tensor2D, p['bias1'] as Tensor1D));
        return tf.mean(
          nn.softmaxCrossEntropy(nn.dense(first, p['kernel2'] as Tensor2D, p['bias2'] as Tensor1D), labels),
        );
      };
      return {
        step(index) {
          const before = parameters;
          ({ parameters } = trainer.step(
            (current) => {
              const { value, gradients } = valueAndGradients(loss, current);
              return { loss: value, gradients };
            },
            parameters,
            emptyState,
            { step: index },
          ));
          tf.dispose({ ...before });
        },
        dispose: () => tf.dispose([x, labels, { ...parameters }]),
      };
    },
  };
}
