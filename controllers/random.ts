/**
 * Uniformly random architectures: the honest baseline that every other strategy has to beat
 * (Li & Talwalkar 2019, arXiv 1902.07638). Small enough to read as a first example of a controller.
 */
import { defineController, drawUniform, type Rng, z } from 'weft-nas';

export const random = defineController({
  name: 'random',
  description: 'Uniformly random architectures; learns nothing. The baseline.',
  options: z.strictObject({}),

  create(_options, { space }) {
    const draw = (count: number, rng: Rng) => drawUniform(space, count, rng);
    return {
      sample: draw,
      propose: draw,
      derive: draw,
      observe: () => ({}),
      snapshot: () => ({ tensors: {}, state: null }),
      restore() {},
      dispose() {},
    };
  },
});

export default random;
