/** The two-model rows T1-T10 on synthetic data, compared with their calibrated values. */
import {
  type curvature,
  gateRow,
  infoRow,
  mean,
  type Row,
  spearman,
  type StudySection,
  type StudySetting,
} from 'weft-nas';
import {
  type Arm,
  forgotten,
  meanOf,
  NONE,
  ONE_ESTIMATE,
  outcomesOf,
  removed,
  runTwoModels,
  type TwoModelPlan,
  type TwoModelResults,
  wplArm,
} from '../two-model/arms.js';
import { curvesChart, tradeOffChart } from '../two-model/charts.js';

export interface TwoModelRowsOptions {
  /** Seeds of the rows whose target requires several. */
  readonly seeds: number;
  /** For the rows that compare controls. */
  readonly controlSeeds: number;
  /** For the rows on loose convergence. */
  readonly looseSeeds: number;
  /** Fraction of the calibrated number of steps. */
  readonly scale: number;
}

const planOf = (scale: number): Omit<TwoModelPlan, 'seeds' | 'arms'> => ({
  data: 'proto-10',
  network: { width: 10, layersA: 4, layersB: 6, shared: 3 },
  first: { learningRate: 0.1, steps: scaled(2500, scale) },
  second: { learningRate: 0.2, steps: scaled(1500, scale) },
});
const ALPHAS = [0.1, 1, 10, 100];
/** Strong enough that the shared weights do not move. */
const FROZEN = wplArm(1e12, 'frozen');
const control = (name: 'permuted-fisher' | 'l2-anchor'): Arm => ({
  name,
  regularizer: { name, alpha: 0.1, fisher: ONE_ESTIMATE },
});
const kindArm = (kind: curvature.FisherKind, alpha: number, normalize: 'none' | 'trace'): Arm => ({
  name: `${kind}${normalize === 'trace' ? ' normalized' : ''} α=${alpha}`,
  regularizer: {
    name: 'wpl',
    alpha,
    fisher: { kind, normalize, average: 'accumulate', examples: kind === 'batch' ? 64 : 4000 },
  },
});
const TARGETS = [0.55, 0.44, 0.36];
/** With a mean Fisher information of 1. */
const NORMALIZED_ALPHA = 0.01;

const points = (value: number): number => +(100 * value).toFixed(2);
const bOf = (results: TwoModelResults, arm: string, seeds?: number): number =>
  meanOf(results, arm, ({ b }) => b, seeds);

export async function twoModelRows(
  { seeds, controlSeeds, looseSeeds, scale }: TwoModelRowsOptions,
  setting: StudySetting,
): Promise<{ rows: Row[]; sections: StudySection[] }> {
  const rows: Row[] = [];
  const base = planOf(scale);

  // T1: more sharing, more forgetting.
  const byShared = new Map<number, TwoModelResults>();
  for (const shared of [1, 2, 4])
    byShared.set(
      shared,
      await runTwoModels(
        { ...base, network: { ...base.network, shared }, seeds, arms: [NONE] },
        setting,
        `T1, ${shared} shared`,
      ),
    );
  const controls = await runTwoModels(
    { ...base, seeds: controlSeeds, arms: [NONE, wplArm(0.1), control('permuted-fisher'), control('l2-anchor')] },
    setting,
    'T1 and T5, 3 shared',
  );
  byShared.set(3, controls);
  const lost = [1, 2, 3, 4].map((shared) => meanOf(byShared.get(shared)!, 'none', forgotten, seeds));
  [0.09, 0.137, 0.251, 0.356].forEach((calibrated, i) =>
    rows.push(
      infoRow(
        `T1/k=${i + 1}`,
        `accuracy that A loses with ${i + 1} shared layers`,
        +lost[i]!.toFixed(3),
        `calibrated ${calibrated}, ${seeds} seeds`,
      ),
    ),
  );
  rows.push(gateRow('T1/k=3', 'accuracy that A loses with 3 shared layers', +lost[2]!.toFixed(3), 'at least', 0.1));
  rows.push(
    isTrue(
      'T1/monotone',
      'whether the loss grows with every shared layer',
      lost.every((value, i) => i === 0 || value > lost[i - 1]!),
      lost.map((value) => value.toFixed(3)).join(', '),
    ),
  );

  // T2, T3, T6, T10: strengths, and what they cost.
  const strengths = await runTwoModels(
    { ...base, seeds, arms: [NONE, ...ALPHAS.map((alpha) => wplArm(alpha)), FROZEN] },
    setting,
    'T2',
  );
  const removals = ALPHAS.map((alpha) => removed(strengths, `wpl α=${alpha}`));
  ALPHAS.forEach((alpha, i) =>
    rows.push(
      gateRow(
        `T2/α=${alpha}`,
        'forgetting that wpl removes, %',
        points(removals[i]!),
        'at least',
        [50, 80, 90, 98][i]!,
        `calibrated ${[70, 92, 97.6, 100][i]}`,
      ),
    ),
  );
  rows.push(
    isTrue(
      'T2/monotone',
      'whether more strength removes more',
      removals.every((value, i) => i === 0 || value >= removals[i - 1]!),
      removals.map((value) => `${points(value)} %`).join(', '),
    ),
  );
  const costs = ALPHAS.map((alpha) => bOf(strengths, `wpl α=${alpha}`) - bOf(strengths, 'none'));
  ALPHAS.forEach((alpha, i) =>
    rows.push(
      gateRow(
        `T3/α=${alpha}`,
        'accuracy that B gains by it',
        +costs[i]!.toFixed(3),
        'at least',
        -0.06,
        `calibrated ${[-0.019, -0.029, -0.02, -0.008][i]}`,
      ),
    ),
  );
  rows.push(
    infoRow(
      'T6/forgetting',
      'forgetting with all shared weights frozen',
      +meanOf(strengths, 'frozen', forgotten).toFixed(3),
      'the reference for T2: retention alone is no evidence',
    ),
  );
  rows.push(
    infoRow(
      'T6/B',
      'accuracy that B gains by the freezing',
      +(bOf(strengths, 'frozen') - bOf(strengths, 'none')).toFixed(3),
      'calibrated -0.01',
    ),
  );
  const dips = ['none', ...ALPHAS.slice(0, 3).map((alpha) => `wpl α=${alpha}`)].map((arm) =>
    meanOf(strengths, arm, ({ before, worst }) => before - worst),
  );
  rows.push(
    isTrue(
      'T10',
      'whether the worst dip of A shrinks with α = 0, 0.1, 1, 10',
      dips.every((value, i) => i === 0 || value < dips[i - 1]!),
      `${dips.map((value) => value.toFixed(3)).join(', ')}; calibrated .34, .25, .06, .03`,
    ),
  );

  // T4: with wpl it is the unimportant weights that move.
  const correlation = (arm: string, seed: number): number => {
    const { fisher, squaredDrift } = outcomesOf(controls, arm)[seed]!;
    return spearman([...fisher], [...squaredDrift]);
  };
  const gaps = Array.from(
    { length: controlSeeds },
    (_, seed) => correlation('none', seed) - correlation('wpl α=0.1', seed),
  );
  rows.push(
    gateRow(
      'T4',
      'Spearman of F and squared drift: none minus wpl (α=0.1), the least of the seeds',
      +Math.min(...gaps).toFixed(3),
      'at least',
      0.1,
      `none ${range(controlSeeds, 'none', correlation)}, wpl ${range(controlSeeds, 'wpl α=0.1', correlation)}, uniform ${range(controlSeeds, 'l2-anchor', correlation)}`,
    ),
  );

  // T5: it is Fisher information that helps, not anchoring as such.
  const [own, permuted, uniform] = ['wpl α=0.1', 'permuted-fisher', 'l2-anchor'].map((arm) =>
    meanOf(controls, arm, forgotten),
  ) as [number, number, number];
  rows.push(
    isTrue(
      'T5',
      `whether wpl forgets least at equal mean strength (${controlSeeds} seeds)`,
      own < permuted && own < uniform,
      `wpl ${own.toFixed(3)}, permuted F ${permuted.toFixed(3)}, uniform ${uniform.toFixed(3)}; calibrated .065, .084, .092`,
    ),
  );

  // T7, T8: a model that has not converged has a poor Fisher information.
  const loose = new Map<number, TwoModelResults>();
  for (const target of TARGETS) {
    loose.set(
      target,
      await runTwoModels(
        {
          ...base,
          seeds: looseSeeds,
          first: { learningRate: 0.02, steps: scaled(4000, scale), target },
          arms: [NONE, wplArm(0.1), ...(target === TARGETS[0] ? [wplArm(1), wplArm(10)] : [])],
        },
        setting,
        `T7, A stopped at ${target}`,
      ),
    );
  }
  const strict = removed(strengths, 'wpl α=0.1');
  const atTarget = TARGETS.map((target) => removed(loose.get(target)!, 'wpl α=0.1'));
  rows.push(
    gateRow(
      'T7/strict',
      'forgetting that wpl (α=0.1) removes, A converged, %',
      points(strict),
      'at least',
      50,
      'calibrated 69',
    ),
  );
  rows.push(gateRow('T7/55', 'the same with A stopped at 55 %', points(atTarget[0]!), 'at least', 40, 'calibrated 66'));
  rows.push(infoRow('T7/44', 'the same with A stopped at 44 %', points(atTarget[1]!), 'calibrated 29'));
  rows.push(
    gateRow(
      'T7/36',
      'the same with A stopped at 36 %',
      points(atTarget[2]!),
      'at most',
      points(strict / 2),
      'calibrated 10; at most half of the strict case',
    ),
  );
  const [free, ...held] = ['none', 'wpl α=0.1', 'wpl α=1', 'wpl α=10'].map((arm) =>
    bOf(loose.get(TARGETS[0]!)!, arm),
  ) as [number, number, number, number];
  rows.push(
    gateRow(
      'T8',
      'accuracy that α=10 on a poor anchor costs B',
      +(free - held[2]).toFixed(3),
      'at least',
      0.1,
      `B without ${free.toFixed(2)}, with α=.1/1/10 ${held.map((value) => value.toFixed(2)).join('/')}; calibrated .72, .58/.56/.43: a strong α on a bad anchor stops B`,
    ),
  );

  // T9: kinds of Fisher information.
  const normalized = (['empirical-sample', 'true-sample', 'batch'] as const).map((kind) =>
    kindArm(kind, NORMALIZED_ALPHA, 'trace'),
  );
  const batchArms = [1, 64, 640].map((alpha) => kindArm('batch', alpha, 'none'));
  const kinds = await runTwoModels(
    { ...base, seeds: looseSeeds, arms: [NONE, ...batchArms, ...normalized] },
    setting,
    'T9',
  );
  batchArms.forEach(({ name }, i) =>
    rows.push(
      infoRow(
        `T9/${name}`,
        'forgetting removed with F of one batch of 64, %',
        points(removed(kinds, name)),
        `calibrated ${[18, 74, 93][i]}`,
      ),
    ),
  );
  const ofKinds = normalized.map(({ name }) => points(removed(kinds, name)));
  rows.push(
    gateRow(
      'T9/normalized',
      'points between the kinds at equal α, with the trace normalized',
      +(Math.max(...ofKinds) - Math.min(...ofKinds)).toFixed(1),
      'at most',
      15,
      `empirical, true, batch: ${ofKinds.join(', ')} %`,
    ),
  );

  const arms = ['none', ...ALPHAS.map((alpha) => `wpl α=${alpha}`), 'frozen'];
  return {
    rows,
    sections: [
      {
        title: 'Two models on proto-10',
        text: [
          'A is trained, then B with the first three of its layers. Freezing keeps all of A, so what B reaches is shown together with what A keeps.',
        ],
        figures: [
          { title: 'A while B is trained', svg: curvesChart(strengths, arms, 'a'), caption: 'Strict convergence.' },
          { title: 'B', svg: curvesChart(strengths, arms, 'b'), caption: 'The same runs.' },
          {
            title: 'Kept against learned',
            svg: tradeOffChart(strengths, arms),
            caption: 'Right: less forgotten. Up: B learns better.',
          },
          {
            title: 'A stopped at 55 %',
            svg: curvesChart(loose.get(TARGETS[0]!)!, ['none', 'wpl α=0.1', 'wpl α=1', 'wpl α=10'], 'a'),
            caption: 'Loose convergence: the anchor is poor.',
          },
          {
            title: 'B after an A stopped at 55 %',
            svg: curvesChart(loose.get(TARGETS[0]!)!, ['none', 'wpl α=0.1', 'wpl α=1', 'wpl α=10'], 'b'),
            caption: 'WARN: a strong penalty on a poor anchor stops B.',
          },
        ],
        tables: [
          {
            name: 'two-model',
            title: 'By arm',
            columns: ['arm', 'forgotten (points)', 'removed (%)', 'worst dip (points)', 'B (%)', 'F·drift²/2'],
            rows: arms.map((arm) => [
              arm,
              points(meanOf(strengths, arm, forgotten)),
              points(removed(strengths, arm)),
              points(meanOf(strengths, arm, ({ before, worst }) => before - worst)),
              points(bOf(strengths, arm)),
              +meanOf(strengths, arm, ({ fisher, squaredDrift }) =>
                fisher.reduce((sum, f, i) => sum + (f * squaredDrift[i]!) / 2, 0),
              ).toPrecision(3),
            ]),
          },
        ],
      },
    ],
  };
}

/** Steps of a shortened training: whole intervals of evaluation. */
export function scaled(steps: number, scale: number): number {
  return Math.max(50, Math.round((steps * scale) / 50) * 50);
}

export function isTrue(id: string, quantity: string, holds: boolean, note: string): Row {
  return { id, quantity, measured: holds ? 'yes' : 'no', gate: 'yes', met: holds, note };
}

function range(seeds: number, arm: string, of: (arm: string, seed: number) => number): string {
  const values = Array.from({ length: seeds }, (_, seed) => of(arm, seed));
  return `${Math.min(...values).toFixed(2)}…${Math.max(...values).toFixed(2)} (mean ${mean(values).toFixed(2)})`;
}
