/** Halves the resolution without discarding positions. */
import { WeftError } from '../errors.js';
import { factorizedReduction as joinHalves } from '../tensor/nn.js';
import { type Tensor4D } from '../tensor/tf.js';
import { heNormal } from './initializers.js';
import { type Operation } from './operation.js';
import { soleInput } from './shapes.js';

/**
 * Two 1x1 convolutions of stride 2, the second on the input shifted by one pixel, concatenated along the
 * channels: [H,W,C] -> [ceil(H/2),ceil(W/2),filters], as in the ENAS child (arXiv 1802.03268).
 */
export function factorizedReduction({ filters }: { filters: number }): Operation {
  if (filters % 2 !== 0)
    throw new WeftError(
      'operation',
      `a factorized reduction to ${filters} filters`,
      'the number of filters must be even',
    );
  return {
    kind: 'factorized-reduction',
    config: { filters },
    build(inputs) {
      const [height, width, channels] = soleInput('factorized-reduction', inputs, 3) as [number, number, number];
      const half = { shape: [1, 1, channels, filters / 2], role: 'kernel', initializer: heNormal(channels) } as const;
      const [down, across] = [Math.ceil(height / 2), Math.ceil(width / 2)];
      return {
        output: [down, across, filters],
        multiplyAdds: down * across * channels * filters,
        parameters: { even: half, odd: half },
        forward: ([x], { parameter }) =>
          joinHalves(x as Tensor4D, parameter('even') as Tensor4D, parameter('odd') as Tensor4D),
      };
    },
  };
}
