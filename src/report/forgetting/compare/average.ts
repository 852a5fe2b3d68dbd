/** The average of runs that differ in the seed, for the panels. */
import { type DifferenceSummary } from '../../../forgetting/metrics/index.js';
import { mean } from '../../../statistics/index.js';
import { groupBy } from '../group-by.js';
import { type EpochMeasurement } from '../measurements.js';

/** Each epoch's means over the runs that have it. */
export function averageEpochs(runs: readonly (readonly EpochMeasurement[])[]): EpochMeasurement[] {
  return [...groupBy(runs.flat(), ({ epoch }) => epoch)]
    .sort(([a], [b]) => a - b)
    .map(([epoch, members]) => {
      const rewards = members.flatMap(({ reward }) => (reward === null ? [] : [reward]));
      return {
        epoch,
        visits: members.flatMap(({ visits }) => visits),
        loss: averageSummaries(members.map(({ loss }) => loss)),
        error: averageSummaries(members.map(({ error }) => error)),
        reward: rewards.length > 0 ? mean(rewards) : null,
        alpha: members[0]!.alpha,
        fisherTrace: null,
        matrix: undefined,
        tensors: [],
      };
    });
}

function averageSummaries(summaries: readonly DifferenceSummary[]): DifferenceSummary {
  const names = Object.keys(summaries[0]!) as (keyof DifferenceSummary)[];
  return Object.fromEntries(
    names.map((name) => [name, mean(summaries.map((summary) => summary[name]).filter(Number.isFinite))]),
  ) as unknown as DifferenceSummary;
}
