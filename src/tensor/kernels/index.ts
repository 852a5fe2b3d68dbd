/** Every change to TensorFlow.js, in one place. */
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
import { installStridedFilter } from './strided-filter.js';
import { installWasmGradients } from './wasm/index.js';

/** Installs Weft's kernels and gradients; called once, by `tf.ts`, before the first tensor exists. */
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

/** Replaces kernels of the native backend; called once that backend has been loaded. */
export function installNativeKernels(): void {
  installDepthwiseFilter();
  installMatMul();
  installNativeBasics();
  installStridedFilter();
}
