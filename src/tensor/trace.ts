/** Watches which kernels a computation runs. */
import { tf, type Tensor } from './tf.js';

/** One kernel call. Its tensors are guaranteed to be alive only during the watcher's callback. */
export interface KernelCall {
  readonly name: string;
  /** By the kernel's names for its inputs; for a kernel that takes a list, by position. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly outputs: readonly Tensor[];
}

/**
 * Runs `f` and calls `onCall` for every kernel after it has run, in order. Kernels that a kernel runs itself are part
 * of it, unless `isWhole` is false for its name: then `onCall` receives its parts instead, if it has any.
 */
export function watchKernels<T>(
  f: () => T,
  onCall: (call: KernelCall) => void,
  isWhole: (name: string) => boolean = () => true,
): T {
  const engine = tf.engine();
  const { runKernel } = engine;
  let inside = false;
  let told = 0;
  engine.runKernel = (name, inputs, attributes = {}) => {
    if (inside) return runKernel.call(engine, name, inputs, attributes) as never;
    const whole = isWhole(name);
    const before = told;
    inside = whole;
    let result: Tensor | Tensor[];
    try {
      result = runKernel.call(engine, name, inputs, attributes);
    } finally {
      inside = false;
    }
    if (whole || told === before) {
      told++;
      onCall({
        name,
        inputs: Object.fromEntries(present(inputs)),
        attributes,
        outputs: Array.isArray(result) ? result : [result],
      });
    }
    return result as never;
  };
  try {
    return f();
  } finally {
    engine.runKernel = runKernel;
  }
}

/** Optional inputs, such as a bias, may be missing. */
const present = (inputs: tf.NamedTensorMap): [string, Tensor][] =>
  Object.entries(inputs).filter(([, tensor]) => tensor != null);
