/** Two models on MNIST: strict convergence, and A stopped at 55, 43 and 38 %, as in the paper's figure 3. */
import { gateRow, infoRow, type Row, type StudySection, type StudySetting } from 'weft-nas';
import { findDataset } from 'weft-nas/study';
import {
  type Arm,
  forgotten,
  meanOf,
  NONE,
  ONE_ESTIMATE,
  removed,
  runTwoModels,
  type TwoModelPlan,
  type TwoModelResults,
  wplArm,
} from '../two-model/arms.js';
import { curvesChart, tradeOffChart } from '../two-model/charts.js';
import { scaled } from './two-model-rows.js';

const planOf = (scale: number): Omit<TwoModelPlan, 'seeds' | 'arms' | 'first'> => ({
  data: 'mnist',
  network: { width: 16, layersA: 5, layersB: 6, shared: 3 },
  second: { learningRate: 0.2, steps: scaled(1500, scale) },
});
const LOOSE = [10, 100, 1000];
/** Freezes all shared weights. */
const FROZEN = wplArm(1e12, 'frozen');
const trueArm = (alpha: number): Arm => ({
  name: `wpl, true F, α=${alpha}`,
  regularizer: { name: 'wpl', alpha, fisher: { ...ONE_ESTIMATE, kind: 'true-sample' } },
});

const points = (share: number): number => +(100 * share).toFixed(2);

export async function mnistRows(
  { mnistSeeds: seeds, scale }: { readonly mnistSeeds: number; readonly scale: number },
  setting: StudySetting,
): Promise<{ rows: Row[]; sections: StudySection[] }> {
  if (!findDataset('mnist').folder)
    return { rows: [infoRow('MNIST', 'two models on MNIST', null, 'MNIST was not found')], sections: [] };
  const base = planOf(scale);
  const steps = scaled(3000, scale);
  const strict = await runTwoModels(
    { ...base, seeds, first: { learningRate: 0.1, steps }, arms: [NONE, wplArm(100), wplArm(1000), FROZEN] },
    setting,
    'MNIST, A converged',
  );
  const loose = await runTwoModels(
    {
      ...base,
      seeds,
      first: { learningRate: 0.02, steps, target: 0.55 },
      arms: [NONE, ...LOOSE.map((alpha) => wplArm(alpha)), trueArm(1000), FROZEN],
    },
    setting,
    'MNIST, A stopped at 55 %',
  );
  const looser: [number, TwoModelResults][] = [];
  for (const target of [0.43, 0.38])
    looser.push([
      target,
      await runTwoModels(
        { ...base, seeds: 1, first: { learningRate: 0.02, steps, target }, arms: [NONE, wplArm(100)] },
        setting,
        `MNIST, A stopped at ${target}`,
      ),
    ]);

  const bOf = (results: TwoModelResults, arm: string): number => meanOf(results, arm, ({ b }) => b);
  const cost = (results: TwoModelResults, arm: string): number => points(bOf(results, 'none') - bOf(results, arm));
  /** The arm that removes most of those within 12 points of B alone, or else the one that costs least. */
  const names = [...LOOSE.map((alpha) => `wpl α=${alpha}`), 'wpl, true F, α=1000'];
  const eligible = names.filter((arm) => cost(loose, arm) <= 12);
  const best = (eligible.length > 0 ? eligible : names).reduce((top, arm) =>
    removed(loose, arm) > removed(loose, top) ? arm : top,
  );
  const tradeOff = names
    .map((arm) => `${arm}: ${points(removed(loose, arm))} % at ${cost(loose, arm)} points`)
    .join('; ');
  return {
    rows: [
      gateRow(
        'MNIST/strict/fall',
        'points that a converged A loses without wpl, 3 layers shared',
        points(meanOf(strict, 'none', forgotten)),
        'at least',
        30,
        `A ${points(meanOf(strict, 'none', ({ before }) => before))} %, B ${points(bOf(strict, 'none'))} %`,
      ),
      gateRow(
        'MNIST/strict/removed',
        'share of it that wpl (α=1000) removes, %',
        points(removed(strict, 'wpl α=1000')),
        'at least',
        99,
        `α=100: ${points(removed(strict, 'wpl α=100'))} %; frozen ${points(removed(strict, 'frozen'))} %`,
      ),
      gateRow(
        'MNIST/strict/B',
        'points of B that it costs',
        cost(strict, 'wpl α=1000'),
        'at most',
        1,
        `α=100: ${cost(strict, 'wpl α=100')}; frozen ${cost(strict, 'frozen')}`,
      ),
      gateRow(
        'MNIST/55/removed',
        `share that ${best} removes of what an A stopped at 55 % loses, %`,
        points(removed(loose, best)),
        'at least',
        64,
        `${tradeOff}; published 85 at 1.5 points with settings that are not known`,
      ),
      gateRow(
        'MNIST/55/B',
        `points of B that ${best} costs`,
        cost(loose, best),
        'at most',
        12,
        `frozen: ${points(removed(loose, 'frozen'))} % at ${cost(loose, 'frozen')} points`,
      ),
      ...looser.map(([target, results]) =>
        infoRow(
          `MNIST/${100 * target}`,
          'share that wpl (α=100) removes, %',
          points(removed(results, 'wpl α=100')),
          `A loses ${points(meanOf(results, 'none', forgotten))} points without; B pays ${cost(results, 'wpl α=100')}; one seed`,
        ),
      ),
    ],
    sections: [
      {
        title: 'Two models on MNIST',
        text: [`784-16×5-10, then 784-16×6-10 with its first three layers; mean of ${seeds} seeds.`],
        figures: [
          {
            title: 'A, converged',
            svg: curvesChart(strict, ['none', 'wpl α=100', 'wpl α=1000'], 'a'),
            caption: 'While B is trained.',
          },
          {
            title: 'B after a converged A',
            svg: curvesChart(strict, ['none', 'wpl α=100', 'wpl α=1000'], 'b'),
            caption: 'The same runs.',
          },
          {
            title: 'A, stopped at 55 %',
            svg: curvesChart(loose, ['none', ...names], 'a'),
            caption: 'The anchor is where A was stopped.',
          },
          {
            title: 'B after an A stopped at 55 %',
            svg: curvesChart(loose, ['none', ...names], 'b'),
            caption: 'What it costs.',
          },
          {
            title: 'The trade-off at 55 %',
            svg: tradeOffChart(loose, ['none', ...names, 'frozen']),
            caption: 'Right: less forgotten. Up: B learns better.',
          },
        ],
        tables: [],
      },
    ],
  };
}
