/**
 * Whether cheap remedies in the training of a supernet make it order networks better, and whether less forgetting does.
 */
import {
  defineStudy,
  type JsonObject,
  readNetworkTable,
  sampleTable,
  stream,
  type StudyResult,
  type StudySetting,
  truthColumn,
  z,
} from 'weft-nas';
import { costsIn, openCells } from 'weft-nas/study';
import { tableFile } from '../shared/table-file.js';
import { type ArmName, armNames, contestants } from './arms.js';
import { remediesReport } from './report.js';
import { FORGETTING_EVERY, SUPERNET, type Supernet, type SupernetPayload, supernetUnit } from './supernet.js';

const TABLE = 'nasbench201/nats_bench.csv';

const options = z.strictObject({
  table: z
    .string()
    .optional()
    .describe(`CSV file with the accuracy of every cell; ${TABLE} in the folders of data by default`),
  data: z.string().default('cifar10').describe('data on which the supernets are trained'),
  path: z.string().optional().describe('folder or file of this data'),
  seeds: z.int().min(1).max(10_000).default(3).describe('number of supernets per arm, with seeds from --seed on'),
  arms: z
    .array(z.enum(armNames as [ArmName, ...ArmName[]]))
    .min(1)
    .refine((arms) => arms.includes('plain'), { message: 'name plain: the others are compared with it' })
    .default(armNames)
    .describe('arms to train; ranking by loss and by the mean of checkpoints are evaluated along with plain'),
  examples: z
    .int()
    .min(100)
    .max(1_000_000)
    .default(10_000)
    .describe('training images, of which a fifth is used for evaluation and a tenth for Fisher information'),
  epochs: z
    .int()
    .min(FORGETTING_EVERY + 1)
    .max(1_000_000)
    .default(28)
    .describe('passes over the rest'),
  batchSize: z.int().min(1).max(1_000_000).default(64).describe('images per step'),
  channels: z.int().min(1).max(10_000).default(8).describe('channels of the first stage; one cell per stage'),
  reduce: z
    .int()
    .min(1)
    .max(16)
    .default(2)
    .describe('factor by which the sides of the images are reduced: each square of so many pixels becomes its mean'),
  learningRate: z.number().positive().max(100).default(0.3).describe('learning rate of the first step'),
  cells: z.int().min(12).max(1_000_000).default(500).describe('cells to rank, drawn uniformly from the table'),
  judged: z.int().min(10).max(1_000_000).default(256).describe('images on which each cell is evaluated'),
  alpha: z.number().min(0).default(100).describe('strength of wpl'),
});

export type RemediesOptions = z.output<typeof options>;

export const supernetRemedies = defineStudy({
  name: 'supernet-remedies',
  summary:
    'Cheap remedies in a supernet of NAS-Bench-201, alone and together: do they order cells better, and does less forgetting?',
  reference:
    'Ning et al. 2021 (arXiv 2008.03064), Jeon et al. 2025 (arXiv 2503.10740), Lu et al. 2023 (arXiv 2302.14772), Benyahia, Yu et al. 2019 (arXiv 1902.08232); accuracies of NAS-Bench-201 (arXiv 2001.00326)',
  minutes: 45,
  options,
  units: { [SUPERNET]: supernetUnit },
  run,
});

async function run(given: RemediesOptions, setting: StudySetting): Promise<StudyResult> {
  const { table: named, cells: count, seeds, arms, ...training } = given;
  const table = readNetworkTable([named ?? tableFile(TABLE, 'name the file: --set table=PATH')]);
  const truth = truthColumn(table);
  const task = { inputShape: [32, 32, 3], classes: 10 };
  const space = (await setting.parts.space('nas-bench-201')).create({ filters: given.channels, cells: 1 }, task);
  const sample = sampleTable(space, table, count, stream(setting.seed, 'supernet-remedies'));
  const accuracy = sample.map(({ row }) => truth.values[row]!);
  const costsOf = costsIn(space);
  const parameters = sample.map(({ architecture }) => costsOf(architecture).parameters);

  const kept = openCells(setting.folder, setting.progress);
  const asked = Array.from({ length: seeds }, (_, i) => arms.map((arm) => ({ arm, seed: setting.seed + i }))).flat();
  let done = 0;
  const supernets = await Promise.all(
    asked.map(async ({ arm, seed }, i) => {
      const { path, ...named } = training;
      const payload: SupernetPayload = {
        ...named,
        arm,
        seed,
        cells: sample.map(({ architecture }) => space.encode(architecture)),
      };
      const supernet = await kept.measured(payload, async () => {
        const request = {
          unit: SUPERNET,
          label: `supernet ${i + 1} of ${asked.length} (${arm}, seed ${seed})`,
          payload: payload as unknown as JsonObject,
          ...(path !== undefined && { local: { path } }),
        };
        return (await setting.perform([request]))[0] as unknown as Supernet;
      });
      done++;
      if (done < asked.length) setting.progress(`${done} of ${asked.length} supernets`, done / asked.length);
      return { arm, seed, supernet };
    }),
  );
  setting.progress('done', 1);
  const result = remediesReport({
    truth: accuracy,
    column: truth.name,
    parameters,
    contestants: contestants(arms),
    supernets,
    cells: sample.map(({ architecture }) => space.encode(architecture)),
    options: given,
  });
  kept.clear();
  return result;
}
