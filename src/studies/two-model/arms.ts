/** Two models trained one after the other, for several regularizers and seeds. */
import { type RegularizerConfigInput } from '../../forgetting/index.js';
import { openTwoModelData, type FirstTraining, trainFirst, type TwoModelData, type TwoModelOptions, type TwoModelOutcome } from '../../forgetting/two-model/index.js';
import { breathe } from '../../runs/index.js';
import { mean } from '../../statistics/index.js';
import { type StudySetting } from '../contract.js';
import { stopped } from '../run-study.js';

export interface Arm {
  /** Stable name, for tables. */
  readonly name: string;
  readonly regularizer: RegularizerConfigInput;
}

export interface TwoModelPlan {
  readonly data: string;
  readonly path?: string | undefined;
  readonly seeds: number;
  readonly network: Partial<TwoModelOptions>;
  readonly first: FirstTraining;
  readonly second: { readonly learningRate: number; readonly steps: number };
  /** The first one is what the others are compared with. */
  readonly arms: readonly Arm[];
}

export interface ArmOutcome {
  readonly arm: string;
  readonly seed: number;
  readonly outcome: TwoModelOutcome;
}

export interface TwoModelResults {
  readonly arms: readonly ArmOutcome[];
  /** Accuracy and steps of A by seed. */
  readonly first: readonly { readonly accuracy: number; readonly steps: number; readonly curve: readonly { step: number; a: number }[] }[];
}

const EVALUATE_EVERY = 50;
const BATCH = 64;

/** Fisher information of all held-out examples, not averaged with anything. */
export const ONE_ESTIMATE = { average: 'accumulate', examples: 4000 } as const;

export const NONE: Arm = { name: 'none', regularizer: { name: 'none' } };
export const wplArm = (alpha: number, name = `wpl α=${alpha}`): Arm => ({ name, regularizer: { name: 'wpl', alpha, fisher: ONE_ESTIMATE } });

/** Runs every arm with every seed; A is trained once a seed. */
export async function runTwoModels(plan: TwoModelPlan, { seed, progress, shouldStop }: Pick<StudySetting, 'seed' | 'progress' | 'shouldStop'>, label: string): Promise<TwoModelResults> {
  const arms: ArmOutcome[] = [];
  const first: TwoModelResults['first'][number][] = [];
  for (let i = 0; i < plan.seeds; i++) {
    const own = seed + i;
    const data = dataOf(plan, own);
    progress(`${label}: seed ${own}, A`);
    const trained = trainFirst({ seed: own, data, network: plan.network, batchSize: BATCH, evaluateEvery: EVALUATE_EVERY }, plan.first);
    try {
      first.push({ accuracy: trained.accuracy, steps: trained.steps, curve: trained.curve });
      for (const { name, regularizer } of plan.arms) {
        await breathe();
        if (shouldStop()) throw stopped();
        progress(`${label}: seed ${own}, B with ${name}`);
        arms.push({ arm: name, seed: own, outcome: trained.second({ ...plan.second, regularizer }) });
      }
    } finally {
      trained.dispose();
    }
  }
  return { arms, first };
}

/** Data of the last few seeds, since several plans of a study have the same. */
const opened = new Map<string, TwoModelData>();
const KEPT = 6;

function dataOf({ data: source, path }: TwoModelPlan, seed: number): TwoModelData {
  const key = JSON.stringify([source, path, seed]);
  let data = opened.get(key);
  if (!data) {
    data = openTwoModelData({ source, path, seed });
    opened.set(key, data);
    if (opened.size > KEPT) opened.delete(opened.keys().next().value!);
  }
  return data;
}

/** Mean over the seeds of something about an arm. */
export function meanOf(results: TwoModelResults, arm: string, of: (outcome: TwoModelOutcome) => number, seeds = Infinity): number {
  return mean(outcomesOf(results, arm).slice(0, seeds).map(of));
}

export function outcomesOf({ arms }: TwoModelResults, arm: string): TwoModelOutcome[] {
  return arms.filter((one) => one.arm === arm).map(({ outcome }) => outcome);
}

/** Accuracy of A that is lost. */
export const forgotten = ({ before, after }: TwoModelOutcome): number => before - after;

/** Share of the first arm's forgetting that this arm removes: 1 - forgetting/forgetting without. */
export function removed(results: TwoModelResults, arm: string, without = 'none'): number {
  const seeds = outcomesOf(results, arm).length;
  return 1 - meanOf(results, arm, forgotten) / meanOf(results, without, forgotten, seeds);
}
