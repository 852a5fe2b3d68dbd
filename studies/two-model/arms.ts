/** Two models trained one after the other, for several regularizers and seeds. */
import { createHash } from 'node:crypto';
import { type forgetting, largestOf, mean, type StudySetting, type StudyUnit, WeftError, z } from 'weft-nas';
import { checkPayload, openDataset, plainPayload, stopHere, twoModel } from 'weft-nas/study';
import { regularizerInput } from '../shared/unit-payload.js';

export interface Arm {
  /** Stable name, for tables. */
  readonly name: string;
  readonly regularizer: forgetting.RegularizerConfigInput;
}

export interface TwoModelPlan {
  readonly data: string;
  readonly path?: string | undefined;
  readonly seeds: number;
  readonly network: Partial<twoModel.TwoModelOptions>;
  readonly first: twoModel.FirstTraining;
  readonly second: { readonly learningRate: number; readonly steps: number };
  /** The first one is the baseline. */
  readonly arms: readonly Arm[];
}

export interface ArmOutcome {
  readonly arm: string;
  readonly seed: number;
  readonly outcome: twoModel.TwoModelOutcome;
}

export interface TwoModelResults {
  readonly arms: readonly ArmOutcome[];
  /** Accuracy and steps of A by seed. */
  readonly first: readonly {
    readonly accuracy: number;
    readonly steps: number;
    readonly curve: readonly { step: number; a: number }[];
  }[];
}

const EVALUATE_EVERY = 50;
const BATCH = 64;

/** Fisher information of all held-out examples, not averaged with anything. */
export const ONE_ESTIMATE = { average: 'accumulate', examples: 4000 } as const;

export const NONE: Arm = { name: 'none', regularizer: { name: 'none' } };
export const wplArm = (alpha: number, name = `wpl α=${alpha}`): Arm => ({
  name,
  regularizer: { name: 'wpl', alpha, fisher: ONE_ESTIMATE },
});

/** Runs every arm with every seed; A is trained once per seed, and each seed is a separate unit. */
export async function runTwoModels(
  { seeds, path, ...plan }: TwoModelPlan,
  { seed, perform }: Pick<StudySetting, 'seed' | 'perform'>,
  label: string,
): Promise<TwoModelResults> {
  const data = hashOf(plan.data, path);
  const results = await perform(
    Array.from({ length: seeds }, (_, i) => ({
      unit: TWO_MODELS,
      label: `${label}: seed ${seed + i}`,
      payload: plainPayload({ ...plan, seed: seed + i, content: data }),
      ...(path !== undefined && { local: { path } }),
    })),
  );
  const found = results as unknown as readonly {
    readonly first: TwoModelResults['first'][number];
    readonly arms: readonly PlainOutcome[];
  }[];
  return {
    first: found.map(({ first }) => first),
    arms: found.flatMap(({ arms }, i) =>
      arms.map(({ arm, outcome }) => ({
        arm,
        seed: seed + i,
        outcome: {
          ...outcome,
          fisher: Float32Array.from(outcome.fisher),
          squaredDrift: Float32Array.from(outcome.squaredDrift),
        },
      })),
    ),
  };
}

/** The name of the unit in the studies that have it. */
export const TWO_MODELS = 'two-models';

interface PlainOutcome {
  readonly arm: string;
  readonly outcome: Omit<twoModel.TwoModelOutcome, 'fisher' | 'squaredDrift'> & {
    readonly fisher: readonly number[];
    readonly squaredDrift: readonly number[];
  };
}

const trainingFields = { learningRate: z.number().positive(), steps: z.int().min(1).max(1e7) };
const size = z.int().min(1).max(10_000).optional();

/** The payload of such a unit; anyone with access to a queue may have written it. */
const unitSchema = z.strictObject({
  seed: z.int().min(0),
  data: z.string().min(1).max(4000),
  path: z.string().min(1).max(4000).optional(),
  /** Hash of the data, or the name of synthetic data. */
  content: z.string().min(1).max(100),
  network: z.strictObject({ width: size, layersA: size, layersB: size, shared: z.int().min(0).max(10_000).optional() }),
  first: z.strictObject({ ...trainingFields, target: z.number().min(0).max(1).optional() }),
  second: z.strictObject(trainingFields),
  arms: z.array(z.strictObject({ name: z.string().min(1).max(200), regularizer: regularizerInput })).max(1000),
});

/** A with one seed, and B with every arm. */
export const twoModelsUnit: StudyUnit = async (payload, { progress, shouldStop }) => {
  const plan = checkPayload(unitSchema, payload, TWO_MODELS);
  const { seed, data: source, path, content, arms, second } = plan;
  // Plain data: absent fields must be omitted, not undefined.
  const { network, first } = plan as Pick<TwoModelPlan, 'network' | 'first'>;
  if (hashOf(source, path) !== content)
    throw new WeftError(
      'job',
      `the data '${source}' of this worker differs from that of the job`,
      'give the worker the same data: a job must give the same result everywhere',
    );
  const trained = twoModel.trainFirst(
    { seed, data: dataOf({ data: source, path }, seed), network, batchSize: BATCH, evaluateEvery: EVALUATE_EVERY },
    first,
  );
  try {
    const outcomes: PlainOutcome[] = [];
    for (const [i, { name, regularizer }] of arms.entries()) {
      progress(i + 1, arms.length + 1);
      await stopHere({ shouldStop });
      const { fisher, squaredDrift, ...outcome } = trained.second({ ...second, regularizer });
      outcomes.push({ arm: name, outcome: { ...outcome, fisher: [...fisher], squaredDrift: [...squaredDrift] } });
    }
    return plainPayload({
      first: { accuracy: trained.accuracy, steps: trained.steps, curve: trained.curve },
      arms: outcomes,
    });
  } finally {
    trained.dispose();
  }
};

/** The identity of the data: its hash or, for synthetic data, its name. */
function hashOf(source: string, path: string | undefined): string {
  if (source === 'proto-10') return source;
  const key = `${source} ${path ?? ''}`;
  let hash = hashes.get(key);
  if (hash === undefined) {
    hash = createHash('sha256')
      .update(
        openDataset(source, path === undefined ? {} : { path })
          .sources.map((file) => file.sha256)
          .join('\n'),
      )
      .digest('hex');
    hashes.set(key, hash);
  }
  return hash;
}

const hashes = new Map<string, string>();

/** Data of the last few seeds, since several plans of a study have the same. */
const opened = new Map<string, twoModel.TwoModelData>();
const KEPT = 6;

function dataOf({ data: source, path }: Pick<TwoModelPlan, 'data' | 'path'>, seed: number): twoModel.TwoModelData {
  const key = JSON.stringify([source, path, seed]);
  let data = opened.get(key);
  if (!data) {
    data = twoModel.openTwoModelData({ source, path, seed });
    opened.set(key, data);
    if (opened.size > KEPT) opened.delete(opened.keys().next().value!);
  }
  return data;
}

/** Mean over the seeds of a quantity of an arm. */
export function meanOf(
  results: TwoModelResults,
  arm: string,
  of: (outcome: twoModel.TwoModelOutcome) => number,
  seeds = Infinity,
): number {
  return mean(outcomesOf(results, arm).slice(0, seeds).map(of));
}

export function outcomesOf({ arms }: TwoModelResults, arm: string): twoModel.TwoModelOutcome[] {
  return arms.filter((one) => one.arm === arm).map(({ outcome }) => outcome);
}

/** Accuracy that A loses. */
export const forgotten = ({ before, after }: twoModel.TwoModelOutcome): number => before - after;

/** Percentage points below its own best accuracy at which a training counts as diverged. */
const FALL = 0.1;

/** Whether the training of B diverged with any seed: it ends far below its best accuracy. */
export function hasDiverged(results: TwoModelResults, arm: string): boolean {
  return outcomesOf(results, arm).some(({ b, curve }) => b < largestOf(curve.map((point) => point.b)) - FALL);
}

/** Fraction of the first arm's forgetting that this arm removes: 1 - forgetting/forgetting without. */
export function removed(results: TwoModelResults, arm: string, without = 'none'): number {
  const seeds = outcomesOf(results, arm).length;
  return 1 - meanOf(results, arm, forgotten) / meanOf(results, without, forgotten, seeds);
}
