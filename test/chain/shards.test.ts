/** Gradients on parts of a batch: which examples are in which part, what each counts, and how small a part may be. */
import { expect } from 'chai';
import fc from 'fast-check';
import { type Link } from '../../src/chain/link.js';
import { meanOverShards, smallestPart } from '../../src/chain/shards.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { type Scalar, tf, tidy } from '../../src/tensor/tf.js';

describe('parts of a batch', () => {
  before(() => loadBackend());

  it('contain every example once, in order, differ by at most one in size, and have the mean of the whole', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 12 }), (shards, batchSize) =>
        tidy(() => {
          const parts: (readonly number[])[] = [];
          const recorded: boolean[] = [];
          const mean = (examples: readonly number[]): number =>
            examples.reduce((sum, i) => sum + (i + 1) ** 2, 0) / examples.length;
          const { loss, gradients } = meanOverShards(shards, batchSize, (examples, record) => {
            parts.push(examples);
            recorded.push(record);
            return { loss: tf.scalar(mean(examples)) as Scalar, gradients: { w: tf.fill([2], -mean(examples)) } };
          });
          const all = Array.from({ length: batchSize }, (_, i) => i);
          expect(parts.flat()).to.deep.equal(all);
          const sizes = parts.map(({ length }) => length);
          expect(parts).to.have.length(Math.min(shards, batchSize));
          expect(Math.max(...sizes) - Math.min(...sizes)).to.be.at.most(1);
          expect(recorded).to.deep.equal(parts.map((_, i) => i === 0));
          expect(loss.dataSync()[0]! / mean(all)).to.be.closeTo(1, 1e-5);
          for (const value of gradients['w']!.dataSync()) expect(-value / mean(all)).to.be.closeTo(1, 1e-5);
          const told = smallestPart([{ name: 'sharded', shards }], batchSize);
          expect(told.examples).to.equal(Math.min(...sizes));
        }),
      ),
      { numRuns: 40 },
    ));

  it('are attributed to the link with the smallest part, the first one in a tie', () => {
    const half: Link = { name: 'half', smallestPart: (examples) => Math.ceil(examples / 2) };
    const plain: Link = { name: 'plain' };
    expect(smallestPart([], 8)).to.deep.equal({ examples: 8 });
    expect(smallestPart([plain, { name: 'one', shards: 1 }], 8)).to.deep.equal({ examples: 8 });
    expect(smallestPart([plain, half], 8)).to.deep.equal({ examples: 4, link: 'half' });
    expect(smallestPart([half, { name: 'm-sam', shards: 4 }], 9)).to.deep.equal({ examples: 1, link: 'half' });
    expect(smallestPart([half, { name: 'm-sam', shards: 99 }], 3)).to.deep.equal({ examples: 1, link: 'm-sam' });
  });

  it('are refused for a loss without a batch size', () => {
    expect(() => meanOverShards(2, undefined, () => expect.fail())).to.throw(/cannot be evaluated on a part/);
  });
});
