// A controller of your own: the strategy that proposes architectures and learns how good they were.
// Try it:  weft search --data digits --controller ./my-controller.ts --set controller.restarts=0.2
import { type Controller, type ControllerSetting, defineController, type Rng, z } from 'weft-nas';

// Options are set in the configuration under `controller:`; each has a default.
const options = z.strictObject({
  restarts: z.number().min(0).max(1).default(0.1).describe('share of proposals that are drawn uniformly'),
});

export default defineController({
  name: 'my-controller',
  description: 'Hill climbing: neighbours of the best architecture so far, and now and then a fresh one.',
  options,

  create<A>({ restarts }: z.output<typeof options>, { space }: ControllerSetting<A>): Controller<A> {
    // The learned state lives in this closure. Every random draw comes from the given `rng`: the same seed gives the
    // same run.
    let best = '';
    let reward = -Infinity;
    const draw = (count: number, rng: Rng) =>
      Array.from({ length: count }, () =>
        best === '' || rng.uniform() < restarts ? space.sample(rng) : space.mutate(space.decode(best), rng),
      );
    return {
      sample: draw, // whose shared weights are trained next
      propose: draw, // to be evaluated next
      derive: draw, // candidates for the final choice

      // The rewards of the last proposal, higher is better; returns numbers for the log.
      observe(results) {
        for (const one of results)
          if (one.reward > reward) {
            best = space.encode(one.architecture);
            reward = one.reward;
          }
        return { best: reward };
      },

      // Everything that a resumed search needs: tensors, and plain JSON.
      snapshot: () => ({ tensors: {}, state: best === '' ? null : [best, reward] }),
      restore({ state }) {
        [best, reward] = Array.isArray(state) ? [String(state[0]), Number(state[1])] : ['', -Infinity];
      },
      dispose() {},
    };
  },
});
