/** Batch and layer normalization. */
import { WeftError } from '../errors.js';
import { batchNorm as normalizeBatch, batchNormInference, layerNorm as normalizeLayer } from '../tensor/nn.js';
import { type Tensor1D } from '../tensor/tf.js';
import { channelwise } from './channels.js';
import { ones, zeros } from './initializers.js';
import { type Operation, type ParameterSpec } from './operation.js';
import { soleInput } from './shapes.js';

/**
 * Batch normalization over all axes but the last (Ioffe & Szegedy 2015), with the batch's statistics or the running
 * ones, depending on the mode. Shared-weight evaluation uses the batch's: the running ones mix all children.
 */
export function batchNorm({ epsilon = 1e-5 }: { epsilon?: number } = {}): Operation {
  return {
    kind: 'batch-norm',
    elastic: true,
    config: { epsilon },
    build(inputs) {
      const shape = soleInput('batch-norm', inputs);
      const channels = shape.at(-1)!;
      return {
        output: shape,
        parameters: affine(channels),
        // With a single value per channel, mean and value are the same, and every example would become the offset.
        fewestExamples: shape.slice(0, -1).every((length) => length === 1) ? 2 : 1,
        statistics: { mean: { shape: [channels], initial: 0 }, variance: { shape: [channels], initial: 1 } },
        channels: channelwise('scale', 'offset', 'mean', 'variance'),
        forward([x], { parameter, statistic, record, mode }) {
          if (mode.normalization === 'none') return x!;
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
          if (x!.size === channels)
            throw new WeftError(
              'operation',
              'batch normalization with a single value in each channel, from a batch of one example, would always give the offset',
              'use batches of at least 2 examples, or running statistics',
            );
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
    elastic: true,
    config: { epsilon },
    build(inputs) {
      const shape = soleInput('layer-norm', inputs);
      const channels = shape.at(-1)!;
      return {
        output: shape,
        parameters: affine(channels),
        channels: channelwise('scale', 'offset'),
        forward: ([x], { parameter, mode }) =>
          mode.normalization === 'none'
            ? x!
            : normalizeLayer(x!, parameter('scale') as Tensor1D, parameter('offset') as Tensor1D, epsilon),
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
