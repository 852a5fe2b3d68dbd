/** Which architectures learn together: the last one, a novel archive, strictly fair groups. */
import { expect } from 'chai';
import fc from 'fast-check';
import {
  createRegularizer,
  type Regularizer,
  regularizerSchema,
  type RegularizerConfigInput,
} from '../../src/forgetting/index.js';
import { fairGroup } from '../../src/forgetting/fair.js';
import { distance } from '../../src/forgetting/nsas.js';
import { stream } from '../../src/tensor/rng.js';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { nasBench201 } from '../../search-spaces/nas-bench-201.js';

const space = macroCnn.create({ layers: 4, filters: 2 }, { inputShape: [8, 8, 1], classes: 3 });
const draw = (seed: number): string => space.encode(space.sample(stream(seed, 'replay')));
const create = (options: RegularizerConfigInput): Regularizer =>
  createRegularizer(regularizerSchema.parse(options), { seed: 1, space })!;
const remember = (regularizer: Regularizer, architecture: string): void =>
  regularizer.remember({ architecture, parameterNames: [], parameters: {}, fisher: () => ({}) });

describe('replaying regularizers', () => {
  it('the last architecture has its share, and none in the first step', () => {
    const regularizer = create({ name: 'last-architecture', lambda: 0.2 });
    expect(regularizer.mixture!(draw(1), 0)).to.equal(undefined);
    remember(regularizer, draw(2));
    expect(regularizer.mixture!(draw(1), 1)).to.deep.equal([
      { architecture: draw(1), weight: 0.8 },
      { architecture: draw(2), weight: 0.2 },
    ]);
    expect(regularizer.mixture!(draw(2), 1), 'itself is no other').to.equal(undefined);
  });

  it('the archive fills, then keeps the most novel; shares sum to one', () => {
    const regularizer = create({ name: 'nsas', epsilon: 0.5, archive: 3, candidates: 20, neighbours: 2 });
    const seen = Array.from({ length: 20 }, (_, i) => draw(i));
    const spread = (members: readonly string[]): number =>
      members.reduce((sum, a) => sum + members.reduce((inner, b) => inner + distance(space, a, b), 0), 0);
    let first = 0;
    seen.forEach((architecture, i) => {
      remember(regularizer, architecture);
      const archive = regularizer.mixture!(draw(99), i)!
        .slice(1)
        .map((share) => share.architecture);
      expect(archive).to.have.length(Math.min(i + 1, 3));
      if (i === 2) first = spread(archive);
    });
    const mixture = regularizer.mixture!(draw(99), 20)!;
    expect(mixture[0]).to.deep.equal({ architecture: draw(99), weight: 0.5 });
    expect(mixture.reduce((sum, { weight }) => sum + weight, 0)).to.be.closeTo(1, 1e-12);
    expect(spread(mixture.slice(1).map(({ architecture }) => architecture))).to.be.at.least(first);
  });

  it('a fair group contains every option of every choice equally often', () => {
    const cells = nasBench201.create({ filters: 2 }, { inputShape: [6, 6, 1], classes: 3 });
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const first = cells.encode(cells.sample(stream(seed, 'first')));
        const count = Math.max(...cells.cardinalities);
        const group = fairGroup(cells, first, count, stream(seed, 'group'));
        expect(group[0]).to.equal(first);
        const genotypes = group.map((text) => cells.genotype(cells.decode(text)));
        cells.cardinalities.forEach((cardinality, slot) => {
          const taken = genotypes.map((genotype) => genotype[slot]!);
          expect(new Set(taken).size).to.equal(Math.min(cardinality, count));
        });
      }),
      { numRuns: 30 },
    );
  });

  it('a full archive drops the member most like the new architecture', () => {
    const cells = nasBench201.create({ filters: 2 }, { inputShape: [6, 6, 1], classes: 3 });
    const encoded = (...options: number[]): string =>
      cells.encode(cells.fromGenotype(cells.cardinalities.map((_, i) => options[i] ?? 0)));
    const far = encoded(1, 1, 1, 1, 1, 1);
    const near = encoded(0, 0, 0, 0, 0, 0);
    const like = encoded(2, 0, 0, 0, 0, 0);
    const regularizer = createRegularizer(regularizerSchema.parse({ name: 'nsas', archive: 2 }), {
      seed: 1,
      space: cells,
    })!;
    for (const architecture of [far, near, like])
      regularizer.remember({ architecture, parameterNames: [], parameters: {}, fisher: () => ({}) });
    const { archive } = regularizer.snapshot().state as { archive: string[] };
    // `near` makes room, and is then the first of two equally novel ones; had `far` made room, it would have come back
    // last.
    expect(archive).to.deep.equal([far, near]);
  });
});
