/** Everything that changes TensorFlow.js, in one place. */
import { installRelu } from './relu.js';
import { installWasmGradients } from './wasm/index.js';

/** Puts our kernels and gradients in place; called once, by `tf.ts`, before the first tensor exists. */
export function installKernels(): void {
  installRelu();
  installWasmGradients();
}
