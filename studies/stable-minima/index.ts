/**
 * Stable minima of ReLU networks in one dimension cannot overfit, and in many they can: Qiao et al. 2024, Liang et al.
 * 2025.
 */
import { defineStudy, gateRow, infoRow, type Row, type StudyResult, type StudySetting, z } from 'weft-nas';
import { stopHere } from 'weft-nas/study';
import { CALIBRATED, meetsCalibration, QUANTITIES, type Quantity } from './calibration.js';
import { type Fit, fit, mean } from './fit.js';
import { shatter, type ShatteredFit } from './many-dimensions.js';
import { boundFigure, fittedFigure, rateFigure, shatteringFigures, sparsityFigure } from './pictures.js';

const options = z.strictObject({
  seeds: z.array(z.int()).min(1).default([1, 2, 3]).describe('seeds; the calibrated table has 1, 2 and 3'),
  stepSizes: z
    .array(z.number().positive())
    .min(1)
    .default([0.4, 0.1, 0.01])
    .describe('step sizes of the calibrated table to run'),
  sizes: z
    .array(z.int().min(4).max(1_000_000))
    .default([15, 30, 60, 120, 240])
    .describe('numbers of examples for the rate of convergence; an empty list skips it'),
  sizeSteps: z.int().min(1).max(1_000_000).default(30_000).describe('steps of each of these, at η = 0.4'),
  dimensions: z.int().min(0).max(10_000).default(10).describe('dimensions of the counter-example; 0 leaves it out'),
  n: z.int().min(8).max(1_000_000).default(256).describe('examples of the counter-example'),
  width: z.int().min(8).max(10_000).default(1024).describe('neurons of the counter-example'),
  steps: z.int().min(20).max(1_000_000).default(1500).describe('steps of the counter-example'),
});

type Options = z.output<typeof options>;

const RATE_STEP = 0.4;
const LARGE = { learningRate: 0.9, decay: 0 };
const DECAYED = { learningRate: 0.01, decay: 0.1 };

export const stableMinima = defineStudy({
  name: 'stable-minima',
  summary:
    'Which functions gradient descent with large steps can settle on: one-dimensional ReLU regression with noisy labels, and a high-dimensional counter-example',
  reference:
    'Qiao, Zhang, Singh, Soudry & Wang 2024 (arXiv 2406.06838); the weight of Mulayoff et al. 2021; Liang et al. for many dimensions. Calibrated runs in float64.',
  minutes: 5,
  options,
  run,
});

async function run(chosen: Options, setting: StudySetting): Promise<StudyResult> {
  const { seeds, stepSizes, sizes, sizeSteps } = chosen;
  const calibrated = CALIBRATED.filter(({ learningRate }) => stepSizes.includes(learningRate));
  const work = calibrated.reduce((sum, { steps }) => sum + steps, 0) * seeds.length;
  let before = 0;
  const fits: Fit[] = [];
  for (const { learningRate, steps } of calibrated) {
    for (const seed of seeds) {
      fits.push(
        await fit({
          seed,
          learningRate,
          steps,
          tick: (share) => report(setting, `η ${learningRate}, seed ${seed}`, (0.7 * (before + share * steps)) / work),
        }),
      );
      before += steps;
    }
  }
  const errors: { n: number; seed: number; error: number }[] = [];
  for (const n of sizes) {
    for (const seed of seeds) {
      const done = 0.7 + (0.15 * errors.length) / (sizes.length * seeds.length);
      const { innerError } = await fit({
        seed,
        n,
        learningRate: RATE_STEP,
        steps: sizeSteps,
        tick: () => report(setting, `${n} examples`, done),
      });
      errors.push({ n, seed, error: innerError });
    }
  }
  const shattered: { seed: number; flat: ShatteredFit; decayed: ShatteredFit }[] = [];
  for (const [i, seed] of (chosen.dimensions === 0 ? [] : seeds).entries()) {
    const once = (arm: typeof LARGE, before: number): Promise<ShatteredFit> =>
      shatter({
        ...chosen,
        ...arm,
        seed,
        tick: (share) =>
          report(
            setting,
            `${chosen.dimensions} dimensions, seed ${seed}`,
            0.85 + (0.15 * (i + (before + share) / 2)) / seeds.length,
          ),
      });
    shattered.push({ seed, flat: await once(LARGE, 0), decayed: await once(DECAYED, 1) });
  }
  const rows = [...calibratedRows(fits), ...theoremRows(fits), ...rateRows(errors), ...shatteringRows(shattered)];
  const shown = fits.filter(({ seed }) => seed === seeds[0]);
  return {
    verdict: verdictOf(fits, shattered),
    rows,
    sections: [
      {
        title: 'One dimension',
        text: [
          'Thirty noisy examples of a function of three straight pieces, a hundred ReLU neurons, full-batch gradient descent in float64. The loss is the mean of half the squared error; f is piecewise linear, and TV(1) adds up the sizes of its bends.',
        ],
        figures: [
          fittedFigure(shown),
          boundFigure(fits),
          sparsityFigure(shown),
          ...(errors.length > 0 ? [rateFigure(errors)] : []),
        ],
        tables: [
          {
            name: 'fits',
            title: 'Every fit',
            columns: [
              'η',
              'seed',
              'λ',
              '2/η',
              'training error',
              'error to the truth',
              'TV(1)',
              'weighted TV(1)',
              'bound by λ',
              'bound by η',
              'knots',
              'knots of 90 %',
            ],
            rows: fits.map((f) => [
              f.learningRate,
              f.seed,
              f.sharpness,
              2 / f.learningRate,
              f.trainingError,
              f.error,
              f.variation,
              f.weighted,
              f.curvatureBound,
              f.bound,
              f.count,
              f.most,
            ]),
          },
          ...(errors.length > 0
            ? [
                {
                  name: 'growing',
                  title: 'Growing data (η = 0.4)',
                  columns: ['n', 'seed', 'squared error within ±0.8'],
                  rows: errors.map(({ n, seed, error }) => [n, seed, error]),
                },
              ]
            : []),
        ],
      },
      ...(shattered.length > 0
        ? [
            {
              title: 'Many dimensions',
              text: [
                `${chosen.n} examples, uniform in the unit ball of ${chosen.dimensions} dimensions, ${chosen.width} neurons, ${chosen.steps} steps, noise of deviation 1. The published run has 512 examples and 2048 neurons, and an error of about 1.1 for the large step and 0.055 with weight decay.`,
              ],
              figures: shatteringFigures(shattered[0]!.flat, shattered[0]!.decayed, 2 / LARGE.learningRate),
              tables: [
                {
                  name: 'dimensions',
                  title: 'Error to the truth',
                  columns: ['seed', 'arm', 'λ at the end', 'training error', 'error to the truth'],
                  rows: shattered.flatMap(({ seed, flat, decayed }) =>
                    (
                      [
                        ['large step', flat],
                        ['small step, decay', decayed],
                      ] as const
                    ).map(([arm, { sharpness, trainingError, error }]) => [seed, arm, sharpness, trainingError, error]),
                  ),
                },
              ],
            },
          ]
        : []),
    ],
  };
}

async function report(setting: StudySetting, message: string, done: number): Promise<void> {
  await stopHere(setting);
  setting.progress(message, done);
}

/** Every number of the calibrated table. */
function calibratedRows(fits: readonly Fit[]): Row[] {
  return fits.flatMap((one) => {
    const table = CALIBRATED.find(({ learningRate }) => learningRate === one.learningRate)!;
    return (Object.keys(QUANTITIES) as Quantity[]).flatMap((quantity) => {
      const rounded = table[quantity][one.seed - 1];
      if (rounded === undefined) return [];
      const measured = one[quantity];
      return [
        {
          id: `${quantity}/eta=${one.learningRate}/seed=${one.seed}`,
          quantity: QUANTITIES[quantity],
          measured,
          gate: `within 5 % of ${rounded}, as rounded`,
          met: meetsCalibration(measured, rounded),
        },
      ];
    });
  });
}

/** The statement of the theorem, and its meaning. */
function theoremRows(fits: readonly Fit[]): Row[] {
  const slack = Math.min(...fits.map(({ curvatureBound, weighted }) => curvatureBound - weighted));
  const at = (learningRate: number): Fit[] => fits.filter((one) => one.learningRate === learningRate);
  const [large, middle, small] = [at(0.4), at(0.1), at(0.01)];
  return [
    gateRow('bound/lambda', 'smallest λ/2 − 1/2 + c√(2L) − weighted TV(1) of all fits', slack, 'at least', 0),
    gateRow(
      'bound/eta',
      'smallest 1/η − 1/2 + c√(2L) − weighted TV(1) of all fits',
      Math.min(...fits.map(({ bound, weighted }) => bound - weighted)),
      'at least',
      0,
    ),
    gateRow(
      'stability',
      'largest λ·η/2 of all fits',
      Math.max(...fits.map(({ sharpness, learningRate }) => (sharpness * learningRate) / 2)),
      'at most',
      1.2,
    ),
    ...(large.length > 0 && middle.length > 0
      ? [
          gateRow(
            'knots',
            'smallest difference of knots, η = 0.1 minus η = 0.4, over the seeds',
            Math.min(...large.map(({ count }, i) => middle[i]!.count - count)),
            'at least',
            1,
          ),
          gateRow(
            'error/middle',
            'mean error at η = 0.1 minus that at η = 0.4',
            mean(middle.map(({ error }) => error)) - mean(large.map(({ error }) => error)),
            'at least',
            0,
          ),
        ]
      : []),
    ...(large.length > 0 && small.length > 0
      ? [
          gateRow(
            'error/small',
            'mean error at η = 0.01 minus that at η = 0.4',
            mean(small.map(({ error }) => error)) - mean(large.map(({ error }) => error)),
            'at least',
            0,
          ),
        ]
      : []),
  ];
}

/** The slope of the error against the sample size in a log-log plot. */
function rateRows(errors: readonly { n: number; error: number }[]): Row[] {
  if (errors.length === 0) return [];
  const points = errors.map(({ n, error }) => [Math.log(n), Math.log(error)] as const);
  const [mx, my] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const slope =
    points.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) / points.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
  return [
    infoRow(
      'rate',
      'exponent of n in the squared error within ±0.8 (proved: at most −4/5 up to logarithms, for large n)',
      slope,
    ),
  ];
}

function shatteringRows(shattered: readonly { flat: ShatteredFit; decayed: ShatteredFit }[]): Row[] {
  if (shattered.length === 0) return [];
  const of = (value: (pair: (typeof shattered)[number]) => number): number => mean(shattered.map(value));
  return [
    gateRow(
      'dimensions/sharpness',
      'mean λ·η/2 at the end of the large step in many dimensions',
      of(({ flat }) => (flat.sharpness * LARGE.learningRate) / 2),
      'at most',
      1.1,
    ),
    gateRow(
      'dimensions/interpolation',
      'its training error, compared with the noise of 1',
      of(({ flat }) => flat.trainingError),
      'at most',
      0.5,
    ),
    gateRow(
      'dimensions/error',
      'its error to the truth, in errors of weight decay',
      of(({ flat }) => flat.error) / of(({ decayed }) => decayed.error),
      'at least',
      3,
    ),
    infoRow(
      'dimensions/flat',
      'error to the truth of the large step (published, larger net: about 1.105)',
      of(({ flat }) => flat.error),
    ),
    infoRow(
      'dimensions/decayed',
      'error to the truth with weight decay (published, larger net: 0.055)',
      of(({ decayed }) => decayed.error),
    ),
  ];
}

function verdictOf(fits: readonly Fit[], shattered: readonly { flat: ShatteredFit; decayed: ShatteredFit }[]): string {
  const holds = fits.every(({ weighted, curvatureBound }) => weighted <= curvatureBound);
  const one = `In one dimension the weighted variation of ${holds ? 'every' : 'not every'} minimum stays below its bound, and the large step fits fewer bends.`;
  if (shattered.length === 0) return one;
  const worse = shattered.filter(({ flat, decayed }) => flat.error > decayed.error).length;
  return `${one} In many dimensions the same flatness does not keep the noise out: its error exceeds that of weight decay in ${worse} of ${shattered.length} seeds.`;
}
