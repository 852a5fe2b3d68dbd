/**
 * Whether a supernet of NAS-Bench-201 ranks cells better when one choice is split into two groups of options, each with
 * weights of its own, at equal total steps: trains a supernet with shared weights, continues it in several ways, and
 * compares the order of cells with their published accuracy:
 * `node --import tsx --conditions=@weft-nas/source scripts/supernet-splits.ts [arms] [seeds] [epochs] [cells]`.
 * The training is that of the study `supernet-remedies`: supernets of this length and a constant rate rank cells, in part.
 * Half of the epochs train all cells; then `none` and `wpl` (the weight plasticity loss, from here on) train all of
 * them for the other half, and `gradient`, `forgetting` and `random` each of two groups of cells for a quarter. Prints
 * a line of JSON for each supernet; then, or for a file of such lines in place of the arms, tau of each arm with
 * its difference from `none`, and 95 % intervals over cells.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  measureRunConflicts,
  type OptionConflicts,
  readNetworkTable,
  runSearch,
  sampleTable,
  type SearchConfigInput,
  type SearchSpace,
  stream,
  truthColumn,
} from 'weft-nas';
import { openDataset } from 'weft-nas/study';
import { nasBench201 } from '../search-spaces/nas-bench-201.js';
import { loadRecordedParts, openRecorded } from '../src/api/recorded-run.js';
import { openSession } from '../src/api/session.js';
import { evaluateChild, SHARED_EVALUATION } from '../src/training/evaluate.js';
import { reducedImages } from '../studies/supernet-remedies/reduced.js';
import { tableFile } from '../studies/shared/table-file.js';
import { type MeanOverSeeds, tauDifferenceOverSeeds, tauOverSeeds } from '../studies/shared/tau-over-seeds.js';

/** The scores of the cells, in their order, by the supernets of an arm. */
interface Line {
  readonly arm: string;
  readonly seed: number;
  /** The choice that is split, and the groups of its options. */
  readonly split?: Split | undefined;
  readonly accuracy: readonly number[];
  /** Minus the loss. */
  readonly loss: readonly number[];
  /** Processor time, without the common first half. */
  readonly seconds: number;
}

interface Split {
  readonly decision: string;
  readonly groups: readonly (readonly string[])[];
}

const [arms = 'none,gradient,forgetting,random,wpl', seeds = '1', epochs = '28', cells = '500'] = process.argv.slice(2);
const OPTIONS = { filters: 8, cells: 1 };
/** The factor by which the sides of the images are reduced. */
const REDUCE = 2;
const images = reducedImages(openDataset('cifar10'), REDUCE);
const space = nasBench201.create(OPTIONS, { inputShape: images.inputShape, classes: 10 }) as SearchSpace;
const table = readNetworkTable([tableFile('nasbench201/nats_bench.csv', 'add it to a folder of data')]);
const sample = sampleTable(space, table, Number(cells), stream(1, 'splits'));
const truth = sample.map(({ row }) => truthColumn(table).values[row]!);

const lines: Line[] = [];
if (arms.endsWith('.jsonl'))
  lines.push(
    ...readFileSync(arms, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line),
  );
else for (const seed of seeds.split(',').map(Number)) await withRuns((runs) => trainAll(seed, runs));
compare();
process.exit();

async function withRuns(use: (runs: string) => Promise<void>): Promise<void> {
  const runs = mkdtempSync(join(tmpdir(), 'weft-splits-'));
  try {
    await use(runs);
  } finally {
    rmSync(runs, { recursive: true, force: true });
  }
}

async function trainAll(seed: number, runs: string): Promise<void> {
  const half = Number(epochs) / 2;
  const whole = await train(seed, half, runs, {});
  const conflicts = await measureRunConflicts(whole, { draws: 4, data: images });
  for (const arm of arms.split(',')) {
    const before = process.cpuUsage();
    const split = splitBy(arm, conflicts, seed);
    const [accuracy, loss] = [truth.map(() => NaN), truth.map(() => NaN)];
    for (const group of split?.groups ?? [undefined]) {
      const run = await train(seed, split ? half / 2 : half, runs, {
        start: whole,
        ...(split && group && { options: { [split.decision]: [...group] } }),
        plasticity: arm === 'wpl',
      });
      await score(run, (i, found) => {
        accuracy[i] = found.accuracy!;
        loss[i] = -found.loss;
      });
    }
    const { user, system } = process.cpuUsage(before);
    const line = { arm, seed, split, accuracy, loss, seconds: (user + system) / 1e6 };
    lines.push(line);
    console.log(JSON.stringify(line));
  }
}

interface Training {
  readonly start?: string;
  /** Options to which choices are limited. */
  readonly options?: Record<string, string[]>;
  readonly plasticity?: boolean;
}

async function train(
  seed: number,
  count: number,
  runs: string,
  { start, options, plasticity }: Training,
): Promise<string> {
  const config: SearchConfigInput = {
    seed,
    space: { name: 'nas-bench-201', ...OPTIONS },
    controller: { name: 'random' },
    data: { fisher: 0.1, subset: { train: 10_000 }, augment: { crop: 4 / REDUCE, flip: true } },
    search: {
      epochs: count,
      batchSize: 64,
      rounds: 0,
      probe: 0,
      optimizer: {
        name: 'nesterov',
        learningRate: 0.3,
        weightDecay: 5e-4,
        clipNorm: 5,
        schedule: { name: 'constant' },
      },
      ...(start !== undefined && { start }),
      ...(plasticity && {
        regularizer: {
          name: 'wpl',
          alpha: 100,
          scope: 'all-shared',
          start: 0,
          fisher: { kind: 'batch', examples: 64, momentum: 0.9, resetEvery: 2 },
        },
      }),
    },
    ...(options && { limits: { options } }),
    derive: { candidates: 1, random: 0, batches: 1, batchSize: 256 },
    retrain: { epochs: 0 },
  };
  return (await runSearch({ config, data: images, runs })).run;
}

/** The choice that an arm splits, and how; nothing for arms without a split. */
function splitBy(arm: string, conflicts: readonly OptionConflicts[], seed: number): Split | undefined {
  if (arm === 'none' || arm === 'wpl') return undefined;
  const rng = stream(seed, 'random split');
  const chosen =
    arm === 'random'
      ? rng.pick(conflicts)
      : arm === 'forgetting'
        ? conflicts[0]!
        : [...conflicts].sort((a, b) => a.byGradient.between - b.byGradient.between)[0]!;
  const { decision, options, byGradient, byForgetting } = chosen;
  const cut = 1 + rng.int(2 ** (options.length - 1) - 1);
  const atRandom = [0, 1].map((side) =>
    options.flatMap((_, i) => ((i > 0 ? (cut >> (i - 1)) & 1 : 0) === side ? [i] : [])),
  );
  const groups = { gradient: byGradient.groups, forgetting: byForgetting.groups }[arm] ?? atRandom;
  return { decision, groups: groups.map((group) => group.map((i) => options[i]!)) };
}

/** Evaluates those of the cells that the run's space, with its limits, has. */
async function score(
  directory: string,
  take: (cell: number, found: ReturnType<typeof evaluateChild>) => void,
): Promise<void> {
  const recorded = openRecorded(directory);
  const session = await openSession(recorded, await loadRecordedParts(recorded, { data: images }), {});
  for (const [i, { architecture }] of sample.entries())
    if (session.space.satisfies(architecture))
      take(
        i,
        evaluateChild(session.child(architecture), session.supernet.store, session.data.derive, SHARED_EVALUATION, 1),
      );
  session.dispose();
}

function compare(): void {
  for (const by of ['accuracy', 'loss'] as const) {
    const scoresOf = (arm: string): (readonly number[])[] =>
      lines.filter((line) => line.arm === arm).map((line) => line[by]);
    for (const arm of new Set(lines.map((line) => line.arm))) {
      const plain = scoresOf('none');
      const own = tauOverSeeds(truth, scoresOf(arm));
      const gain =
        arm === 'none' || plain.length === 0
          ? ''
          : `; minus none ${said(tauDifferenceOverSeeds(truth, scoresOf(arm), plain))}`;
      console.log(`${arm}, tau by ${by} ${said(own)}${gain}`);
    }
  }
}

function said({ value, interval, bySeed }: MeanOverSeeds): string {
  const three = (number: number): string => number.toFixed(3);
  return `${three(value)}${interval ? ` (${interval.map(three).join(' to ')})` : ''} [${bySeed.map(three).join(', ')}]`;
}
