/**
 * A training step of the ENAS language-model space: another random cell at every step, or always the same one, whose
 * steps are compiled.
 */
import { emptyState } from '../../src/chain/state.js';
import { chain } from '../../src/chain/chain.js';
import { compiledTrainer } from '../../src/chain/compiled.js';
import { clipByGlobalNorm } from '../../src/chain/transforms/clip.js';
import { scaleByLearningRate } from '../../src/chain/transforms/learning-rate.js';
import { valueAndGradients } from '../../src/tensor/autodiff.js';
import { type NamedTensors, pickNamed } from '../../src/tensor/named.js';
import * as nn from '../../src/tensor/nn.js';
import { stream } from '../../src/tensor/rng.js';
import { tf, type Tensor1D, type Tensor2D } from '../../src/tensor/tf.js';
import { type Running, type Workload } from '../workload.js';

export interface RecurrentOptions {
  vocabulary?: number;
  hidden?: number;
  nodes?: number;
  batch?: number;
  steps?: number;
  /** Train a single cell, as when the derived one is retrained. */
  one?: boolean;
}

const ACTIVATIONS = ['tanh', 'relu', 'identity', 'sigmoid'] as const;

export function recurrentSupernet({
  vocabulary = 2000,
  hidden = 200,
  nodes = 12,
  batch = 64,
  steps = 35,
  one = false,
}: RecurrentOptions = {}): Workload {
  const rng = stream('bench', 'cells');
  const cells = Array.from({ length: one ? 1 : 20 }, () =>
    Array.from({ length: nodes }, (_, j): nn.CellNode => ({
      from: j === 0 ? 0 : rng.int(j),
      activation: rng.pick(ACTIVATIONS),
    })),
  );
  const architectures = cells.map((cell) => cell.map(({ from, activation }) => [from, activation]));
  return {
    name: `${one ? 'step of one recurrent cell' : 'recurrent-cell step'}, ${nodes} nodes, hidden ${hidden}, batch ${batch}, ${steps} steps, ${vocabulary} words`,
    block: 3,
    ...(one && { warmUp: 8 }),
    anchors: [
      { name: 'PyTorch', module: 'recurrent_cell', options: { vocabulary, hidden, batch, steps, architectures } },
    ],
    prepare(): Running {
      const uniform = (shape: number[], limit = 0.05) =>
        tf.tensor(
          Float32Array.from(
            { length: shape.reduce((product, length) => product * length, 1) },
            () => limit * (2 * rng.uniform() - 1),
          ),
          shape,
        );
      const words = (shape: number[]) =>
        tf.tensor(
          Int32Array.from({ length: batch * steps }, () => rng.int(vocabulary)),
          shape,
          'int32',
        );
      const parameters: Record<string, tf.Tensor> = {
        embedding: uniform([vocabulary, hidden]),
        first: uniform([2 * hidden, 2 * hidden]),
        decoder: uniform([hidden, vocabulary]),
        bias: tf.zeros([vocabulary]),
      };
      for (let j = 1; j < nodes; j++)
        for (let i = 0; i < j; i++) parameters[`${i}-${j}`] = uniform([hidden, 2 * hidden]);
      const [tokens, targets] = [words([steps, batch]), words([steps * batch]) as Tensor1D];
      const state = tf.zeros([batch, hidden]);
      const learningRate = (): number => 1;
      const trainer = chain(clipByGlobalNorm(0.25), scaleByLearningRate(learningRate));
      const compiled = compiledTrainer(trainer);
      const names = (cell: nn.CellNode[]): string[] => cell.map(({ from }, j) => (j === 0 ? 'first' : `${from}-${j}`));
      const loss = (cell: nn.CellNode[], p: NamedTensors): tf.Scalar => {
        const x = nn.embedding(p['embedding'] as Tensor2D, tokens);
        const states = nn.recurrentCell({ x, state, kernels: names(cell).map((name) => p[name]!) }, cell);
        const logits = nn.dense(
          tf.reshape(states, [steps * batch, hidden]),
          p['decoder'] as Tensor2D,
          p['bias'] as Tensor1D,
        );
        return tf.mean(nn.softmaxCrossEntropy(logits, targets));
      };
      return {
        step(index) {
          const cell = cells[index % cells.length]!;
          const active = pickNamed(parameters, ['embedding', 'decoder', 'bias', ...names(cell)]);
          const { parameters: next } = compiled.step({
            lossFor: () => ({
              evaluate(current) {
                const { value, gradients } = valueAndGradients((p) => loss(cell, p), current);
                return { loss: value, gradients };
              },
              context: {},
            }),
            parameters: active,
            state: emptyState,
            step: index,
            inputs: { tokens, targets, state },
            // Searches seldom draw a cell twice.
            key: one ? 'cell' : String(index),
            due: one ? 1000 : 1,
            isAtRest: () => false,
          });
          tf.dispose(Object.keys(next).map((name) => parameters[name]!));
          Object.assign(parameters, next);
        },
        dispose() {
          compiled.dispose();
          tf.dispose([tokens, targets, state, parameters]);
        },
      };
    },
  };
}
