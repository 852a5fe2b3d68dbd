/**
 * Strategies evaluated on the table of NAS-Bench-201: the quality they reach with a few hundred evaluations, over many
 * seeds.
 */
import {
  assessDifference,
  type BenchmarkCell,
  canonicalCell,
  defineStudy,
  gateRow,
  infoRow,
  readBenchmarkTable,
  type Row,
  type SearchSpace,
  type StudyResult,
  type StudySetting,
  tabularEvaluator,
  tabularTrials,
  toBenchmark,
  type Trials,
  WeftError,
  z,
} from 'weft-nas';
import { findDataFile, stopHere } from 'weft-nas/study';
import { regretChart } from './regret-chart.js';

interface Contest {
  readonly id: string;
  readonly controller: string;
  readonly options: object;
  /** Number of architectures per proposal: generational strategies get whole generations. */
  readonly batch: number;
  /** The time gate leaves out the policy gradient, which learns after every single query. */
  readonly timed: boolean;
}

const CONTESTS: readonly Contest[] = [
  { id: 'random', controller: 'random', options: {}, batch: 1, timed: true },
  { id: 'evolution/20', controller: 'evolution', options: { population: 20, sample: 10 }, batch: 1, timed: true },
  { id: 'evolution/50', controller: 'evolution', options: { population: 50, sample: 10 }, batch: 1, timed: true },
  { id: 'local-search', controller: 'local-search', options: {}, batch: 1, timed: true },
  { id: 'spos', controller: 'spos', options: {}, batch: 50, timed: true },
  { id: 'fairnas', controller: 'fairnas', options: {}, batch: 50, timed: true },
  { id: 'policy-gradient', controller: 'policy-gradient', options: {}, batch: 1, timed: false },
];

const options = z.strictObject({
  table: z
    .string()
    .optional()
    .describe('CSV file of the table; by default nasbench201/nats_bench.csv in the data folders'),
  queries: z.int().min(1).max(1_000_000).default(500).describe('architectures that a search may look up'),
  trials: z.int().min(2).max(10_000).default(100).describe('searches of each strategy, with the seeds 0, 1, …'),
  further: z
    .int()
    .min(2)
    .max(10_000)
    .default(900)
    .describe('additional searches by evolution with a population of 20, with the following seeds'),
});

export const nasBench201Study = defineStudy({
  name: 'nas-bench-201',
  summary: 'Strategies on the table of NAS-Bench-201: best cell, regret over queries, time',
  reference:
    'Dong & Yang 2020 (arXiv 2001.00326), 200 epochs, CIFAR-10 test accuracy. Random sampling has a known expectation; the best cell has 94.3733 %.',
  minutes: 2,
  options,
  run,
});

async function run(
  { table: path, queries, trials, further }: z.output<typeof options>,
  setting: StudySetting,
): Promise<StudyResult> {
  const found = findDataFile('nasbench201/nats_bench.csv');
  const file = path ?? found.path;
  if (file === undefined)
    throw new WeftError(
      'data',
      `the table of NAS-Bench-201 was not found; looked for ${found.looked.join(', ')}`,
      'name the file: --set table=PATH',
    );
  const table = readBenchmarkTable(file);
  const space = (await setting.parts.space('nas-bench-201')).create(
    {},
    { inputShape: [32, 32, 3], classes: 10 },
  ) as SearchSpace<BenchmarkCell>;
  const evaluator = tabularEvaluator(
    space,
    table.text('ArchitectureString'),
    table.numbers('CIFAR10TestAccuracy200Epochs'),
    toBenchmark,
  );

  const results: (Contest & { trials: Trials; seconds: number })[] = [];
  const play = async (
    contest: Contest,
    settings: { trials: number; firstSeed?: number },
  ): Promise<{ trials: Trials; seconds: number }> => {
    const factory = await setting.parts.controller(contest.controller);
    const before = process.cpuUsage();
    const played = tabularTrials(factory, contest.options, space, evaluator, {
      queries,
      batch: contest.batch,
      ...settings,
    });
    const { user, system } = process.cpuUsage(before);
    return { trials: played, seconds: (user + system) / 1e6 };
  };
  for (const contest of CONTESTS) {
    await stopHere(setting);
    setting.progress(contest.id, results.length / (CONTESTS.length + 1));
    results.push({ ...contest, ...(await play(contest, { trials })) });
  }
  const more = await play(CONTESTS[1]!, { trials: further, firstSeed: trials });
  setting.progress('done', 1);

  const of = (id: string): Trials => results.find((result) => result.id === id)!.trials;
  const [random, policy] = [of('random'), of('policy-gradient')];
  const above = assessDifference([...policy.best], [...random.best]);
  const usual = queries === 500 && trials === 100;
  const cells = [...space.enumerate()];
  const rows: Row[] = [
    exactRow('size', 'cells', Number(space.size()), 15_625),
    exactRow('canonical', 'cells that differ', new Set(cells.map(canonicalCell)).size, 6_466),
    usual
      ? {
          id: 'random/mean',
          quantity: 'mean best test accuracy, %',
          measured: random.mean,
          gate: '94.11 ± 0.03',
          met: Math.abs(random.mean - 94.11) <= 0.03,
        }
      : infoRow('random/mean', 'mean best test accuracy, %', random.mean),
    ...(usual
      ? [
          gateRow(
            'evolution/20/mean',
            'mean best test accuracy, %',
            of('evolution/20').mean,
            'at least',
            94.37,
            `standard error ${of('evolution/20').standardError.toFixed(4)}`,
          ),
          gateRow(
            'evolution/50/mean',
            'mean best test accuracy, %',
            of('evolution/50').mean,
            'at least',
            94.36,
            `standard error ${of('evolution/50').standardError.toFixed(4)}`,
          ),
        ]
      : [
          infoRow('evolution/20/mean', 'mean best test accuracy, %', of('evolution/20').mean),
          infoRow('evolution/50/mean', 'mean best test accuracy, %', of('evolution/50').mean),
        ]),
    infoRow(
      'evolution/20/further',
      `the same over ${further} further seeds, %`,
      more.trials.mean,
      `standard error ${more.trials.standardError.toFixed(4)}: how lucky the first seeds were`,
    ),
    {
      id: 'policy-gradient/above-random',
      quantity: 'difference of means, %',
      measured: above.value,
      gate: 'claimed above 0',
      met: above.claim === 'above',
      note: above.interval
        ? `95 % interval ${above.interval.map((end) => end.toFixed(3)).join(' to ')}`
        : 'no interval',
    },
    ...results
      .filter(({ id }) => !/random|evolution/.test(id))
      .map(({ id, trials: { mean, standardError } }) =>
        infoRow(`${id}/mean`, 'mean best test accuracy, %', mean, `standard error ${standardError.toFixed(4)}`),
      ),
    ...results.map(({ id, seconds, timed }) =>
      timed && usual
        ? gateRow(`${id}/seconds`, 'seconds of processor time for all searches', seconds, 'at most', 2)
        : infoRow(`${id}/seconds`, 'seconds of processor time for all searches', seconds),
    ),
  ];
  const at = [1, 10, 20, 50, 100, 200, 350, 500].filter((query) => query <= queries);
  return {
    verdict: `The best cell after ${queries} queries has on average ${of('evolution/20').mean.toFixed(3)} % by evolution, ${policy.mean.toFixed(3)} % by policy gradient, ${random.mean.toFixed(3)} % by random sampling; the optimum is ${evaluator.optimum.toFixed(3)} %.`,
    rows,
    sections: [
      {
        title: 'Regret over queries',
        text: [
          'Regret is the accuracy of the best cell of the table minus that of the best cell looked up so far, in points of test accuracy, averaged over the searches.',
        ],
        figures: [
          {
            title: 'Mean regret',
            caption: `Mean of ${trials} searches of each strategy; both axes are logarithmic.`,
            svg: regretChart(results.map(({ id, trials: { regret } }) => ({ name: id, regret }))),
          },
        ],
        tables: [
          {
            name: 'regret',
            title: 'Mean regret after so many queries, points',
            columns: ['strategy', ...at.map(String), 'standard error at the end'],
            rows: results.map(({ id, trials: { regret, standardError } }) => [
              id,
              ...at.map((query) => regret[query - 1]!),
              standardError,
            ]),
          },
          {
            name: 'best',
            title: 'Best cell of each search, % test accuracy',
            columns: ['seed', ...results.map(({ id }) => id)],
            rows: Array.from({ length: trials }, (_, seed) => [
              seed,
              ...results.map(({ trials: { best } }) => best[seed]!),
            ]),
          },
        ],
      },
    ],
  };
}

function exactRow(id: string, quantity: string, measured: number, wanted: number): Row {
  return { id, quantity, measured, gate: `exactly ${wanted}`, met: measured === wanted };
}
