// A study of your own: a question, a measurement that answers it, and a report with its results.
// Try it:  weft study ./my-study.ts --set samples=50
import { defineStudy, gateRow, infoRow, stream, z } from 'weft-nas';

export default defineStudy({
  name: 'my-study',
  summary: 'How many different networks are among so many random ones.',
  reference: 'the birthday problem',
  minutes: 1, // with the default options, on two cores

  // Options are set with `--set samples=50`; every one has a default.
  options: z.strictObject({
    space: z.string().default('mlp').describe('a search space, by name or file'),
    samples: z.int().min(1).default(100).describe('random architectures'),
  }),

  // Every draw comes from the seed; report work done to `progress`, and poll `shouldStop` between units of work.
  async run({ space: name, samples }, { seed, parts, progress }) {
    const space = (await parts.space(name)).create({}, { inputShape: [8], classes: 2 });
    const rng = stream(seed, 'my-study');
    const hashes = new Set<string>();
    for (let i = 0; i < samples; i++) {
      hashes.add(space.canonicalHash(space.sample(rng)));
      progress(`architecture ${i + 1} of ${samples}`, (i + 1) / samples);
    }
    const share = hashes.size / samples;
    return {
      verdict: `${hashes.size} of ${samples} random networks differ.`,
      rows: [infoRow('count', 'different networks', hashes.size), gateRow('share', 'share', share, 'at least', 0.5)],
      sections: [
        {
          title: 'Networks',
          tables: [{ name: 'networks', title: 'Hashes', columns: ['hash'], rows: [...hashes].map((hash) => [hash]) }],
        },
      ],
    };
  },
});
