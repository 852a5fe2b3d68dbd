// A data set of your own: anything that code can read or generate.
// Try it:  weft search --space mlp --data ./my-data.ts
import { defineData, stream } from 'weft-nas';

export default defineData({
  name: 'my-data',
  description: 'Two spirals.',

  // Called once per search. It must return the same examples each time: a resumed run checks their hash.
  load() {
    const rng = stream(1, 'my-data'); // random numbers that are the same everywhere
    const examples = Array.from({ length: 400 }, (_, i) => {
      const label = i % 2 === 0 ? 'left' : 'right';
      const angle = 6 * rng.uniform();
      const turned = angle + (label === 'left' ? 0 : Math.PI);
      return { input: [angle * Math.cos(turned) + 0.1 * rng.normal(), angle * Math.sin(turned)], label };
    });
    // An input is a row of numbers, or an image as [height][width] or [height][width][channels]. Parts for validation
    // and test may be given as well; by default, shares of the training part are set aside. A part may be a stream (an
    // async iterable).
    return { name: 'my-data', train: examples };
  },
});
