/**
 * Strictly fair sampling (FairNAS, Chu et al. 2021, arXiv 1907.01845): every option of a choice is trained equally
 * often. The path is then searched by evolution, as in `spos`.
 */
import { type Controller, type ControllerSetting, defineController, type ScoredText, z } from 'weft-nas';
import { fairDecks } from './single-path/fair-decks.js';
import { generationOptions } from './single-path/generations.js';
import { evolvingSearch } from './single-path/search.js';

const options = z.strictObject(generationOptions);

export const fairnas = defineController({
  name: 'fairnas',
  description: 'FairNAS: every option is trained equally often; evolutionary derivation.',
  options,
  create: createFairnas,
});

interface FairnasState {
  readonly parents: readonly ScoredText[];
  readonly decks: readonly (readonly number[])[];
}

function createFairnas<A>(settings: z.output<typeof options>, setting: ControllerSetting<A>): Controller<A> {
  const { parents, adopt, ...search } = evolvingSearch(settings, setting);
  const decks = fairDecks(setting.space);
  return {
    ...search,
    sample: (count, rng) => Array.from({ length: count }, () => decks.deal(rng)),
    snapshot: () => ({ tensors: {}, state: { parents: parents(), decks: decks.remaining() } satisfies FairnasState }),
    restore({ state }) {
      const saved = state as unknown as FairnasState;
      adopt(saved.parents);
      decks.restore(saved.decks);
    },
  };
}

export default fairnas;
