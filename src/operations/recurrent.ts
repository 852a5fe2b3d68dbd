/** Recurrent layers over sequences [T,F]; their state is carried to the next batch if the text continues. */
import { WeftError } from '../errors.js';
import { dense, recurrentCell as unroll, type CellActivation, type CellNode } from '../tensor/nn.js';
import { recordOn } from '../tensor/tape.js';
import { tf, type Tensor, type Tensor1D, type Tensor2D } from '../tensor/tf.js';
import { atEachPlace } from './dense.js';
import { type Initializer, zeros } from './initializers.js';
import { type Context, type Json, type Operation, type OperationFamily, type ParameterSpec } from './operation.js';
import { soleInput } from './shapes.js';

export const CELL_ACTIVATIONS = ['tanh', 'relu', 'identity', 'sigmoid'] as const satisfies readonly CellActivation[];

/**
 * One searched node: which earlier value it reads (0 is the entry's, i that of the i-th searched node), and its
 * activation.
 */
export interface CellChoices {
  readonly previous: number;
  readonly activation: CellActivation;
}

export interface RecurrentCellOptions {
  /** Number of searched nodes, after the entry that mixes input and previous state by tanh. */
  nodes: number;
  /** Size of the state. */
  hidden: number;
  /** The state is the mean of the nodes that no other node reads, or of all searched nodes. */
  output?: 'leaves' | 'all';
  /** Kernels are initialized uniformly from ±limit. */
  limit?: number;
  /**
   * Maximum norm of a state that is carried to the next batch: states of cells with unbounded activations can grow
   * without limit.
   */
  maxNorm?: number;
}

/**
 * The recurrent cells of ENAS (Pham et al. 2018, arXiv 1802.03268, section 2.1) over a sequence: [T,F] -> [T,hidden].
 * Each node reads one earlier one through a highway: h_j = σ(h_i·C_ij)·f_j(h_i·W_ij) + (1 − σ(h_i·C_ij))·h_i. A kernel
 * belongs to a pair of nodes, so cells that connect the same pair share it.
 */
export function recurrentCell({
  nodes,
  hidden,
  output = 'leaves',
  limit = 1 / Math.sqrt(hidden),
  maxNorm = 25,
}: RecurrentCellOptions): OperationFamily<readonly CellChoices[]> {
  const initializer: Initializer = { kind: 'uniform', limit };
  const kernel = (rows: number): ParameterSpec => ({ shape: [rows, 2 * hidden], role: 'kernel', initializer });
  const layer = (
    inputs: Parameters<OperationFamily['build']>[0],
    pairs: readonly string[],
  ): ReturnType<OperationFamily['build']> => {
    const [length, features] = soleInput('recurrent-cell', inputs, 2) as [number, number];
    return {
      output: [length, hidden],
      parameters: {
        entry: kernel(features + hidden),
        ...Object.fromEntries(pairs.map((pair) => [pair, kernel(hidden)])),
      },
      states: { h: [hidden] },
      multiplyAdds: length * 2 * hidden * (features + hidden + hidden * pairs.length),
    };
  };
  return {
    kind: 'recurrent-cell',
    config: { nodes, hidden, output, maxNorm },
    build: (inputs) =>
      layer(
        inputs,
        Array.from({ length: nodes }, (_, i) => i + 1).flatMap((j) => Array.from({ length: j }, (_, i) => `${i}-${j}`)),
      ),
    member(choices) {
      if (choices.length !== nodes)
        throw new WeftError('operation', `a recurrent cell of ${nodes} nodes got choices for ${choices.length}`);
      const cell: CellNode[] = [
        { from: 0, activation: 'tanh' },
        ...choices.map(({ previous, activation }) => ({ from: previous, activation })),
      ];
      const kernels = cell.map(({ from }, j) => (j === 0 ? 'entry' : `${from}-${j}`));
      const outputs =
        output === 'all'
          ? cell.flatMap((_, j) => (j > 0 ? [j] : []))
          : cell.flatMap((_, j) => (cell.some(({ from }, reader) => reader > 0 && from === j) ? [] : [j]));
      return {
        kind: 'recurrent-cell',
        config: { hidden, output, maxNorm, cell: treeOf(cell, 0) },
        build: (inputs) => ({
          ...layer(inputs, kernels.slice(1)),
          forward: ([x], context) =>
            alongTime(x!, hidden, maxNorm, context, (steps, state) =>
              unroll({ x: steps, state, kernels: kernels.map((name) => context.parameter(name)) }, cell, outputs),
            ),
        }),
      };
    },
  };
}

/** The cell as a tree from its entry; the order in which equal readers are numbered does not matter. */
function treeOf(cell: readonly CellNode[], node: number): Json {
  const readers = cell.flatMap(({ from }, j) => (j > 0 && from === node ? [treeOf(cell, j)] : []));
  return [cell[node]!.activation, ...readers.map((tree) => JSON.stringify(tree)).sort()];
}

/**
 * A long short-term memory (Hochreiter & Schmidhuber 1997, with forget gates of Gers et al. 2000) over a sequence:
 * [T,F] -> [T,hidden]. Gates in the order i, f, o, g; the forget gate starts open, with a bias of one.
 */
export function lstm({ hidden }: { hidden: number }): Operation {
  const limit = 1 / Math.sqrt(hidden);
  return {
    kind: 'lstm',
    config: { hidden },
    build(inputs) {
      const [length, features] = soleInput('lstm', inputs, 2) as [number, number];
      const kernel = (rows: number): ParameterSpec => ({
        shape: [rows, 4 * hidden],
        role: 'kernel',
        initializer: { kind: 'uniform', limit },
      });
      return {
        output: [length, hidden],
        parameters: {
          input: kernel(features),
          recurrent: kernel(hidden),
          bias: { shape: [4 * hidden], role: 'bias', initializer: zeros },
        },
        states: { h: [hidden], c: [hidden] },
        multiplyAdds: length * 4 * hidden * (features + hidden),
        forward: ([x], context) => unrollLstm(x!, hidden, context),
      };
    },
  };
}

function unrollLstm(x: Tensor, hidden: number, context: Context): Tensor {
  const [recurrent, bias] = [context.parameter('recurrent') as Tensor2D, context.parameter('bias') as Tensor1D];
  // The contribution of the input is one product over all steps.
  const fromInput = atEachPlace(tf.transpose(x, [1, 0, 2]), (rows) =>
    dense(rows, context.parameter('input') as Tensor2D, bias),
  );
  const steps = x.shape[1] === 1 ? [tf.squeeze(fromInput, [0])] : tf.unstack(fromInput);
  let [h, c] = [context.state('h') ?? zerosFor(x, hidden), context.state('c') ?? zerosFor(x, hidden)];
  const states = steps.map((step) => {
    const [i, f, o, g] = tf.split(tf.add(step, tf.matMul(h as Tensor2D, recurrent)), 4, 1) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    c = tf.add(tf.mul(tf.sigmoid(tf.add(f, 1)), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
    h = tf.mul(tf.sigmoid(o), tf.tanh(c));
    return h;
  });
  recordOn(undefined, () => {
    context.carry('h', h);
    context.carry('c', c);
  });
  return tf.stack(states, 1);
}

/** Zeros [N,size] for x [N,T,F], made from x so that an exported graph need not know N, and without arithmetic. */
function zerosFor(x: Tensor, size: number): Tensor {
  return recordOn(undefined, () =>
    tf.tile(tf.zerosLike(tf.reshape(tf.slice(x, [0, 0, 0], [-1, 1, 1]), [-1, 1])), [1, size]),
  );
}

/** Runs a recurrence over x [N,T,F], from the carried state or zeros, and carries the last state on. */
function alongTime(
  x: Tensor,
  hidden: number,
  maxNorm: number,
  context: Context,
  run: (steps: Tensor, state: Tensor) => Tensor,
): Tensor {
  const state = context.state('h') ?? zerosFor(x, hidden);
  const states = run(tf.transpose(x, [1, 0, 2]), state);
  recordOn(undefined, () => {
    const last = tf.reshape(tf.slice(states, [x.shape[1]! - 1, 0, 0], [1, -1, -1]), [-1, hidden]);
    context.carry('h', tf.mul(last, tf.minimum(1, tf.div(maxNorm, tf.maximum(tf.norm(last, 2, 1, true), 1e-6)))));
  });
  return tf.transpose(states, [1, 0, 2]);
}
