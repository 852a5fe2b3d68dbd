/**
 * A small language model fine-tuned on a small task from many seeds: the quality and the reliability of each optimizer.
 */
import {
  type Assessment,
  assessPaired,
  defineStudy,
  disposeNamed,
  gateRow,
  infoRow,
  mean,
  median,
  obstacleOf,
  type optimizers,
  type Row,
  standardDeviation,
  type StudyResult,
  type StudySetting,
  z,
} from 'weft-nas';
import { decimal, type ColorName, stripChart } from 'weft-nas/report';
import { prepareText, stopHere } from 'weft-nas/study';
import { nameInTable } from '../shared/reconstructed.js';
import { misspellings } from './misspellings.js';
import { COURSE, fineTune, type FineTuned, pretrain } from './train.js';

const options = z.strictObject({
  source: z.string().default('tiny-shakespeare').describe('the text: a name, or the path of a file'),
  seeds: z
    .int()
    .min(2)
    .max(10_000)
    .default(10)
    .describe(
      'fine-tunings of each optimizer, which differ in the initial weights of the head, the order of examples and dropout',
    ),
  layers: z.int().min(1).max(1_000).default(1).describe('blocks of the transformer'),
  width: z.int().min(8).multipleOf(4).max(10_000).default(64).describe('width of the transformer'),
  heads: z.int().min(1).max(10_000).default(4).describe('its heads'),
  length: z.int().min(8).max(10_000).default(32).describe('characters per passage'),
  keep: z.number().gt(0).max(1).default(0.9).describe('share of features that dropout keeps while fine-tuning'),
  pretraining: z.int().min(0).max(1_000_000).default(600).describe('steps of pre-training; 0 leaves it out'),
  pretrainingBatch: z.int().min(1).max(1_000_000).default(32).describe('passages per step of pre-training'),
  examples: z.int().min(16).max(1_000_000).default(320).describe('passages in the training set'),
  test: z.int().min(16).max(1_000_000).default(300).describe('passages in the test set'),
  exchanges: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(4)
    .describe('pairs of adjacent letters that are swapped in half of the passages'),
  batchSize: z.int().min(2).max(1_000_000).default(16).describe('passages per step of fine-tuning'),
  gradients: z
    .int()
    .min(4)
    .max(1_000_000)
    .default(80)
    .describe('gradients of a batch that each fine-tuning may compute'),
});

type Options = z.output<typeof options>;

interface Arm {
  readonly name: string;
  readonly color: ColorName;
  readonly optimizer: optimizers.OptimizerConfigInput;
  /** The arm that differs from it only in flatness-seeking. */
  readonly base?: string;
}

const MOMENTUM = { name: 'momentum', learningRate: 0.1, clipNorm: 1, ...COURSE } as const;
const ADAMW = { name: 'adamw', learningRate: 3e-3, ...COURSE } as const;
const TRACER = { rho: 2e-5, settle: 10 } as const;

const ARMS: readonly Arm[] = [
  { name: 'sgd', color: 'ink', optimizer: MOMENTUM },
  { name: 'sgd-tracer', color: 'random', optimizer: { name: 'sgd-tracer', ...TRACER, base: MOMENTUM }, base: 'sgd' },
  { name: 'adamw', color: 'controller', optimizer: ADAMW },
  { name: 'sam', color: 'found', optimizer: { name: 'sam', rho: 0.05, base: ADAMW }, base: 'adamw' },
  {
    name: 'adam-tracer',
    color: 'alarm',
    optimizer: { name: 'adam-tracer', ...TRACER, learningRate: 3e-3, ...COURSE },
    base: 'adamw',
  },
];
/** The reference without pre-training, to check whether the task needs it; a few seeds suffice. */
const SCRATCH_SEEDS = 3;
const SCRATCH: Arm = { name: 'from scratch', color: 'muted', optimizer: ADAMW };

export const fineTuning = defineStudy({
  name: 'fine-tuning',
  summary:
    'A small language model, fine-tuned from many seeds to find misspelt passages: mean and spread of each optimizer at equal numbers of gradients',
  reference:
    'After the instability of fine-tuning BERT (Mosbach et al. 2021, arXiv 2006.04884) and the abstract of Williams & Roberts 2023 (arXiv 2306.13914): better and more stable over repetitions. Neither gives numbers for a model of this size.',
  minutes: 6,
  options,
  run,
});

interface Outcome extends FineTuned {
  readonly arm: string;
  readonly seed: number;
}

async function run(chosen: Options, setting: StudySetting): Promise<StudyResult> {
  const { seeds, layers, width, heads, length, keep, examples, exchanges, batchSize, gradients } = chosen;
  const { seed } = setting;
  const { corpus } = prepareText({ source: chosen.source });
  const size = { vocabulary: corpus.vocabulary.length, layers, width, heads, length, keep };
  const letters = corpus.vocabulary.map((token) => /^\p{Ll}$/u.test(token));
  const passages = (name: 'train' | 'test', count: number) =>
    misspellings(corpus.parts[name === 'train' ? 'validation' : 'test'], {
      seed,
      name,
      count,
      length,
      exchanges,
      letters,
    });
  const [train, test] = [passages('train', examples), passages('test', chosen.test)];
  const arms = chosen.pretraining > 0 ? [...ARMS, SCRATCH] : ARMS;
  const total = ARMS.length * seeds + (arms.length > ARMS.length ? Math.min(seeds, SCRATCH_SEEDS) : 0);
  const tell = async (message: string, done: number): Promise<void> => {
    await stopHere(setting);
    setting.progress(message, done);
  };
  const pretrained = await pretrain(
    corpus,
    { ...size, keep: 1 },
    {
      seed,
      steps: chosen.pretraining,
      batchSize: chosen.pretrainingBatch,
      tick: (share) => tell('pre-training', PRETRAINING_SHARE * share),
    },
  );
  const outcomes: Outcome[] = [];
  try {
    for (let repetition = 1; repetition <= seeds; repetition++) {
      for (const { name, optimizer } of repetition <= SCRATCH_SEEDS ? arms : ARMS) {
        await tell(
          `seed ${repetition}, ${name}`,
          PRETRAINING_SHARE + ((1 - PRETRAINING_SHARE) * outcomes.length) / total,
        );
        const from = name === SCRATCH.name || chosen.pretraining === 0 ? undefined : pretrained.weights;
        outcomes.push({
          arm: name,
          seed: repetition,
          ...fineTune(size, { seed: 1000 * seed + repetition, optimizer, train, test, batchSize, gradients, from }),
        });
      }
    }
  } finally {
    disposeNamed(pretrained.weights);
  }
  const table = arms.map((arm) => summarize(arm, outcomes, chosen.test));
  const rows = rowsOf(table, pretrained.loss / Math.LN2);
  return {
    verdict: verdictOf(table, rows),
    rows,
    sections: [
      {
        title: 'Accuracy over the seeds',
        text: [
          `A transformer of ${layers} ${layers === 1 ? 'block' : 'blocks'} of width ${width}, pre-trained for ${chosen.pretraining} steps on the characters of ${corpus.name} (${(pretrained.loss / Math.LN2).toFixed(2)} bits per character on text it has not seen), learns from ${examples} passages of ${length} characters to distinguish original passages from those in which ${exchanges} pairs of neighbouring letters are exchanged. Half of the passages are changed, so guessing is right for 50 %. The training passages, the test passages and the text of the pre-training are disjoint.`,
          `Every fine-tuning computes ${gradients} gradients of ${batchSize} passages, so the optimizers with a second gradient take half as many steps, and is tested once, at its end. The repetitions differ in the initial weights of the head, the order of the examples and the masks of dropout. A run counts as failed if its accuracy is not above guessing by two standard errors of ${chosen.test} guesses.`,
        ],
        figures: [
          {
            title: 'Every fine-tuning',
            svg: stripChart(
              arms.map(({ name, color }) => ({
                name,
                color,
                values: accuraciesOf(outcomes, name).map((value) => 100 * value),
              })),
              {
                ariaLabel: 'Test accuracy of every fine-tuning, a row for each optimizer',
                label: 'test accuracy (%)',
                marks: [50],
              },
            )!,
            caption: 'Test accuracy of every fine-tuning, and the mean of each optimizer; the dashed line is guessing.',
          },
        ],
        tables: [
          {
            name: 'optimizers',
            title: 'Test accuracy over the seeds, per cent',
            columns: [
              'optimizer',
              'seeds',
              'mean',
              'standard deviation',
              'worst',
              'best',
              'failed runs',
              'on the training passages',
              'gradients',
            ],
            rows: table.map(({ name, accuracies, training, failed, spent }) => [
              nameInTable(name),
              accuracies.length,
              100 * mean(accuracies),
              100 * standardDeviation(accuracies),
              100 * Math.min(...accuracies),
              100 * Math.max(...accuracies),
              failed,
              100 * training,
              spent,
            ]),
          },
          {
            name: 'runs',
            title: 'Every fine-tuning',
            columns: ['optimizer', 'seed', 'steps', 'gradients', 'accuracy', 'training', 'diverged'],
            rows: outcomes.map(({ arm, seed: repetition, steps, gradients: spent, accuracy, training, diverged }) => [
              arm,
              repetition,
              steps,
              spent,
              accuracy,
              training,
              String(diverged),
            ]),
          },
        ],
      },
    ],
  };
}

/** Fraction of the time spent on pre-training, for the progress display only. */
const PRETRAINING_SHARE = 0.2;

interface ArmSummary extends Arm {
  readonly accuracies: readonly number[];
  readonly failed: number;
  readonly training: number;
  /** Largest number of gradients computed by a run. */
  readonly spent: number;
}

const accuraciesOf = (outcomes: readonly Outcome[], arm: string): number[] =>
  outcomes.filter((one) => one.arm === arm).map(({ accuracy }) => accuracy);

function summarize(arm: Arm, outcomes: readonly Outcome[], tested: number): ArmSummary {
  const own = outcomes.filter((one) => one.arm === arm.name);
  const failure = 0.5 + 2 * Math.sqrt(0.25 / tested);
  return {
    ...arm,
    accuracies: own.map(({ accuracy }) => accuracy),
    failed: own.filter(({ accuracy }) => accuracy <= failure).length,
    training: mean(own.map(({ training }) => training)),
    spent: Math.max(...own.map(({ gradients }) => gradients)),
  };
}

function rowsOf(table: readonly ArmSummary[], bits: number): Row[] {
  const find = (name: string): ArmSummary | undefined => table.find((one) => one.name === name);
  const percent = (value: number): number => 100 * value;
  const scratch = find(SCRATCH.name);
  // The verdict names all arms that are better than their bases: the error rate is one false name in twenty studies,
  // not in each comparison.
  const together = { comparisons: table.filter(({ base }) => base !== undefined).length };
  return [
    infoRow('pretraining/bits', 'bits per character of the pre-trained model on text it has not seen', bits),
    ...(scratch
      ? [
          gateRow(
            'pretraining/gain',
            'mean accuracy (points) of adamw with pre-training over that without: whether the task needs it',
            percent(mean(find('adamw')!.accuracies) - mean(scratch.accuracies)),
            'at least',
            5,
          ),
        ]
      : []),
    gateRow(
      'budget',
      'difference between the most and the fewest gradients of an optimizer',
      Math.max(...table.map(({ spent }) => spent)) - Math.min(...table.map(({ spent }) => spent)),
      'at most',
      1,
    ),
    ...table
      .filter(({ name }) => name !== SCRATCH.name)
      .flatMap(({ name, accuracies, failed, base }) => {
        const own = [
          infoRow(`${name}/mean`, `mean test accuracy (%) of ${nameInTable(name)}`, percent(mean(accuracies))),
          infoRow(
            `${name}/deviation`,
            'standard deviation over the seeds (points)',
            percent(standardDeviation(accuracies)),
          ),
          infoRow(`${name}/worst`, 'worst seed (%)', percent(Math.min(...accuracies))),
          infoRow(`${name}/failed`, `failed runs of ${accuracies.length}`, failed),
        ];
        if (base === undefined) return own;
        const reference = find(base)!.accuracies;
        return [
          ...own,
          claimRow(
            `${name}/gain`,
            `mean accuracy of ${nameInTable(name)} over that of ${base}, seed by seed (points)`,
            assessPaired(accuracies, reference, together),
            'above',
          ),
          claimRow(
            `${name}/spread`,
            `mean distance of ${nameInTable(name)} from the median minus that of ${base} (points)`,
            assessPaired(distances(accuracies), distances(reference), together),
            'below',
          ),
        ];
      }),
  ];
}

/** How far each seed is from the median: pairs of these tell apart spreads that medians do not (Grambsch 1994). */
function distances(accuracies: readonly number[]): number[] {
  const middle = median(accuracies);
  return accuracies.map((value) => Math.abs(value - middle));
}

/** A difference to be tested against zero. */
function claimRow(id: string, quantity: string, assessment: Assessment, side: 'above' | 'below'): Row {
  const { value, interval, claim } = assessment;
  const ends = interval?.map((end) => decimal(100 * end, 2)).join(' to ');
  const why = claim ? '' : obstacleOf(assessment, 'seeds');
  return {
    id,
    quantity,
    measured: 100 * value,
    gate: `claimed ${side} 0`,
    met: claim === side,
    note: [ends && `interval ${ends}`, why].filter(Boolean).join('; '),
  };
}

function verdictOf(table: readonly ArmSummary[], rows: readonly Row[]): string {
  const told = table
    .filter(({ name }) => name !== SCRATCH.name)
    .map(
      ({ name, accuracies }) =>
        `${name} ${(100 * mean(accuracies)).toFixed(1)} ± ${(100 * standardDeviation(accuracies)).toFixed(1)} %`,
    )
    .join(', ');
  const named = (suffix: string): string[] =>
    rows.filter(({ id, met }) => id.endsWith(suffix) && met === true).map(({ id }) => id.slice(0, -suffix.length));
  const [better, steadier] = [named('/gain').filter((name) => name !== 'pretraining'), named('/spread')];
  const list = (names: readonly string[]): string => (names.length > 0 ? names.join(' and ') : 'none');
  return `Optimizers that can be claimed to be more accurate than their base: ${list(better)}; to be steadier: ${list(steadier)}. Mean and standard deviation over the seeds: ${told}.`;
}
