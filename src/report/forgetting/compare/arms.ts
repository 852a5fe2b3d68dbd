/**
 * Finds comparable runs: arms that differ in their regularizer against forgetting, and within them runs with the same
 * seed.
 */
import { flatten, lookUp } from '../../input.js';
import { bothValues, differingNames, distinguishing, type Settings, settingsOf } from '../../settings.js';
import { type ForgettingAnalysis } from '../analysis.js';
import { groupBy } from '../group-by.js';

export interface ComparedRun {
  readonly path: string;
  readonly seed: number;
  readonly analysis: ForgettingAnalysis;
}

/** Runs that differ only in the seed. */
export interface Arm {
  /** The regularizer, with the options that distinguish it from other arms with the same one. */
  readonly name: string;
  readonly regularizer: string;
  readonly runs: readonly ComparedRun[];
}

/** Two runs with the same seed, one from each arm. */
export interface Pair {
  readonly seed: number;
  readonly baseline: ComparedRun;
  readonly run: ComparedRun;
  /**
   * First epoch, from 0, in which the sampled architectures differ; undefined if all were the same, in the same order.
   */
  readonly differsFrom: number | undefined;
}

/** The runs by regularizer, in the order in which they were given; the unregularized arm first. */
export function armsOf(runs: readonly ComparedRun[]): Arm[] {
  const groups = [
    ...groupBy(
      runs,
      ({
        analysis: {
          measurements: { config },
        },
      }) => JSON.stringify([config.regularizer, config.options, config.fisherKind, config.scope]),
    ).values(),
  ];
  const arms = groups.map((members): Arm => {
    const { regularizer } = members[0]!.analysis.measurements.config;
    const rivals = groups.filter(([one]) => one!.analysis.measurements.config.regularizer === regularizer);
    return {
      name: [
        regularizer,
        ...distinguishing(
          factsOf(members[0]!),
          rivals.map(([one]) => factsOf(one!)),
        ),
      ].join(' '),
      regularizer,
      runs: members,
    };
  });
  return [
    ...arms.filter(({ regularizer }) => regularizer === 'none'),
    ...arms.filter(({ regularizer }) => regularizer !== 'none'),
  ];
}

/** Distinguishes a run from others with the same regularizer. */
function factsOf({
  analysis: {
    measurements: { config },
  },
}: ComparedRun): Settings {
  return new Map(
    flatten({
      ...(typeof config.options === 'object' ? config.options : {}),
      fisherKind: config.fisherKind,
      scope: config.scope,
    }),
  );
}

/** The pairs of an arm with the baseline, and why the remaining runs could not be paired. */
export function pairsOf(baseline: Arm, arm: Arm): { pairs: Pair[]; reasons: string[] } {
  const pairs: Pair[] = [];
  const reasons: string[] = [];
  for (const run of arm.runs) {
    const partner = baseline.runs.find(({ seed }) => seed === run.seed);
    const why = partner ? obstacle(partner, run) : `no run of '${baseline.name}' has seed ${run.seed}`;
    if (!partner || why !== undefined) reasons.push(`${run.path}: ${why}`);
    else pairs.push({ seed: run.seed, baseline: partner, run, differsFrom: firstDifference(partner, run) });
  }
  return { pairs, reasons };
}

/** Why two runs with the same seed cannot be compared, or undefined. */
function obstacle(a: ComparedRun, b: ComparedRun): string | undefined {
  const [settings, others] = [a, b].map(({ analysis }) => settingsOf(analysis.input.config, FREE)) as [
    Settings,
    Settings,
  ];
  const different = differingNames([settings, others]);
  if (different.length > 0) {
    const shown = different.slice(0, 3).map((name) => bothValues(name, settings, others));
    return `it differs from ${a.path} in ${shown.join(', ')}${different.length > 3 ? ` and ${different.length - 3} more` : ''}`;
  }
  const part = (run: ComparedRun, name: string): string =>
    JSON.stringify(lookUp(run.analysis.input.manifest, 'facts', 'data', 'splits', name) ?? null);
  const other = ['train', 'validation'].find((name) => part(a, name) !== part(b, name));
  return other === undefined
    ? undefined
    : `its ${other} part has different examples from that of ${a.path}${other === 'validation' ? '; give both the same data.fisher' : ''}`;
}

/** Options that may differ between compared runs: the compared ones, and options that do not affect results. */
const FREE =
  /^(seed|recipe|name|backend|budget|checkpoint\b.*|logEvery|search\.regularizer\b.*|forgetting\.(zeroShot|matrix)|data\.fisher)$/;

function firstDifference(a: ComparedRun, b: ComparedRun): number | undefined {
  const [first, second] = [a, b].map(({ analysis }) =>
    analysis.measurements.visits.map(({ epoch, index, architecture }) => `${epoch}/${index} ${architecture}`),
  ) as [string[], string[]];
  const at = first.findIndex((text, i) => text !== second[i]);
  if (at < 0) return first.length === second.length ? undefined : b.analysis.measurements.visits[first.length]!.epoch;
  return a.analysis.measurements.visits[at]!.epoch;
}
