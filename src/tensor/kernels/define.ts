/**
 * Weft's own kernels: one name, one implementation per backend, one gradient.
 *
 * A gradient must consist of kernels that have gradients themselves: then second derivatives are exact. What it
 * saves, inputs or outputs, keeps its history; see `saved-copies.ts`.
 */
import { tf, tidy, type Tensor } from '../library.js';
import { type NativeBackend } from './raw-op.js';

type Inputs = Record<string, Tensor>;
type Gradients<I extends Inputs> = { [name in keyof I]?: () => Tensor };

export interface KernelDefinition<I extends Inputs, A, O extends Tensor | Tensor[]> {
  name: string;
  /** On tfjs-node and tfjs-node-gpu. */
  native: (inputs: I, attributes: A, backend: NativeBackend) => O;
  /** On WebAssembly and plain JavaScript, from operations that both have. Runs in a tidy, off the tape. */
  plain: (inputs: I, attributes: A) => O;
  gradient?: GradientDefinition<I, A, O>;
}

export interface GradientDefinition<I extends Inputs, A, O extends Tensor | Tensor[]> {
  /** Inputs that the gradient needs. */
  save: readonly (keyof I & string)[];
  /** Outputs that the gradient needs, by position. */
  saveOutputs?: boolean[];
  /** Gradients of the loss with respect to the inputs, from those with respect to the outputs and the saved tensors. */
  backward: (dy: O, saved: Tensor[], attributes: A) => Gradients<I>;
}

const INDEPENDENT = Symbol.for('weft.independent');

/**
 * For `backward`: the result does not depend on this input, so nothing is computed. Only Weft's own walk of the tape
 * recognizes it.
 */
export const independent = Object.assign(
  (): Tensor => {
    throw new Error('an independent input has no gradient to compute');
  },
  // TensorFlow.js keeps one gradient table per process. A mark, not identity, tells these gradients, in case Weft is
  // loaded twice.
  { [INDEPENDENT]: true },
);

/** Whether a gradient of a kernel is `independent`. */
export const isIndependent = (gradient: object): boolean => INDEPENDENT in gradient;

/** Runs the kernel, on the tape if there is one. */
export type Kernel<I extends Inputs, A, O extends Tensor | Tensor[] = Tensor> = (inputs: I, attributes: A) => O;

/**
 * A kernel for every backend. It is registered when it is called for the first time, so that defining it does not load
 * TensorFlow.js.
 */
export function defineKernel<I extends Inputs, A extends object, O extends Tensor | Tensor[]>({
  name,
  native,
  plain,
  gradient,
}: KernelDefinition<I, A, O>): Kernel<I, A, O> {
  const kernel =
    (f: (inputs: I, attributes: A, backend: NativeBackend) => O): tf.KernelFunc =>
    ({ inputs, attrs, backend }) =>
      f(inputs as unknown as I, attrs as unknown as A, backend as NativeBackend);
  const register = (): void => {
    tf.registerKernel({ kernelName: name, backendName: 'tensorflow', kernelFunc: kernel(native) });
    for (const backendName of ['wasm', 'cpu']) {
      tf.registerKernel({
        kernelName: name,
        backendName,
        kernelFunc: kernel((inputs, attributes) => tidy(() => plain(inputs, attributes))),
      });
    }
    if (gradient) defineGradient(name, gradient);
  };
  let registered = false;
  return (inputs, attributes) => {
    if (!registered) register();
    registered = true;
    return runKernel(name, inputs, attributes) as O;
  };
}

/** Replaces the gradient of a kernel, whether Weft's or the library's. */
export function defineGradient<I extends Inputs, A, O extends Tensor | Tensor[]>(
  kernelName: string,
  { save, saveOutputs, backward }: GradientDefinition<I, A, O>,
): void {
  if (tf.getGradient(kernelName)) tf.unregisterGradient(kernelName);
  tf.registerGradient({
    kernelName,
    inputsToSave: [...save],
    ...(saveOutputs && { outputsToSave: saveOutputs }),
    gradFunc: (dy, saved, attributes) =>
      backward(dy as O, saved, attributes as unknown as A) as Record<string, () => Tensor>,
  });
}

/** Runs any kernel by name, on the tape if there is one. */
export function runKernel(name: string, inputs: Inputs, attributes: object = {}): Tensor | Tensor[] {
  return tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap);
}
