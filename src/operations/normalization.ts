/** Batch and layer normalization. */
import { batchNorm as normalizeBatch, batchNormInference, layerNorm as normalizeLayer } from '../tensor/nn.js';
import { type Tensor1D } from '../tensor/tf.js';
import { ones, zeros } from './initializers.js';
import { type Operation, type ParameterSpec } from './operation.js';
import { soleInput } from './shapes.js';

/**
 * Batch normalization over all axes but the last (Ioffe & Szegedy 2015), with the batch's statistics or
 * the running ones as the mode says. Shared-weight evaluation uses the batch's: the running ones mix all children.
 */
export function batchNorm({ epsilon = 1e-5 }: { epsilon?: number } = {}): Operation {
  return {
    kind: 'batch-norm',
    config: { epsilon },
    build(inputs) {
      const shape = soleInput('batch-norm', inputs);
      const channels = shape.at(-1)!;
      return {
        output: shape,
        parameters: affine(channels),
        statistics: { mean: { shape: [channels], initial: 0 }, variance: { shape: [channels], initial: 1 } },
        forward([x], { parameter, statistic, record, mode }) {
          const scale = parameter('scale') as Tensor1D;
          const offset = parameter('offset') as Tensor1D;
          if (mode.normalization === 'running') {
            return batchNormInference(
              x!,
              scale,
              offset,
              statistic('mean') as Tensor1D,
              statistic('variance') as Tensor1D,
              epsilon,
            );
          }
          const { y, mean, variance } = normalizeBatch(x!, scale, offset, epsilon);
          record('mean', mean);
          record('variance', variance);
          return y;
        },
      };
    },
  };
}

/** Layer normalization over the last axis (Ba et al. 2016). */
export function layerNorm({ epsilon = 1e-5 }: { epsilon?: number } = {}): Operation {
  return {
    kind: 'layer-norm',
    config: { epsilon },
    build(inputs) {
      const shape = soleInput('layer-norm', inputs);
      const channels = shape.at(-1)!;
      return {
        output: shape,
        parameters: affine(channels),
        forward: ([x], { parameter }) =>
          normalizeLayer(x!, parameter('scale') as Tensor1D, parameter('offset') as Tensor1D, epsilon),
      };
    },
  };
}

/** A scale and an offset for every channel. */
function affine(channels: number): { scale: ParameterSpec; offset: ParameterSpec } {
  return {
    scale: { shape: [channels], role: 'scale', initializer: ones },
    offset: { shape: [channels], role: 'offset', initializer: zeros },
  };
}
