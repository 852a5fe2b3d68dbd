/** rank.json: what was measured of each architecture. All agreement is computed from it. */
import { z } from 'zod';
import { WeftError } from '../errors.js';

const RANK_FORMAT = 'weft-rank';
/** 2: sealed. */
const RANK_VERSION = 2;

/** Language models are ranked by the loss alone. */
const scoreSchema = z.object({ accuracy: z.number().nullable(), loss: z.number() });

const recordSchema = z.object({
  format: z.literal(RANK_FORMAT),
  version: z.literal([1, RANK_VERSION]),
  /** The measure by which networks are ranked. */
  measure: z.enum(['accuracy', 'loss']),
  /** Epochs of stand-alone training. */
  epochs: z.int(),
  seeds: z.array(z.int()).min(1),
  /** Validation examples that the shared weights were evaluated on, and test examples of the trained networks. */
  examples: z.object({ shared: z.int(), alone: z.int() }),
  architectures: z.array(
    z.object({
      architecture: z.string(),
      hash: z.string(),
      shared: scoreSchema,
      /** One for each seed, in their order. */
      alone: z.array(scoreSchema),
      /** Scores by proxies, more being better; absent in records of 0.1. */
      proxies: z.record(z.string(), z.number()).optional(),
    }),
  ),
});

export type RankRecord = z.output<typeof recordSchema>;

/** A record of this version. */
export function rankRecord(content: Omit<RankRecord, 'format' | 'version'>): RankRecord {
  return { format: RANK_FORMAT, version: RANK_VERSION, ...content };
}

/** Checks a parsed rank.json. */
export function parseRankRecord(value: unknown, path: string): RankRecord {
  const parsed = recordSchema.safeParse(value);
  if (!parsed.success)
    throw new WeftError(
      'run',
      `${path} is not a record of a ranking:\n${z.prettifyError(parsed.error)}`,
      'create it again with `weft rank`',
    );
  return parsed.data;
}

/** A score as a number of which more is better: the accuracy, or the loss with its sign turned. */
export function quality(
  { accuracy, loss }: { readonly accuracy: number | null; readonly loss: number },
  measure: RankRecord['measure'],
): number {
  return measure === 'accuracy' && accuracy !== null ? accuracy : -loss;
}
