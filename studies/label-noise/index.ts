/** Flatness-aware optimizers on noisy labels, at an equal number of gradients. */
import {
  type Assessment,
  assessPaired,
  defineStudy,
  infoRow,
  obstacleOf,
  type optimizers,
  type Row,
  type StudyFigure,
  type StudyResult,
  type StudySetting,
  z,
} from 'weft-nas';
import { decimal, type ColorName, linesChart } from 'weft-nas/report';
import { findDataset, openDataset, prepareData, stopHere } from 'weft-nas/study';
import { nameInTable } from '../shared/reconstructed.js';
import { type NoisyResult, trainOnNoise } from './network.js';

/** The optimizers compared with SGD. */
const METHODS = ['sam', 'asam', 'sgd-tracer', 'adam-tracer'] as const;

const options = z.strictObject({
  source: z
    .string()
    .default('cifar10')
    .describe('cifar10, or data in the same format, such as CIFAR-100 in binary batches'),
  seeds: z.array(z.int()).min(1).default([1, 2, 3]).describe('seeds of initial weights, order and noise'),
  noise: z
    .array(z.number().min(0).max(0.9))
    .min(1)
    .default([0.4])
    .describe('shares of wrong training labels, for example [0, 0.1, 0.2, 0.3, 0.4, 0.5]'),
  augmented: z
    .array(z.number().min(0).max(0.9))
    .default([])
    .describe('shares of wrong labels for which the study is also run with random crops and flips, for example [0.4]'),
  methods: z
    .array(z.enum(METHODS))
    .min(1)
    .default([...METHODS])
    .describe('optimizers that are compared with sgd'),
  samRadius: z.number().min(0).default(0.05).describe('rho of sam'),
  asamRadius: z.number().min(0).default(0.2).describe('rho of asam'),
  perClass: z.int().min(1).max(1_000_000).default(100).describe('training examples of each class'),
  test: z.int().min(10).max(1_000_000).default(500).describe('test examples, with correct labels'),
  batchSize: z.int().min(1).max(1_000_000).default(50).describe('examples per step'),
  gradients: z.int().min(1).max(1_000_000).default(300).describe('gradients that each training may compute'),
  looks: z.int().min(1).max(1_000_000).default(10).describe('number of times that the test accuracy is measured'),
});

const momentum = (learningRate = 0.03) =>
  ({ name: 'momentum', learningRate, weightDecay: 5e-4, schedule: { name: 'cosine' } }) as const;

interface Arm {
  readonly name: 'sgd' | (typeof METHODS)[number];
  readonly color: ColorName;
  readonly optimizer: optimizers.OptimizerConfigInput;
}

/** The optimizers compared, each with the same options at all noise levels. */
function armsOf({ methods, samRadius, asamRadius }: z.output<typeof options>): Arm[] {
  const all: readonly Arm[] = [
    { name: 'sgd', color: 'ink', optimizer: momentum() },
    { name: 'sam', color: 'controller', optimizer: { name: 'sam', rho: samRadius, base: momentum() } },
    { name: 'asam', color: 'found', optimizer: { name: 'asam', rho: asamRadius, base: momentum() } },
    { name: 'sgd-tracer', color: 'random', optimizer: { name: 'sgd-tracer', rho: 2e-5, settle: 20, base: momentum() } },
    {
      name: 'adam-tracer',
      color: 'alarm',
      optimizer: { name: 'adam-tracer', rho: 2e-5, settle: 20, learningRate: 2e-3, schedule: { name: 'cosine' } },
    },
  ];
  return all.filter(({ name }) => name === 'sgd' || methods.includes(name));
}

export const labelNoise = defineStudy({
  name: 'label-noise',
  summary:
    'SGD, SAM, ASAM and G-TRACER (reconstructed from its abstract) on noisy labels: best and last accuracy at equal numbers of gradients',
  reference:
    'After Foret et al. 2021, Baek et al. 2024 (arXiv 2405.03676) and the abstract of Williams & Roberts 2023 (arXiv 2306.13914), whose numbers are for far larger trainings.',
  minutes: 5,
  options,
  run,
});

interface Condition {
  readonly noise: number;
  readonly augment: boolean;
}

interface Outcome extends Condition, NoisyResult {
  readonly arm: string;
  readonly seed: number;
}

async function run(chosen: z.output<typeof options>, setting: StudySetting): Promise<StudyResult> {
  const { seeds, noise, augmented, source, perClass, test, batchSize, gradients, looks } = chosen;
  if (source === 'cifar10' && findDataset('cifar10').folder === undefined) {
    return {
      verdict: 'CIFAR-10 was not found, so nothing was measured.',
      rows: [{ ...infoRow('data', 'CIFAR-10', null, 'set WEFT_DATA'), gate: 'measured' }],
      sections: [],
    };
  }
  const arms = armsOf(chosen);
  const conditions: Condition[] = [
    ...noise.map((share) => ({ noise: share, augment: false })),
    ...augmented.map((share) => ({ noise: share, augment: true })),
  ];
  const total = conditions.length * seeds.length * arms.length;
  const outcomes: Outcome[] = [];
  openDataset(source);
  for (const condition of conditions) {
    for (const seed of seeds) {
      const data = prepareData(
        { source, subset: { train: { perClass }, test }, labelNoise: condition.noise, split: { validation: 1, test } },
        seed,
      );
      for (const { name, optimizer } of arms) {
        await stopHere(setting);
        setting.progress(`${wordsOf(condition)}, seed ${seed}, ${name}`, outcomes.length / total);
        outcomes.push({
          ...condition,
          seed,
          arm: name,
          ...trainOnNoise({ data, seed, optimizer, batchSize, gradients, looks, augment: condition.augment }),
        });
      }
    }
  }
  const rows = conditions.flatMap((condition) =>
    rowsOf(
      arms,
      condition,
      outcomes.filter((one) => same(one, condition)),
    ),
  );
  return {
    verdict: verdictOf(rows),
    rows,
    sections: [
      {
        title: 'Accuracy on clean test data',
        text: [
          `${(10 * perClass).toLocaleString('en')} training images of ${source}, shrunk to 16x16, a convolutional network of two layers, batches of ${batchSize}; every training may compute ${gradients} gradients of a batch, so SAM takes half as many steps as SGD. The best evaluation of each training is picked on the test data itself, as in the literature; this makes it too good, for all optimizers alike.`,
        ],
        figures: conditions.map((condition) =>
          courseFigure(
            arms,
            condition,
            outcomes.filter((one) => same(one, condition)),
            gradients,
          ),
        ),
        tables: [
          {
            name: 'accuracies',
            title: 'Mean and standard error over the seeds, per cent',
            columns: ['condition', 'optimizer', 'best', '±', 'last', '±', 'on noisy training labels'],
            rows: conditions.flatMap((condition) =>
              arms.map(({ name }) => {
                const of = outcomes.filter((one) => same(one, condition) && one.arm === name);
                const [best, last] = [
                  summary(of.map(({ best: value }) => value)),
                  summary(of.map(({ last: value }) => value)),
                ];
                return [
                  wordsOf(condition),
                  nameInTable(name),
                  100 * best.mean,
                  100 * best.error,
                  100 * last.mean,
                  100 * last.error,
                  100 * summary(of.map(({ training }) => training)).mean,
                ];
              }),
            ),
          },
          {
            name: 'runs',
            title: 'Every training',
            columns: ['noise', 'augmented', 'seed', 'optimizer', 'gradients', 'best', 'last', 'training'],
            rows: outcomes.map(({ noise: share, augment, seed, arm, gradients: spent, best, last, training }) => [
              share,
              String(augment),
              seed,
              arm,
              spent,
              best,
              last,
              training,
            ]),
          },
        ],
      },
    ],
  };
}

const same = (a: Condition, b: Condition): boolean => a.noise === b.noise && a.augment === b.augment;

const wordsOf = ({ noise, augment }: Condition): string =>
  `${Math.round(100 * noise)} % noise${augment ? ', augmented' : ''}`;

/** Each optimizer's accuracy, and the advantage of the best of them over SGD, seed by seed. */
function rowsOf(arms: readonly Arm[], condition: Condition, outcomes: readonly Outcome[]): Row[] {
  const id = `noise=${condition.noise}${condition.augment ? '/augmented' : ''}`;
  const of = (arm: string, field: 'best' | 'last'): number[] =>
    outcomes.filter((one) => one.arm === arm).map((one) => one[field]);
  const rows = arms.flatMap(({ name }) =>
    (['best', 'last'] as const).map((field) =>
      infoRow(
        `${id}/${name}/${field}`,
        `test accuracy (%) of ${nameInTable(name)}, ${field} evaluation, ${wordsOf(condition)}`,
        100 * summary(of(name, field)).mean,
      ),
    ),
  );
  if (condition.noise !== 0.4 || condition.augment) return rows;
  const comparisons = arms.length - 1;
  const gains = arms.slice(1).map(({ name }) => ({
    name,
    found: assessPaired(of(name, 'best'), of('sgd', 'best'), { comparisons }),
  }));
  const claimed = gains.filter(({ found }) => found.claim === 'above');
  const largest = [...(claimed.length > 0 ? claimed : gains)].sort((a, b) => b.found.value - a.found.value)[0]!;
  return [...rows, gainRow(`${id}/gain`, largest, comparisons)];
}

/**
 * Whether a flatness-aware optimizer is claimed to be above SGD; with too few seeds for any claim there is nothing to
 * be met.
 */
function gainRow(
  id: string,
  { name, found }: { readonly name: string; readonly found: Assessment },
  comparisons: number,
): Row {
  const quantity = 'largest gain over the best accuracy of SGD, over the seeds (points)';
  const of = `${nameInTable(name)}, the largest of ${comparisons} comparisons of ${found.count} seeds`;
  const ends = found.interval?.map((end) => decimal(100 * end, 1)).join(' to ');
  const note = [of, ends && `interval ${ends}`, found.claim ? '' : obstacleOf(found, 'seeds')]
    .filter(Boolean)
    .join('; ');
  return found.obstacle === 'few'
    ? infoRow(id, quantity, 100 * found.value, note)
    : { id, quantity, measured: 100 * found.value, gate: 'claimed above 0', met: found.claim === 'above', note };
}

function courseFigure(
  arms: readonly Arm[],
  condition: Condition,
  outcomes: readonly Outcome[],
  gradients: number,
): StudyFigure {
  return {
    title: wordsOf(condition),
    svg: linesChart(
      arms.map(({ name, color }) => {
        const of = outcomes.filter(({ arm }) => arm === name);
        const looks = of[0]?.accuracies.length ?? 0;
        return {
          name,
          color,
          points: Array.from({ length: looks }, (_, i) => ({
            x: (gradients * (i + 1)) / looks,
            y: 100 * summary(of.map(({ accuracies }) => accuracies[i]!)).mean,
          })),
        };
      }),
      {
        ariaLabel: `Test accuracy by gradients, ${wordsOf(condition)}`,
        x: { label: 'gradients' },
        y: { label: 'test accuracy (%)' },
      },
    )!,
    caption: 'Mean test accuracy over the seeds against the gradients computed.',
  };
}

function summary(values: readonly number[]): { mean: number; error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}

function verdictOf(rows: readonly Row[]): string {
  const gain = rows.find(({ id }) => id.endsWith('/gain'));
  if (!gain) return 'Accuracies of all optimizers at the levels of noise that were asked for.';
  if (gain.met)
    return `At 40 % noise the best accuracy of a flatness-aware optimizer is ${Number(gain.measured).toFixed(1)} points above that of SGD at equal numbers of gradients (${gain.note}).`;
  return `At 40 % noise no flatness-aware optimizer can be claimed to be better than SGD at equal numbers of gradients. The best accuracies differ by ${Number(gain.measured).toFixed(1)} points (${gain.note}).`;
}
