/**
 * TensorFlow.js with our kernels and gradients in place. The one place from which the project takes it.
 */
import { installKernels } from './kernels/index.js';
import { whenLoaded } from './library.js';

export { tf, tidy, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D } from './library.js';

whenLoaded(installKernels);
