/**
 * The tape: while a gradient is being computed, TensorFlow.js records every kernel that runs, each with a
 * function from the gradients of its outputs to those of its inputs. Walking it backwards is
 * reverse-mode differentiation; recording that walk too gives second derivatives.
 *
 * The library's own backward walk is not used. It scans the parameters once per kernel, stops with an error at kernels
 * whose outputs are integers or booleans, where the derivative is zero, keeps every intermediate gradient to the end,
 * and discards its tape.
 */
import { WeftError } from '../errors.js';
import { isIndependent } from './kernels/define.js';
import { sumFromLeft } from './sum.js';
import { tf, type Tensor } from './tf.js';

/** One kernel run: what went in, what came out, and the backward pass. */
export interface TapeNode {
  readonly id: number;
  /** The kernel's name; for a `tf.customGrad`, the name of the enclosing scope. */
  readonly kernelName: string;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: readonly Tensor[];
  /** Tensors and other objects that the backward pass needs; the owner of the tape disposes them. */
  readonly saved: readonly { dispose(): void }[];
  readonly gradient?: (outputGradients: (Tensor | undefined)[]) => Record<string, () => Tensor>;
}

/** Kernel runs in the order of execution. */
export type Tape = TapeNode[];

interface EngineState {
  activeTape: Tape | null;
  gradientDepth: number;
}

const engineState = (): EngineState => tf.engine().state as unknown as EngineState;

/** The tape that is being recorded, if any. */
export function activeTape(): Tape | undefined {
  const state = engineState();
  return state.gradientDepth > 0 ? state.activeTape! : undefined;
}

/** Runs `f` with its kernels appended to `tape`, or, without a tape, with nothing recorded. */
export function recordOn<T>(tape: Tape | undefined, f: () => T): T {
  const state = engineState();
  const before = { activeTape: state.activeTape, gradientDepth: state.gradientDepth };
  state.activeTape = tape ?? null;
  state.gradientDepth = tape ? 1 : 0;
  try {
    return f();
  } finally {
    Object.assign(state, before);
  }
}

/** Disposes what the nodes keep alive. */
export function releaseTape(tape: readonly TapeNode[]): void {
  for (const node of tape) for (const one of node.saved) one.dispose();
}

/** Derivatives pass through floating-point values only; an index or a comparison is locally constant. */
const carriesGradient = (tensor: Tensor): boolean => tensor.dtype === 'float32';

/** Ids of all tensors that are functions of `sources`, the sources included. */
function dependents(tape: readonly TapeNode[], sources: readonly Tensor[]): Set<number> {
  const ids = new Set(sources.map((source) => source.id));
  for (const node of tape) {
    for (const name in node.inputs) {
      if (!ids.has(node.inputs[name]!.id)) continue;
      for (const output of node.outputs) if (carriesGradient(output)) ids.add(output.id);
      break;
    }
  }
  return ids;
}

/** The nodes through which `sources` influence any of `targets`, in order. */
export function pathBetween(
  tape: readonly TapeNode[],
  sources: readonly Tensor[],
  targets: readonly Tensor[],
): TapeNode[] {
  const dependent = dependents(tape, sources);
  const needed = new Set(targets.map((target) => target.id));
  const path: TapeNode[] = [];
  for (let i = tape.length - 1; i >= 0; i--) {
    const node = tape[i]!;
    if (!node.outputs.some((output) => needed.has(output.id) && dependent.has(output.id))) continue;
    let reached = false;
    for (const name in node.inputs) {
      const { id } = node.inputs[name]!;
      if (!dependent.has(id)) continue;
      needed.add(id);
      reached = true;
    }
    if (reached) path.push(node);
  }
  return path.reverse();
}

/** A tensor of the tape together with the gradient of the final result with respect to it. */
export type Cotangent = readonly [tensor: Tensor, gradient: Tensor];

export interface BackpropagateOptions {
  /** Dispose each node's saved tensors as soon as the walk has passed it; the tape cannot be used again. */
  release?: boolean;
}

/**
 * Reverse-mode differentiation: the sum over the targets of (d target / d source)ᵀ · cotangent, for every
 * source; `undefined` for a source that no target depends on. Runs inside the caller's tidy.
 */
export function backpropagate(
  tape: readonly TapeNode[],
  cotangents: readonly Cotangent[],
  sources: readonly Tensor[],
  { release = false }: BackpropagateOptions = {},
): (Tensor | undefined)[] {
  const dependent = dependents(tape, sources);
  const gradients = accumulator(cotangents.map(([, gradient]) => gradient));
  const wanted = new Set(sources.map((source) => source.id));
  for (const [tensor, gradient] of cotangents) if (dependent.has(tensor.id)) gradients.add(tensor.id, gradient);

  // If this walk is itself recorded, the tape grows during it; the new nodes belong to the next walk.
  for (let i = tape.length - 1; i >= 0; i--) {
    const node = tape[i]!;
    const outputGradients = node.outputs.map((output) => gradients.sum(output.id));
    if (outputGradients.some((gradient) => gradient !== undefined)) {
      stepBack(node, outputGradients, dependent, gradients.add);
      for (const output of node.outputs) if (!wanted.has(output.id)) gradients.drop(output.id);
    }
    if (release) for (const tensor of node.saved) tensor.dispose();
  }
  return sources.map((source) => gradients.take(source.id));
}

/** Sums of gradients by tensor id; disposes tensors that are no longer referenced, except the caller's own. */
function accumulator(borrowed: readonly Tensor[]) {
  const terms = new Map<number, Tensor[]>();
  // A gradient may be passed through unchanged, or be that of two inputs: then it is held twice.
  const holders = new Map<number, number>(borrowed.map((tensor) => [tensor.id, 1]));
  const hold = (tensor: Tensor): Tensor => {
    holders.set(tensor.id, (holders.get(tensor.id) ?? 0) + 1);
    return tensor;
  };
  const letGo = (tensor: Tensor): void => {
    const others = holders.get(tensor.id)! - 1;
    holders.set(tensor.id, others);
    if (others === 0) tensor.dispose();
  };
  return {
    add(id: number, gradient: Tensor): void {
      // Tensors that the tape has saved are disposed with the tape.
      const term = hold(gradient.kept ? tf.clone(gradient) : gradient);
      const others = terms.get(id);
      if (others) others.push(term);
      else terms.set(id, [term]);
    },
    /** The sum; called only once all terms have been added. */
    sum(id: number): Tensor | undefined {
      const parts = terms.get(id);
      if (!parts || parts.length === 1) return parts?.[0];
      const total = hold(sumFromLeft(parts));
      parts.forEach(letGo);
      terms.set(id, [total]);
      return total;
    },
    /** The sum as a tensor that the caller owns. */
    take(id: number): Tensor | undefined {
      const total = this.sum(id);
      if (!total) return undefined;
      return holders.get(total.id) === 1 ? hold(total) : tf.clone(total);
    },
    drop(id: number): void {
      terms.get(id)?.forEach(letGo);
      terms.delete(id);
    },
  };
}

function stepBack(
  node: TapeNode,
  outputGradients: (Tensor | undefined)[],
  dependent: ReadonlySet<number>,
  add: (id: number, gradient: Tensor) => void,
): void {
  const names = Object.keys(node.inputs).filter((name) => dependent.has(node.inputs[name]!.id));
  if (names.length === 0) return;
  if (!node.gradient) throw withoutGradient(`'${node.kernelName}' has no gradient`);
  const inputGradients = node.gradient(outputGradients);
  for (const name of names) {
    const { id, shape } = node.inputs[name]!;
    const gradientOf = inputGradients[name];
    if (!gradientOf) throw withoutGradient(`'${node.kernelName}' has no gradient for its input '${name}'`);
    if (isIndependent(gradientOf)) continue;
    const gradient = tf.tidy(gradientOf);
    if (gradient.dtype !== 'float32' || !tf.util.arraysEqual(gradient.shape, shape)) {
      throw new WeftError(
        'operation',
        `the kernel '${node.kernelName}' of an operation gives its input '${name}' of shape [${shape}] a gradient of ${gradient.dtype} [${gradient.shape}]`,
        'the gradient of an input has its shape and is float32',
      );
    }
    add(id, gradient);
  }
}

/** Thrown for operations of the user's own, which may call any function of TensorFlow.js. */
function withoutGradient(which: string): WeftError {
  return new WeftError(
    'operation',
    `the kernel ${which}, so the weights before it cannot be trained`,
    'write the operation with functions of TensorFlow.js that have gradients, or define one with tf.customGrad',
  );
}
