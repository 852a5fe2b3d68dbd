/** Pictures of two models: the curves of the paper's figures, and retention against what it costs. */
import * as Plot from '@observablehq/plot';
import { mean } from '../../statistics/index.js';
import { drawChart, gridY } from '../../report/charts/frame.js';
import { color } from '../../report/palette.js';
import { forgotten, outcomesOf, type TwoModelResults } from './arms.js';

const percent = (share: number): number => 100 * share;

/** Accuracies of A and B while B is trained, mean over the seeds: one line an arm. */
export function curvesChart(results: TwoModelResults, arms: readonly string[], model: 'a' | 'b'): string {
  const points = arms.flatMap((arm) => {
    const curves = outcomesOf(results, arm).map(({ curve }) => curve);
    const before =
      model === 'a'
        ? [{ arm, step: 0, accuracy: percent(mean(outcomesOf(results, arm).map((outcome) => outcome.before))) }]
        : [];
    return [
      ...before,
      ...(curves[0] ?? []).map(({ step }, i) => ({
        arm,
        step,
        accuracy: percent(mean(curves.map((curve) => curve[i]![model]))),
      })),
    ];
  });
  return drawChart({
    ariaLabel: `accuracy of ${model.toUpperCase()} while B is trained`,
    x: { label: 'step of B', axis: 'bottom' },
    y: { label: `test accuracy of ${model.toUpperCase()} (%)`, domain: [0, 100] },
    color: { legend: false, domain: [...arms], range: COLORS },
    marks: [
      gridY(),
      Plot.lineY(points, { x: 'step', y: 'accuracy', stroke: 'arm', strokeWidth: 1.8 }),
      Plot.text(
        points.filter((point, i) => points[i + 1]?.arm !== point.arm),
        {
          x: 'step',
          y: 'accuracy',
          text: 'arm',
          fill: 'arm',
          textAnchor: 'end',
          dy: -7,
          fontSize: 10,
          stroke: color('paper'),
          strokeWidth: 3,
        },
      ),
    ],
  });
}

/** What is left of A against what B reaches: to the right and up is better; freezing is only to the right. */
export function tradeOffChart(results: TwoModelResults, arms: readonly string[]): string {
  const points = arms.map((arm) => ({
    arm,
    forgotten: percent(mean(outcomesOf(results, arm).map(forgotten))),
    b: percent(mean(outcomesOf(results, arm).map(({ b }) => b))),
  }));
  return drawChart({
    ariaLabel: 'forgetting of A against accuracy of B',
    x: { label: 'points of A that are forgotten', axis: 'bottom', reverse: true, nice: true },
    y: { label: 'test accuracy of B (%)', nice: true },
    color: { domain: [...arms], range: COLORS },
    marks: [
      gridY(),
      Plot.dot(points, { x: 'forgotten', y: 'b', r: 4, fill: 'arm' }),
      Plot.text(points, { x: 'forgotten', y: 'b', text: 'arm', dy: -10, fontSize: 10 }),
    ],
  });
}

const COLORS = [
  '#555555',
  '#1f77b4',
  '#2ca02c',
  '#d62728',
  '#9467bd',
  '#ff7f0e',
  '#17becf',
  '#8c564b',
  '#e377c2',
  '#bcbd22',
];
