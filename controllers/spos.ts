/**
 * Single path one-shot (Guo et al. 2020, arXiv 1904.00420): shared weights are trained on uniformly random paths, and
 * evolution finds the best path afterwards. Set `search.warmupEpochs` to all epochs but the last, so that rewards are
 * measured on trained weights; the paper makes 20 generations of 50.
 */
import { type Controller, type ControllerSetting, defineController, drawUniform, type ScoredText, z } from 'weft-nas';
import { generationOptions } from './single-path/generations.js';
import { evolvingSearch } from './single-path/search.js';

const options = z.strictObject(generationOptions);

export const spos = defineController({
  name: 'spos',
  description: 'Single path one-shot: uniform training, evolutionary derivation.',
  options,
  presets: { paper: { parents: 10, mutation: 0.1 } },
  create: createSpos,
});

function createSpos<A>(settings: z.output<typeof options>, setting: ControllerSetting<A>): Controller<A> {
  const { parents, adopt, ...search } = evolvingSearch(settings, setting);
  return {
    ...search,
    sample: (count, rng) => drawUniform(setting.space, count, rng),
    snapshot: () => ({ tensors: {}, state: parents() }),
    restore: ({ state }) => adopt(state as unknown as readonly ScoredText[]),
  };
}

export default spos;
