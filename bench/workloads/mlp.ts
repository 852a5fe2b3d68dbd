/** Training steps of plain networks: little arithmetic relative to call overhead. */
import { compiledTrainer } from '../../src/chain/compiled.js';
import { chain } from '../../src/chain/chain.js';
import { type Link } from '../../src/chain/link.js';
import { emptyState, replaceState } from '../../src/chain/state.js';
import { scaleByAdam } from '../../src/chain/transforms/adaptive.js';
import { clipByGlobalNorm } from '../../src/chain/transforms/clip.js';
import { scaleByLearningRate } from '../../src/chain/transforms/learning-rate.js';
import { trace } from '../../src/chain/transforms/momentum.js';
import { sam } from '../../src/optimizers/flatness/sam.js';
import { valueAndGradients } from '../../src/tensor/autodiff.js';
import { type NamedTensors } from '../../src/tensor/named.js';
import * as nn from '../../src/tensor/nn.js';
import { tf, type Tensor1D, type Tensor2D } from '../../src/tensor/tf.js';
import { type Running, type Workload } from '../workload.js';
import { draws } from './random-tensors.js';

type Optimizer = 'sgd' | 'momentum' | 'adam' | 'sam';

const rate = scaleByLearningRate(() => 0.01);
const LINKS: Record<Optimizer, readonly Link[]> = {
  sgd: [rate],
  momentum: [clipByGlobalNorm(10), trace(), rate],
  adam: [clipByGlobalNorm(10), scaleByAdam(), rate],
  sam: [sam(), clipByGlobalNorm(10), trace(), rate],
};

export function mlp(sizes: readonly number[] = [784, 256, 10], batch = 64, optimizer: Optimizer = 'sgd'): Workload {
  return {
    name: `MLP step, ${sizes.join('-')}, batch ${batch}, ${optimizer}`,
    // Forward, and back to the weights of each layer and to the inputs of all but the first; SAM does it twice.
    gigaOperations:
      ((optimizer === 'sam' ? 2 : 1) *
        sizes.slice(1).reduce((sum, size, i) => sum + (i === 0 ? 2 : 3) * 2 * batch * size * sizes[i]!, 0)) /
      1e9,
    block: 100,
    warmUp: 100,
    anchors: [{ name: 'PyTorch', module: 'mlp', options: { sizes, batch, optimizer } }],
    prepare(): Running {
      const { normal, whole } = draws('mlp');
      const layers = sizes.slice(1).map((_, i) => i);
      let parameters: NamedTensors = Object.fromEntries(
        layers.flatMap((i) => [
          [`kernel${i}`, tf.mul(normal([sizes[i]!, sizes[i + 1]!]), Math.sqrt(1 / sizes[i]!))],
          [`bias${i}`, tf.zeros([sizes[i + 1]!])],
        ]),
      );
      const x = normal([batch, sizes[0]!]) as Tensor2D;
      const labels = whole(batch, sizes.at(-1)!);
      const loss = (p: NamedTensors): tf.Scalar => {
        const logits = layers.reduce((h, i) => {
          const y = nn.dense(h, p[`kernel${i}`] as Tensor2D, p[`bias${i}`] as Tensor1D);
          return i === layers.at(-1) ? y : nn.relu(y);
        }, x);
        return tf.mean(nn.softmaxCrossEntropy(logits, labels));
      };
      const compiled = compiledTrainer(chain(...LINKS[optimizer]));
      let state = emptyState;
      return {
        step(step) {
          const { parameters: next, state: after } = compiled.step({
            lossFor: () => ({
              evaluate(current) {
                const { value, gradients } = valueAndGradients(loss, current);
                return { loss: value, gradients };
              },
              context: {},
            }),
            parameters,
            state,
            step,
            inputs: { x, labels },
            key: 'mlp',
            due: 1000,
            isAtRest: () => false,
          });
          tf.dispose(Object.values(parameters));
          parameters = next;
          state = replaceState(state, after);
        },
        dispose() {
          compiled.dispose();
          tf.dispose([x, labels, ...Object.values(parameters), ...Object.values(state.tensors)]);
        },
      };
    },
  };
}
