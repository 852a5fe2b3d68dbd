/**
 * Preconditioners as in the tables of Osawa et al. 2023: throughput and memory relative to SGD, and what the steps are
 * worth.
 */
import { defineStudy, gateRow, infoRow, loadBackend, type Row, type StudySection, z } from 'weft-nas';
import { augmentSchema, isRotating, openCells } from 'weft-nas/study';
import { type AugmentOptions, type Curve, measureAccuracy, stepsTo } from './accuracy.js';
import { openSources } from './images.js';
import { AHEAD_OF_ASDL, ASDL_MILLISECONDS, GOALS, PUBLISHED, PUBLISHED_ACCURACY } from './methods.js';
import { throughputFigures } from './pictures.js';
import { measureThroughput, type Throughput } from './throughput.js';

const positive = z.int().min(1).max(1_000_000);
const WIDEST = 10_000;
const model = z
  .union([z.templateLiteral(['mlp-', z.int()]), z.enum(['small-cnn', 'found-child'])])
  .refine((name) => !name.startsWith('mlp-') || (Number(name.slice(4)) >= 1 && Number(name.slice(4)) <= WIDEST), {
    message: `the width of an mlp must be from 1 to ${WIDEST}`,
  });

const training = z.strictObject({
  rate: z.number().positive().describe('highest learning rate; it falls to zero along a cosine'),
  batch: positive.default(512).describe('batch size'),
  epochs: positive.default(20).describe('epochs'),
  interval: positive.default(10).describe('steps from one computation of the inverse to the next'),
  damping: z.number().positive().optional().describe('damping of the preconditioner; its default if not given'),
});

export const preconditionersStudy = defineStudy({
  name: 'preconditioners',
  summary: 'Throughput, memory and accuracy of gradient preconditioners compared with SGD',
  reference: 'Osawa et al. 2023, arXiv 2305.04684',
  minutes: 15,
  options: z.strictObject({
    models: z
      .array(model)
      .default(['mlp-128', 'mlp-512', 'mlp-2048', 'small-cnn', 'found-child'])
      .describe('mlp-WIDTH on MNIST; small-cnn, and found-child of the recipe cifar10, on CIFAR-10'),
    batches: z.array(positive).default([128]).describe('batch sizes'),
    intervals: z.array(positive).default([1, 10]).describe('steps from one computation of the inverse to the next'),
    methods: z
      .array(z.string())
      .default(['kfac', 'kfac-empirical', 'shampoo', 'muon', 'eva', 'foof', 'seng'])
      .describe('preconditioners to compare with sgd'),
    blocks: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(3)
      .describe('blocks of steps, alternating with sgd, in which each method is timed; 0 skips throughput'),
    accuracyModels: z.array(model).default(['mlp-512']).describe('networks that are trained'),
    trainings: z
      .record(z.string(), training)
      .default({ sgd: training.parse({ rate: 0.1 }), 'kfac-running': training.parse({ rate: 0.02, epochs: 10 }) })
      .describe(
        'methods that train them, with their options; they are compared with sgd, and half of its epochs show whether half the steps are enough; {} skips accuracy',
      ),
    smoothing: z
      .number()
      .min(0)
      .lt(1)
      .default(0.1)
      .describe('share of each label that is distributed evenly over all classes'),
    augment: augmentSchema
      .default({ rotate: 15, zoom: 0.2 })
      .describe('random changes of training images; by default those of the tables'),
    train: positive
      .default(49_152)
      .describe(
        'largest number of training examples, of which a twelfth is left out; by default as many as in the tables remain',
      ),
    test: positive.default(10_000).describe('largest number of test examples'),
    every: positive.default(40).describe('steps from one evaluation on the test part to the next'),
    data: z.string().optional().describe('folder of MNIST'),
  }),
  async run(options, setting) {
    await loadBackend();
    const cells = openCells(setting.folder, setting.progress);
    const sources = openSources({ path: options.data, train: options.train, test: options.test, seed: setting.seed });
    const throughput = options.blocks === 0 ? [] : await measureThroughput(options, sources, cells, setting);
    const curves = await measureAccuracy({ ...options, models: options.accuracyModels }, sources.data, cells, setting);
    const missing: Row[] = sources.missing().map(({ source, why }) => ({
      id: `data/${source}`,
      quantity: `what needs ${source}`,
      measured: null,
      gate: '',
      met: null,
      note: why,
    }));
    const rows = [...throughputRows(throughput), ...asdlRows(throughput), ...accuracyRows(curves, options), ...missing];
    cells.clear();
    return {
      verdict: verdictFrom(rows),
      rows,
      sections: [...throughputSections(throughput), ...accuracySections(curves)],
    };
  },
});

/** The conclusions that the rows justify. */
function verdictFrom(rows: readonly Row[]): string {
  const gated = rows.filter(({ gate }) => gate !== '');
  if (gated.length === 0) return 'None of these networks, methods, batch sizes and intervals has a target.';
  const met = gated.filter((row) => row.met === true);
  const missed = gated.filter((row) => row.met === false).map(({ id }) => id);
  return `${met.length} of ${gated.length} targets are met${missed.length > 0 ? `; not ${missed.join(', ')}` : ''}.`;
}

function throughputRows(all: readonly Throughput[]): Row[] {
  return all.flatMap(({ model: network, batch, method, interval, relative, memory }) => {
    const id = `${network}/${batch}/${method}/${interval}`;
    const published = PUBLISHED[id];
    const note = published === undefined ? undefined : `${published} on an A100 in the paper`;
    const quantity = `throughput of ${method} over that of sgd, ${network}, batch ${batch}, interval ${interval}`;
    const rounded = Number(relative.toFixed(3));
    return [
      GOALS[id] === undefined
        ? infoRow(`throughput/${id}`, quantity, rounded, note)
        : gateRow(`throughput/${id}`, quantity, rounded, 'at least', GOALS[id], note),
      infoRow(
        `memory/${id}`,
        `peak tensor memory of ${method} over that of sgd, ${network}, batch ${batch}, interval ${interval}`,
        Number(memory.toFixed(2)),
      ),
    ];
  });
}

/** The setting in which ASDL was measured too: perceptrons of width 512 at batch 128. */
const besideAsdl = (all: readonly Throughput[]): Throughput[] =>
  all.filter(
    ({ model: network, batch, method, interval }) =>
      network === 'mlp-512' && batch === 128 && ASDL_MILLISECONDS[method] && (interval === 1 || interval === 10),
  );

const asdlMilliseconds = (method: string, interval: number): number =>
  ASDL_MILLISECONDS[method]![interval === 1 ? 0 : 1];

/** How often a step of SGD fits into one of the method, in ASDL. */
const asdlRatio = (method: string, interval: number): number =>
  asdlMilliseconds(method, interval) / asdlMilliseconds('sgd', 1);

function asdlRows(all: readonly Throughput[]): Row[] {
  return besideAsdl(all).map(({ method, interval, milliseconds, relative }) => {
    const theirs = asdlMilliseconds(method, interval);
    return gateRow(
      `asdl/${method}/${interval}`,
      `milliseconds of a step of ${method} in ASDL over those here, mlp-512, batch 128, interval ${interval}`,
      Number((theirs / milliseconds).toFixed(2)),
      'at least',
      AHEAD_OF_ASDL[method] ?? 1,
      `${theirs} ms there, ${milliseconds.toFixed(1)} here; ${asdlRatio(method, interval).toFixed(1)} steps of its own SGD there, ${(1 / relative).toFixed(1)} here`,
    );
  });
}

function throughputSections(all: readonly Throughput[]): StudySection[] {
  if (all.length === 0) return [];
  const asdl = besideAsdl(all);
  return [
    {
      title: 'Throughput and memory',
      text: [
        `Every method takes its steps in alternating blocks with SGD in the same run, the perceptrons on images of MNIST and the others on images of CIFAR-10, or on noise if these are not found; a ratio is the median over the rounds of the processor time of a step of SGD over that of the method. In elapsed time the ratio differs if other programs use the processor. On a GPU it is a ratio of elapsed times.`,
      ],
      figures: throughputFigures(all),
      tables: [
        {
          name: 'throughput',
          title: 'Relative to SGD',
          columns: [
            'network',
            'batch',
            'method',
            'interval',
            'ms per step',
            'ms of SGD',
            'throughput',
            'by the clock',
            'on an A100',
            'memory',
          ],
          rows: all.map(
            ({
              model: network,
              batch,
              method,
              interval,
              milliseconds,
              sgdMilliseconds,
              relative,
              relativeByClock,
              memory,
            }) => [
              network,
              batch,
              method,
              interval,
              Number(milliseconds.toFixed(2)),
              Number(sgdMilliseconds.toFixed(2)),
              Number(relative.toFixed(3)),
              Number(relativeByClock.toFixed(3)),
              PUBLISHED[`${network}/${batch}/${method}/${interval}`] ?? null,
              Number(memory.toFixed(2)),
            ],
          ),
        },
        ...(asdl.length === 0
          ? []
          : [
              {
                name: 'asdl',
                title:
                  'Compared with ASDL itself, measured once by bench/asdl/time_step.py on two cores of an Intel Xeon at 2.5 GHz: times can be compared only on that machine',
                columns: [
                  'method',
                  'interval',
                  'steps of SGD here',
                  'steps of its SGD in ASDL',
                  'ms per step here',
                  'ms per step of ASDL',
                ],
                rows: asdl.map(({ method, interval, milliseconds, relative }) => [
                  method,
                  interval,
                  Number((1 / relative).toFixed(2)),
                  Number(asdlRatio(method, interval).toFixed(1)),
                  Number(milliseconds.toFixed(2)),
                  asdlMilliseconds(method, interval),
                ]),
              },
            ]),
      ],
    },
  ];
}

/** Points by which an accuracy may lie below the published one. */
const TOLERANCE = 0.3;

/** Whether a training is as long as those of the tables, on images and labels changed as there. */
const isAsPublished = ({ epochs }: Curve, { train, augment, smoothing }: Material): boolean =>
  train >= 45_000 && epochs >= 20 && smoothing > 0 && isRotating(augment);

interface Material {
  readonly train: number;
  readonly augment: AugmentOptions;
  readonly smoothing: number;
}

function accuracyRows(curves: readonly Curve[], options: Material): Row[] {
  return curves.flatMap((curve) => {
    const id = `${curve.model}/${curve.method}`;
    const published = PUBLISHED_ACCURACY[id];
    const quantity = `final test accuracy of ${curve.method}, ${curve.model}, ${curve.epochs} epochs at batch ${curve.batch}, in %`;
    const percent = Number((100 * curve.final).toFixed(2));
    const final =
      published !== undefined && isAsPublished(curve, options)
        ? gateRow(
            `accuracy/${id}`,
            quantity,
            percent,
            'at least',
            Number((published - TOLERANCE).toFixed(1)),
            `${published} in the paper`,
          )
        : infoRow(`accuracy/${id}`, quantity, percent);
    // Step times are comparable for steps of the same size.
    const sgd = curves.find(
      ({ model: network, method, batch }) => network === curve.model && method === 'sgd' && batch === curve.batch,
    );
    if (!sgd || curve.method === 'sgd') return [final];
    const all = ({ points }: Curve): number => points.at(-1)!.step;
    const [own, reference] = [stepsTo(curve, sgd.final), stepsTo(sgd, sgd.final)!];
    const first = infoRow(
      `first/${id}`,
      `steps until ${curve.method} first has sgd's final test accuracy over those until sgd has it, ${curve.model}`,
      own === undefined ? null : Number((own / reference).toFixed(3)),
      own === undefined
        ? `not reached in ${all(curve)} steps`
        : `${own} and ${reference} steps to ${(100 * sgd.final).toFixed(2)} %`,
    );
    if (!curve.method.startsWith('kfac')) return [final, first];
    const reached = curve.final >= sgd.final;
    const share = reached ? Number((all(curve) / all(sgd)).toFixed(3)) : null;
    return [
      final,
      first,
      {
        ...gateRow(
          `steps/${id}`,
          `steps of a whole training by ${curve.method} that ends with sgd's test accuracy over those of sgd's, ${curve.model}`,
          share,
          'at most',
          0.5,
          `${(100 * curve.final).toFixed(2)} % after ${all(curve)} steps, ${(100 * sgd.final).toFixed(2)} % after ${all(sgd)}`,
        ),
        ...(!reached && { met: false }),
      },
    ];
  });
}

function accuracySections(curves: readonly Curve[]): StudySection[] {
  if (curves.length === 0) return [];
  return [
    {
      title: 'Accuracy',
      text: [
        'The same initial weights and the same batches for every method, momentum .9, the rate falling to zero along a cosine over the epochs of a method. One seed: a difference of a few tenths of a point says nothing.',
      ],
      tables: [
        {
          name: 'accuracy',
          title: 'Test accuracy along the training',
          columns: ['network', 'method', 'step', 'accuracy', 'loss'],
          rows: curves.flatMap(({ model: network, method, points }) =>
            points.map(({ step, accuracy, loss }) => [
              network,
              method,
              step,
              Number(accuracy.toFixed(4)),
              Number(loss.toFixed(4)),
            ]),
          ),
        },
      ],
    },
  ];
}
