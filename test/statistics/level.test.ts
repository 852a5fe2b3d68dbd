/** How often intervals hold the true value, and how often a difference is claimed if there is none. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { assessDifference, type Assessment, assessMean, assessPaired, mean } from '../../src/statistics/index.js';
import { type Rng, stream } from '../../src/tensor/rng.js';

/** Nulls of each kind and number; `WEFT_NULLS=10000` for the numbers of docs/measurements.md (six minutes). */
const NULLS = Number(process.env['WEFT_NULLS'] ?? 500);
const FULL = NULLS >= 10_000;
/** Three standard errors of a share that is simulated so often, one where that is often. */
const slack = (FULL ? 1 : 3) * Math.sqrt((0.05 * 0.95) / NULLS);

interface Kind {
  readonly name: string;
  readonly draw: (rng: Rng) => number;
  readonly mean: number;
}

const runs = JSON.parse(readFileSync(new URL('../fixtures/statistics/accuracies.json', import.meta.url), 'utf8')) as {
  readonly name: string;
  readonly count: number;
  readonly correct: readonly number[];
}[];

const exponential = (rng: Rng): number => -Math.log(1 - rng.uniform());
const KINDS: readonly Kind[] = [
  { name: 'normal', draw: (rng) => rng.normal(), mean: 0 },
  {
    name: 'skewed (gamma, shape 4, skewness 1)',
    draw: (rng) => exponential(rng) + exponential(rng) + exponential(rng) + exponential(rng),
    mean: 4,
  },
  {
    name: "heavy-tailed (Student's t, 3 degrees of freedom)",
    draw: (rng) => rng.normal() / Math.sqrt((rng.normal() ** 2 + rng.normal() ** 2 + rng.normal() ** 2) / 3),
    mean: 0,
  },
  ...runs.map(({ name, count, correct }) => ({
    name: `accuracies of ${name} trainings`,
    draw: (rng: Rng) => rng.pick(correct) / count,
    mean: mean(correct) / count,
  })),
];

/** Of nothing but nulls: shares of intervals that hold the truth, of those stated, and of claims, of all. */
function simulate(
  null_: (rng: Rng) => readonly [found: Assessment, truth: number],
  name: string,
): [held: number, claimed: number] {
  const rng = stream(3, name);
  let [stated, held, claimed] = [0, 0, 0];
  for (let i = 0; i < NULLS; i++) {
    const [{ interval, claim }, truth] = null_(rng);
    if (claim) claimed++;
    if (!interval) continue;
    stated++;
    if (interval[0] <= truth && truth <= interval[1]) held++;
  }
  return [held / stated, claimed / NULLS];
}

const sample = ({ draw }: Kind, count: number, rng: Rng): number[] => Array.from({ length: count }, () => draw(rng));

describe(`levels of intervals and claims, ${NULLS} nulls`, () => {
  const all = Array.from({ length: 18 }, (_, i) => i + 3);
  for (const kind of KINDS) {
    for (const [what, null_] of [
      [
        'pairs with something in common',
        (n: number, rng: Rng) => {
          const common = sample(kind, n, rng);
          const side = (): number[] => sample(kind, n, rng).map((value, i) => value + 2 * common[i]!);
          return [assessPaired(side(), side()), 0] as const;
        },
      ],
      [
        'two samples',
        (n: number, rng: Rng) => [assessDifference(sample(kind, n, rng), sample(kind, n, rng)), 0] as const,
      ],
      [
        'one sample',
        (n: number, rng: Rng) => {
          const values = sample(kind, n, rng);
          return [assessMean(values.map((value) => value - kind.mean)), 0] as const;
        },
      ],
    ] as const) {
      it(`${kind.name}: ${what}`, () => {
        const counts = FULL ? all : [3, 5, 6, 8, 10, 14, 20];
        const found = counts.map((n) => [n, ...simulate((rng) => null_(n, rng), `${kind.name}/${what}/${n}`)] as const);
        if (process.env['WEFT_NULLS'])
          console.log(
            `${kind.name}, ${what}: ${found.map(([n, held, claimed]) => `${n}: ${(100 * held).toFixed(1)}/${(100 * claimed).toFixed(1)}`).join('  ')}`,
          );
        for (const [n, held, claimed] of found) {
          // Two samples of three have no interval.
          if (Number.isNaN(held)) expect(n).to.equal(3);
          else expect(held, `${n} values: intervals that hold the truth`).to.be.within(0.93 - slack, 0.97 + slack);
          expect(claimed, `${n} values: false claims`).to.be.at.most(0.055 + slack);
        }
      }).timeout(600_000);
    }
  }
});
