/** Pooling. */
import {
  avgPool as averageWindows,
  globalAveragePool as averageAll,
  maxPool as maximumOfWindows,
  type Pool2D,
} from '../tensor/nn.js';
import { type Tensor4D } from '../tensor/tf.js';
import { channelwise } from './channels.js';
import { type Operation } from './operation.js';
import { type Padding, slide, soleInput } from './shapes.js';

export interface PoolOptions {
  size: number;
  stride?: number;
  padding?: Padding;
}

/** Maximum of each window: [H,W,C] -> [H',W',C]. */
export function maxPool(options: PoolOptions): Operation {
  return pool('max-pool', options, maximumOfWindows);
}

/** Mean of each window, padding not counted: [H,W,C] -> [H',W',C]. */
export function avgPool(options: PoolOptions): Operation {
  return pool('avg-pool', options, averageWindows);
}

function pool(
  kind: string,
  { size, stride = 1, padding = 'same' }: PoolOptions,
  apply: (x: Tensor4D, options: Pool2D) => Tensor4D,
): Operation {
  return {
    kind,
    elastic: true,
    config: { size, stride, padding },
    build(inputs) {
      const shape = soleInput(kind, inputs, 3);
      return {
        output: [...slide(kind, shape, size, stride, padding), shape[2]!],
        parameters: {},
        channels: channelwise(),
        forward: ([x]) => apply(x as Tensor4D, { size, stride, padding }),
      };
    },
  };
}

/** Mean over height and width: [H,W,C] -> [C]. */
export function globalAveragePool(): Operation {
  return {
    kind: 'global-average-pool',
    elastic: true,
    config: {},
    build: (inputs) => ({
      output: [soleInput('global-average-pool', inputs, 3)[2]!],
      parameters: {},
      channels: channelwise(),
      forward: ([x]) => averageAll(x as Tensor4D),
    }),
  };
}
