/** What the two-model study says of arms that diverge, forget nothing, or get back more than was lost. */
import { expect } from 'chai';
import { hasDiverged, type TwoModelResults } from '../../studies/two-model/arms.js';

const outcome = (b: number, curve: readonly number[]) => ({
  before: 0.9,
  after: 0.5,
  b,
  worst: 0.4,
  curve: curve.map((value, i) => ({ step: i, a: 0.5, b: value })),
  fisher: new Float32Array(),
  squaredDrift: new Float32Array(),
  maxStep: 0,
});

describe('the two-model study', () => {
  it('takes a training of B that ends far below its own best for diverged, with any seed', () => {
    const results = (...ends: readonly number[]): TwoModelResults => ({
      first: [],
      arms: ends.map((b, seed) => ({ arm: 'none', seed, outcome: outcome(b, [0.3, 0.95, b]) })),
    });
    expect(hasDiverged(results(0.93, 0.9), 'none')).to.equal(false);
    expect(hasDiverged(results(0.93, 0.1), 'none')).to.equal(true);
    expect(hasDiverged(results(0.1), 'wpl')).to.equal(false);
  });
});
