/** How often intervals of rank correlations hold the true value, and how often an order is claimed if there is none. */
import { expect } from 'chai';
import { assessTau, kendallTau, spearman, spearmanInterval, tauInterval } from '../../src/statistics/index.js';
import { type Rng, stream } from '../../src/tensor/rng.js';

/** `WEFT_NULLS=10000` for the numbers of docs/measurements.md. */
const NULLS = Number(process.env['WEFT_NULLS'] ?? 150);
const COUNTS = NULLS >= 10_000 ? [12, 15, 20, 40, 100] : [12, 20, 40];
/** Deciding takes 1,999 orders each. */
const NULLS_OF_CLAIMS = Math.min(NULLS, 2000);
/**
 * Three standard errors of a share that is simulated so often; half a point of what follows from ties in small samples.
 */
const slack = 3 * Math.sqrt((0.05 * 0.95) / NULLS) + 0.005;

/** Pairs of normal values, as they are or rounded to a third of a standard deviation, so that many tie. */
function draw(count: number, correlation: number, rounded: boolean, rng: Rng): [x: number[], y: number[]] {
  const [x, y]: [number[], number[]] = [[], []];
  const round = (value: number): number => (rounded ? Math.round(3 * value) : value);
  for (let i = 0; i < count; i++) {
    const common = rng.normal();
    x.push(round(common));
    y.push(round(correlation * common + Math.sqrt(1 - correlation ** 2) * rng.normal()));
  }
  return [x, y];
}

describe(`levels of intervals of rank correlations, ${NULLS} samples`, () => {
  for (const rounded of [false, true])
    for (const correlation of [0, 0.6, 0.9]) {
      it(`correlation ${correlation}${rounded ? ', with ties' : ''}`, () => {
        const many = draw(NULLS >= 10_000 ? 200_000 : 20_000, correlation, rounded, stream(1, 'truth', correlation));
        const [tau, rho] = [kendallTau(...many), spearman(...many)];
        for (const count of COUNTS) {
          const rng = stream(2, 'samples', correlation, count);
          const held = { tau: 0, rho: 0 };
          let [claimed, stated] = [0, 0];
          for (let i = 0; i < NULLS; i++) {
            const [x, y] = draw(count, correlation, rounded, rng);
            // Whether there is any order is asked if there is none.
            if (correlation === 0 && i < NULLS_OF_CLAIMS && assessTau(x, y).claim) claimed++;
            const [interval, other] = [tauInterval(x, y), spearmanInterval(x, y)];
            if (!interval || !other) continue;
            stated++;
            if (interval[0] <= tau && tau <= interval[1]) held.tau++;
            if (other[0] <= rho && rho <= other[1]) held.rho++;
          }
          if (process.env['WEFT_NULLS'])
            console.log(
              `${correlation}${rounded ? ' with ties' : ''}, ${count}: tau ${((100 * held.tau) / stated).toFixed(1)}, rho ${((100 * held.rho) / stated).toFixed(1)}, claimed ${((100 * claimed) / NULLS_OF_CLAIMS).toFixed(1)}`,
            );
          for (const name of ['tau', 'rho'] as const)
            expect(held[name] / stated, `${name}, ${count} pairs`).to.be.within(0.93 - slack, 0.97 + slack);
          if (correlation === 0)
            expect(claimed / NULLS_OF_CLAIMS, `${count} pairs: false claims`).to.be.at.most(0.05 + slack);
        }
      }).timeout(600_000);
    }
});
