import { expect } from 'chai';
import { stream } from 'weft-nas';
import { random } from '../../controllers/random.js';
import { macroCnn } from '../../search-spaces/macro-cnn.js';

describe('the random controller', () => {
  it('is uniform over the architectures: chi-square of 72 cells below its 99.9 % quantile', () => {
    const space = macroCnn.create({ layers: 2, filters: 2 }, { inputShape: [8, 8, 1], classes: 2 });
    const cells = Number(space.size());
    const counts = new Map<string, number>();
    const draws = 100 * cells;
    for (const architecture of random.create({}, { space, seed: 1 }).propose(draws, stream(3))) {
      const key = space.encode(architecture);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const chiSquare = Array.from(
      space.enumerate(),
      (architecture) => ((counts.get(space.encode(architecture)) ?? 0) - 100) ** 2 / 100,
    ).reduce((sum, term) => sum + term, 0);
    expect(cells).to.equal(72);
    // 71 degrees of freedom (Wilson & Hilferty: 71·(1 - 2/(9·71) + 3.09·sqrt(2/(9·71)))³).
    expect(chiSquare).to.be.below(113);
  });
});
