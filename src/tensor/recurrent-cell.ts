/** The recurrent cell of the ENAS language-model space, unrolled over time. */
import { cellBackward, cellForward, type CellNode, type CellTensors } from './kernels/recurrent-cell.js';
import { type NativeBackend } from './kernels/raw-op.js';
import { savedCopy } from './kernels/saved-copies.js';
import { mapNamed, type NamedTensors } from './named.js';
import { activeTape, backpropagate, recordOn, releaseTape, type Tape } from './tape.js';
import { tf, tidy, type Tensor, type Tensor2D } from './tf.js';
import { isUnrolled } from './unrolled.js';

export type { CellActivation, CellNode } from './kernels/recurrent-cell.js';

const ACTIVATIONS = {
  tanh: (x: Tensor): Tensor => tf.tanh(x),
  relu: (x: Tensor): Tensor => tf.relu(x),
  identity: (x: Tensor): Tensor => x,
  sigmoid: (x: Tensor): Tensor => tf.sigmoid(x),
};

/**
 * The cell of Pham et al. 2018 (arXiv 1802.03268, section 2.1, and the authors' code): with [c|z] = [x_t, h]·K_0 for
 * node 0 and [c|z] = h·K_j for node j, where h is the output of the node that it reads (for node 0 the previous state),
 *
 *     h_j = σ(c)·f_j(z) + (1 − σ(c))·h.
 *
 * The state is the mean of the nodes in `outputs`. x [T,B,E], state [B,H], kernels [E+H,2H] and [H,2H] for each further
 * node -> the states of all steps [T,B,H].
 */
export function recurrentCell(
  tensors: CellTensors,
  nodes: readonly CellNode[],
  outputs: readonly number[] = leaves(nodes),
): tf.Tensor3D {
  const tape = activeTape();
  return (
    tape && !isUnrolled() ? recorded(tape, tensors, nodes, outputs) : composed(tensors, nodes, outputs)
  ) as tf.Tensor3D;
}

/** The nodes that no other node reads. */
function leaves(nodes: readonly CellNode[]): number[] {
  const read = new Set(nodes.slice(1).map(({ from }) => from));
  return nodes.flatMap((_, j) => (read.has(j) ? [] : [j]));
}

/** The cell from ordinary operations: differentiable any number of times. */
function composed({ x, state, kernels }: CellTensors, nodes: readonly CellNode[], outputs: readonly number[]): Tensor {
  let previous = state;
  // (The library's gradient of an unstack into one fails.)
  const inputs = x.shape[0] === 1 ? [tf.squeeze(x, [0])] : tf.unstack(x);
  const states = inputs.map((input) => {
    const values: Tensor[] = [];
    nodes.forEach(({ from, activation }, j) => {
      const h = j === 0 ? previous : values[from]!;
      const read = j === 0 ? tf.concat([input, previous], 1) : h;
      const [gate, candidate] = tf.split(tf.matMul(read as Tensor2D, kernels[j] as Tensor2D), 2, 1);
      values.push(tf.add(h, tf.mul(tf.sigmoid(gate!), tf.sub(ACTIVATIONS[activation](candidate!), h))));
    });
    const shown = outputs.map((j) => values[j]!);
    previous = shown.length === 1 ? shown[0]! : tf.div(tf.addN(shown), shown.length);
    return previous;
  });
  return tf.stack(states);
}

/** A forward pass whose backward pass can be run any number of times, until it is disposed. */
interface Pass {
  y: Tensor;
  /** Gradients of Σ dy·y with respect to x, state and the kernels, in this order. */
  backward(dy: Tensor): (Tensor | undefined)[];
  dispose(): void;
}

/**
 * One entry of the tape for the whole cell. While its gradient is itself recorded, for second derivatives, it is that
 * of the composed cell.
 */
function recorded(tape: Tape, tensors: CellTensors, nodes: readonly CellNode[], outputs: readonly number[]): Tensor {
  const inputs = named(tensors);
  // The inputs themselves may be disposed before the backward pass.
  const saved: NamedTensors = Object.fromEntries(
    Object.entries(inputs).map(([name, tensor]) => [name, savedCopy(tensor)]),
  );
  const begin = tf.getBackend() === 'tensorflow' ? nativePass : composedPass;
  const pass = recordOn(undefined, () => begin(unnamed(saved), nodes, outputs));
  const names = Object.keys(saved);
  tape.push({
    id: nextNodeId(),
    kernelName: 'WeftRecurrentCell',
    inputs,
    outputs: [pass.y],
    saved: [...Object.values(saved), pass],
    gradient: ([dy]) => {
      const around = activeTape();
      const gradients = around ? differentiable(around, saved, nodes, outputs, dy!) : pass.backward(dy!);
      return Object.fromEntries(names.map((name, i) => [name, () => gradients[i] ?? tf.zerosLike(saved[name]!)]));
    },
  });
  return pass.y;
}

/** The gradients of Σ dy·y as functions of the inputs and of dy, recorded on the tape. */
function differentiable(
  tape: Tape,
  inputs: NamedTensors,
  nodes: readonly CellNode[],
  outputs: readonly number[],
  dy: Tensor,
): (Tensor | undefined)[] {
  // Copies, because one input may be a function of another, which this entry must not differentiate.
  const copies = mapNamed(inputs, (tensor) => tf.clone(tensor));
  return backpropagate(tape, [[composed(unnamed(copies), nodes, outputs), dy]], Object.values(copies));
}

function nativePass(tensors: CellTensors, nodes: readonly CellNode[], outputs: readonly number[]): Pass {
  const backend = tf.backend() as unknown as NativeBackend;
  const [y, memory] = cellForward(backend, tensors, nodes, outputs);
  return { y, backward: (dy) => cellBackward(backend, tensors, nodes, outputs, memory, dy), dispose: memory.dispose };
}

function composedPass(tensors: CellTensors, nodes: readonly CellNode[], outputs: readonly number[]): Pass {
  const tape: Tape = [];
  const y = recordOn(tape, () => tidy(() => composed(tensors, nodes, outputs)));
  return {
    y,
    backward: (dy) => backpropagate(tape, [[y, dy]], [tensors.x, tensors.state, ...tensors.kernels]),
    dispose: () => releaseTape(tape.splice(0)),
  };
}

const nextNodeId = (): number => (tf.engine().state as unknown as { nextTapeNodeId: number }).nextTapeNodeId++;

const named = ({ x, state, kernels }: CellTensors): NamedTensors => ({
  x,
  state,
  ...Object.fromEntries(kernels.map((kernel, j) => [`kernel${j}`, kernel])),
});

function unnamed({ x, state, ...kernels }: NamedTensors): CellTensors {
  return { x: x!, state: state!, kernels: Object.keys(kernels).map((_, j) => kernels[`kernel${j}`]!) };
}
