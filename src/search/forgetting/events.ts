/** The events of forgetting, and the warnings that go with them. */
import { type SearchConfig } from '../../config/schema.js';
import { type ForgettingEvent, type Regularizer, type RegularizerStatus } from '../../forgetting/index.js';
import { summarizeDifferences } from '../../forgetting/metrics/index.js';
import { type Json } from '../../operations/operation.js';
import { type ParameterStore } from '../../supernet/parameter-store.js';
import { mean } from '../../statistics/index.js';

/** An architecture of this epoch, as it was right after its training. */
export interface Visit {
  readonly index: number;
  readonly architecture: string;
  readonly loss1: number;
  readonly err1: number;
}

export interface Revisit extends Visit {
  readonly loss2: number;
  readonly err2: number;
}

export function configEvent(
  { search, forgetting }: SearchConfig,
  regularizer: Regularizer | undefined,
  { parameters }: ParameterStore,
  batches: number,
): ForgettingEvent {
  const { name, ...options } = search.regularizer;
  const watched = regularizer?.watched ?? [];
  return {
    type: 'forgetting-config',
    regularizer: name,
    options: options as unknown as Json,
    fisherKind: regularizer?.fisher?.kind ?? null,
    scope: regularizer?.scope ?? null,
    metric: forgetting.metric,
    every: { epochs: forgetting.every },
    batches,
    fisherExamples: (regularizer?.fisher?.examples ?? 0) * (regularizer?.fisher?.batches ?? 0),
    monitored: {
      parameters: watched.reduce((sum, parameter) => sum + parameters[parameter]!.size, 0),
      tensors: watched.length,
    },
  };
}

export function epochEvent(
  epoch: number,
  revisits: readonly Revisit[],
  reward: number | null,
  status: RegularizerStatus | undefined,
): ForgettingEvent {
  const losses = summarizeDifferences(revisits.map(({ loss1, loss2 }) => ({ first: loss1, second: loss2 })));
  return {
    type: 'forgetting-epoch',
    epoch,
    count: revisits.length,
    meanDiff: losses.meanDiff,
    best5Diff: losses.best5Diff,
    maxDiff: losses.maxDiff,
    p95Diff: losses.p95Diff,
    meanLoss1: losses.meanFirst,
    meanLoss2: losses.meanSecond,
    meanErr1: mean(revisits.map(({ err1 }) => err1)),
    meanErr2: mean(revisits.map(({ err2 }) => err2)),
    tau12: Number.isNaN(losses.tau) ? null : losses.tau,
    reward,
    alpha: status?.alpha ?? 0,
    fisherTrace: status?.fisherTrace ?? 0,
  };
}

/** How many names a warning lists. */
const LISTED = 4;

/** Warnings about a regularizer's state after an architecture, or at the end of the search. */
export function warningsOf(
  regularizer: Regularizer,
  { maxStep, last, names }: { maxStep: number; last: boolean; names: readonly string[] },
): string[] {
  const warnings: string[] = [];
  if (regularizer.explicit && maxStep > 1) {
    warnings.push(
      `explicit steps of ${regularizer.name} are near their limit: learning rate x alpha x largest Fisher information is ${maxStep.toPrecision(3)}, and 2 diverges; use { step: proximal }, which is stable for any alpha, or a smaller alpha`,
    );
  }
  if (!regularizer.fisher) return warnings;
  const { known, zero } = regularizer.status();
  const mine = known.filter((name) => names.includes(name));
  if (mine.length > 0 && mine.every((name) => zero.includes(name))) {
    warnings.push(
      `the Fisher information of the architecture trained last is zero in all ${mine.length} tensors, so nothing protects them: its gradients vanish, for example in ${listed(mine)}`,
    );
  }
  if (last) {
    const never = regularizer.watched.filter((name) => !known.includes(name));
    if (never.length === regularizer.watched.length)
      warnings.push(
        `${regularizer.name} has no Fisher information at all: no architecture was trained after its start; lower search.regularizer.start, or train for more epochs`,
      );
    else if (never.length > 0)
      warnings.push(
        `${never.length} of ${regularizer.watched.length} watched tensors were never sampled, so nothing is known of them: ${listed(never)}`,
      );
  }
  return warnings;
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, LISTED).join(', ')}${names.length > LISTED ? `, and ${names.length - LISTED} more` : ''}`;
}
