/**
 * truth.json: the scores of a sample of networks by shared weights and trivial rankers, with the values of a table. All
 * agreement is computed from it.
 */
import { z } from 'zod';
import { WeftError } from '../errors.js';
import { smallestOf } from '../statistics/extremes.js';
import { kendallTau, mean } from '../statistics/index.js';
import { quality } from './record.js';
import { compareRankers, type Ranker, type RankerComparison, withLogRanks } from './rankers.js';

const FORMAT = 'weft-truth';
const VERSION = 2;

const recordSchema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  /** The files of the table. */
  tables: z.array(z.string()).min(1),
  /** The column of true scores. */
  column: z.string(),
  /** The measure by which the shared weights rank. */
  measure: z.enum(['accuracy', 'loss']),
  /** Validation examples that the shared weights were evaluated on. */
  examples: z.int(),
  warnings: z.array(z.string()),
  networks: z
    .array(
      z.object({
        architecture: z.string(),
        truth: z.number(),
        /** True scores of single seeds. */
        seeds: z.array(z.number()),
        shared: z.object({ accuracy: z.number().nullable(), loss: z.number() }),
        /** Scores of the trivial rankers, more being better. */
        rankers: z.record(z.string(), z.number()),
      }),
    )
    .min(1),
});

export type TruthRecord = z.output<typeof recordSchema>;

/** A record of this version. */
export function truthRecord(content: Omit<TruthRecord, 'format' | 'version'>): TruthRecord {
  return { format: FORMAT, version: VERSION, ...content };
}

/** Checks a parsed truth.json; throws WeftError('run') on anything else. */
export function parseTruthRecord(value: unknown, path: string): TruthRecord {
  const parsed = recordSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new WeftError(
    'run',
    `${path} is not a record of a ranking:\n${z.prettifyError(parsed.error)}`,
    'create it again with `weft rank RUN --truth TABLE`',
  );
}

/** How the shared weights compare with the trivial rankers; the same record gives the same numbers. */
export function analyseTruth({ networks, measure, warnings }: TruthRecord): RankerComparison {
  const names = Object.keys(networks[0]!.rankers);
  const rankers = names.map((name): Ranker => ({ name, scores: networks.map((one) => one.rankers[name]!) }));
  const byLoss =
    measure === 'accuracy' ? [{ name: 'supernet, by its loss', scores: networks.map((one) => -one.shared.loss) }] : [];
  const comparison = compareRankers(
    networks.map((one) => one.truth),
    { name: 'supernet', scores: networks.map((one) => quality(one.shared, measure)) },
    withLogRanks(rankers),
    { warnings, ceiling: ceilingOf(networks.map((one) => one.seeds)) },
  );
  return byLoss.length === 0 ? comparison : withUntested(comparison, networks, byLoss[0]!);
}

/** The same with one more line of the supernet's own, which is no trivial ranker and changes no verdict. */
function withUntested(
  comparison: RankerComparison,
  networks: TruthRecord['networks'],
  ranker: Ranker,
): RankerComparison {
  const { supernet } = compareRankers(
    networks.map((one) => one.truth),
    ranker,
    [],
  );
  const value = (tau: number): number => (Number.isNaN(tau) ? -Infinity : tau);
  return {
    ...comparison,
    standings: [...comparison.standings, supernet].sort((a, b) => value(b.tau.value) - value(a.tau.value)),
  };
}

/** Mean tau between two seeds of the truth; undefined for one seed. */
function ceilingOf(seeds: readonly (readonly number[])[]): number | undefined {
  const count = smallestOf(seeds.map((one) => one.length));
  const taus: number[] = [];
  for (let a = 0; a < count; a++)
    for (let b = 0; b < a; b++)
      taus.push(
        kendallTau(
          seeds.map((one) => one[a]!),
          seeds.map((one) => one[b]!),
        ),
      );
  return taus.length > 0 ? mean(taus) : undefined;
}
