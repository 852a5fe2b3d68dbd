/** The time overhead of sharpness-aware steps, and of measuring sharpness during training. */
import {
  createChild,
  curvature,
  defineStudy,
  gateRow,
  median,
  type optimizers,
  pickNamed,
  stream,
  type StudyResult,
  type StudySetting,
  type Tensor1D,
  tf,
  z,
} from 'weft-nas';
import { dotChart } from 'weft-nas/report';
import { stopHere, training } from 'weft-nas/study';
import { learner } from '../shared/learner.js';
import { nameInTable } from '../shared/reconstructed.js';

const options = z.strictObject({
  rounds: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(9)
    .describe('rounds; in each every optimizer takes its steps once, in turn'),
  steps: z.int().min(5).multipleOf(5).max(1_000_000).default(10).describe('steps of an optimizer in a round'),
  batchSize: z.int().min(1).max(256).default(64).describe('examples per step'),
  layers: z.int().min(1).max(1_000).default(4).describe('layers of the macro-cnn child'),
  filters: z.int().min(1).max(10_000).default(24).describe('its filters'),
});

const BASE = { name: 'nesterov', learningRate: 0.01, schedule: { name: 'constant' } } as const;

interface Subject {
  readonly name: string;
  readonly config: optimizers.OptimizerConfigInput;
  /** Upper limit on its time in base steps. */
  readonly bound?: number;
}

const SUBJECTS: readonly Subject[] = [
  { name: 'nesterov', config: BASE },
  { name: 'sam', config: { name: 'sam', base: BASE }, bound: 2.05 },
  { name: 'looksam', config: { name: 'looksam', every: 5, base: BASE }, bound: 1.3 },
  { name: 'sgd-tracer', config: { name: 'sgd-tracer', settle: 0, base: BASE }, bound: 2.1 },
];

/**
 * Steps between two measurements of sharpness, and its products, as in a configuration with `sharpness: { every: 100
 * }`.
 */
const [EVERY, PRODUCTS] = [100, 6];

export const optimizerCost = defineStudy({
  name: 'optimizer-cost',
  summary:
    'What a step of SAM, LookSAM and G-TRACER (reconstructed from its abstract) costs in steps of the base optimizer, and what it costs to follow the sharpness of a retraining',
  reference:
    'Ratios of the project itself, measured in alternating blocks of one process, so that a busy machine slows all of them alike.',
  minutes: 3,
  options,
  run,
});

/** The small images of the quick start and the usual ones: the fewer pixels, the more of a step is not convolutions. */
const WORKLOADS = [
  { suffix: '', image: [8, 8, 1], color: 'controller' },
  { suffix: '-32x32', image: [32, 32, 3], color: 'random' },
] as const;

type Options = z.output<typeof options>;

interface Measured {
  /** Median seconds per step, and in base steps, of each subject. */
  readonly seconds: readonly number[];
  readonly ratios: readonly number[];
  /** Share that one measurement of sharpness every so many steps adds. */
  readonly tracking: number;
}

async function run(chosen: Options, setting: StudySetting): Promise<StudyResult> {
  const { rounds, batchSize, layers, filters } = chosen;
  const found: Measured[] = [];
  for (const { image } of WORKLOADS) found.push(await measure(chosen, image, setting, found.length / WORKLOADS.length));
  const last = found.at(-1)!;
  const size = (image: readonly number[]): string => image.join('x');
  return {
    verdict: `On images of ${size(WORKLOADS.at(-1)!.image)} a step of SAM takes ${last.ratios[1]!.toFixed(2)} base steps, one of LookSAM ${last.ratios[2]!.toFixed(2)}, one of G-TRACER, as it is reconstructed here, ${last.ratios[3]!.toFixed(2)}; following the sharpness every ${EVERY} steps adds ${(100 * last.tracking).toFixed(0)} %.`,
    rows: WORKLOADS.flatMap(({ suffix, image }, w) => [
      ...SUBJECTS.flatMap(({ name, bound }, i) =>
        bound === undefined
          ? []
          : [
              gateRow(
                name + suffix,
                `time of a step of ${nameInTable(name)} over a step of its base, images of ${size(image)}, median of ${rounds} rounds`,
                found[w]!.ratios[i]!,
                'at most',
                bound,
              ),
            ],
      ),
      gateRow(
        `tracking${suffix}`,
        `time of one measurement of sharpness over ${EVERY} base steps, images of ${size(image)}`,
        found[w]!.tracking,
        'at most',
        0.25,
      ),
    ]),
    sections: [
      {
        title: 'The time of a step',
        text: [
          `A macro-cnn child of ${layers} layers and ${filters} filters on ${batchSize} images of noise. In every round each optimizer takes its steps in turn; ratios are taken within a round.`,
        ],
        figures: [
          {
            title: 'A step in steps of the base optimizer',
            svg: dotChart(
              WORKLOADS.map(({ image, color }, w) => ({
                name: `images of ${size(image)}`,
                color,
                points: SUBJECTS.map(({ name }, i) => ({ row: nameInTable(name), value: found[w]!.ratios[i]! })),
              })),
              {
                ariaLabel: 'Time of a step of each optimizer in steps of the base optimizer, a dot for each image size',
                label: 'base steps',
                marks: [1, 2],
              },
            )!,
            caption:
              'Dashed lines: the base optimizer, and two of its steps. SAM computes two gradients per step, LookSAM two in every fifth step.',
          },
        ],
        tables: WORKLOADS.map(({ image }, w) => ({
          name: `steps-${size(image)}`,
          title: `Images of ${size(image)}: milliseconds per step, median, and ratio to the base`,
          columns: ['optimizer', 'ms per step', 'base steps'],
          rows: SUBJECTS.map(({ name }, i) => [nameInTable(name), 1000 * found[w]!.seconds[i]!, found[w]!.ratios[i]!]),
        })),
      },
    ],
  };
}

/** Steps after which every kind of step of the subjects has been recorded twice and run as a session. */
const COMPILED_AFTER = 30;

async function measure(
  { rounds, steps, batchSize, layers, filters }: Options,
  image: readonly [number, number, number],
  setting: StudySetting,
  done: number,
): Promise<Measured> {
  const classes = 10;
  const space = (await setting.parts.space('macro-cnn')).create({ layers, filters }, { inputShape: image, classes });
  const child = createChild(space, space.sample(stream(setting.seed, 'optimizer-cost')));
  const rng = stream(setting.seed, 'optimizer-cost', 'images');
  const batch: training.TensorBatch = {
    inputs: tf.tensor(
      Float32Array.from({ length: batchSize * image[0] * image[1] * image[2] }, () => rng.normal()),
      [batchSize, ...image],
    ),
    labels: tf.tensor1d(
      Int32Array.from({ length: batchSize }, () => rng.int(classes)),
      'int32',
    ),
  };
  const learners = SUBJECTS.map(({ name, config }) =>
    learner(name, child, space, config, { seed: setting.seed, totalSteps: 1000 }),
  );
  const seconds = SUBJECTS.map((): number[] => []);
  const measuring: number[] = [];
  let vector: Tensor1D | undefined;
  const timed = (work: () => void): number => {
    const before = setting.watch.elapsed();
    work();
    return setting.watch.elapsed() - before;
  };
  // The first round warms up, with room for steps to be compiled in, and does not count.
  for (let round = -1; round < rounds; round++) {
    await stopHere(setting);
    setting.progress(
      `images of ${image.join('x')}, round ${Math.max(1, round + 1)} of ${rounds}`,
      done + Math.max(0, round) / rounds / WORKLOADS.length,
    );
    learners.forEach(({ learn }, i) => {
      const count = round < 0 ? Math.max(steps, COMPILED_AFTER) : steps;
      const took =
        timed(() => {
          for (let step = 0; step < count; step++) learn(batch);
        }) / count;
      if (round >= 0) seconds[i]!.push(took);
    });
    const { store } = learners[0]!;
    const took = timed(() => {
      const found = curvature.topOfHessian(
        (parameters) => training.meanLoss(child, parameters, store.statistics, batch, training.SHARED_EVALUATION),
        pickNamed(store.parameters, child.parameterNames),
        { steps: PRODUCTS, ...(vector && { start: vector }) },
      );
      vector?.dispose();
      vector = found.vector;
    });
    if (round >= 0) measuring.push(took);
  }
  vector?.dispose();
  learners.forEach(({ dispose }) => dispose());
  tf.dispose([batch.inputs, batch.labels]);
  const base = seconds[0]!;
  return {
    seconds: seconds.map(median),
    ratios: seconds.map((list) => median(list.map((value, round) => value / base[round]!))),
    tracking: median(measuring.map((value, round) => value / (EVERY * base[round]!))),
  };
}
