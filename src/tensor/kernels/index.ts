/** Everything that changes TensorFlow.js, in one place. */
import { installArithmetic } from './arithmetic.js';
import { installAvgPool } from './avg-pool.js';
import { installDepthwiseFilter } from './depthwise-filter.js';
import { installMatMul } from './mat-mul.js';
import { installNativeBasics } from './native-basics.js';
import { installReductions } from './reductions.js';
import { installRelu } from './relu.js';
import { installSaturating } from './saturating.js';
import { installSavedCopies } from './saved-copies.js';
import { installStockGradients } from './stock-gradients.js';
import { installWasmGradients } from './wasm/index.js';

/** Puts our kernels and gradients in place; called once, by `tf.ts`, before the first tensor exists. */
export function installKernels(): void {
  installArithmetic();
  installAvgPool();
  installReductions();
  installRelu();
  installSaturating();
  installSavedCopies();
  installStockGradients();
  installWasmGradients();
}

/** What replaces kernels of the native backend; called when that has been loaded. */
export function installNativeKernels(): void {
  installDepthwiseFilter();
  installMatMul();
  installNativeBasics();
}
