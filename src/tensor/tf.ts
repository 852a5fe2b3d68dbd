/**
 * TensorFlow.js with Weft's kernels and gradients installed. The project imports it from here only.
 */
import { installKernels } from './kernels/index.js';
import { whenLoaded } from './library.js';

export { tf, tidy, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D } from './library.js';

whenLoaded(installKernels);
