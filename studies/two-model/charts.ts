/** Pictures of two models: the curves of the paper's figures, and retention against what it costs. */
import { largestOf, mean, smallestOf } from 'weft-nas';
import { color, type ColorName, drawChart, gridY, label, linesChart, Plot, spread } from 'weft-nas/report';
import { forgotten, outcomesOf, type TwoModelResults } from './arms.js';

const percent = (share: number): number => 100 * share;

/** Colours of the arms, the one without regularizer first. */
const INKS: readonly ColorName[] = ['muted', 'controller', 'random', 'found', 'alarm', 'ink'];
const inkOf = (i: number): ColorName => INKS[i % INKS.length]!;

/** Width of the right margin for the names of the arms, at least this. */
const roomFor = (arms: readonly string[], least: number): number =>
  Math.max(least, 18 + 7.3 * largestOf(arms.map(({ length }) => length)));

/** Accuracies of A and B while B is trained, mean over the seeds: one line per arm. */
export function curvesChart(results: TwoModelResults, arms: readonly string[], model: 'a' | 'b'): string {
  const lines = arms.map((arm, i) => {
    const outcomes = outcomesOf(results, arm);
    const curves = outcomes.map(({ curve }) => curve);
    const before = model === 'a' ? [{ x: 0, y: percent(mean(outcomes.map((outcome) => outcome.before))) }] : [];
    return {
      name: arm,
      color: inkOf(i),
      dashed: i >= INKS.length,
      points: [
        ...before,
        ...(curves[0] ?? []).map(({ step }, k) => ({
          x: step,
          y: percent(mean(curves.map((curve) => curve[k]![model]))),
        })),
      ],
    };
  });
  const name = model.toUpperCase();
  return linesChart(lines, {
    ariaLabel: `Test accuracy of ${name} while B is trained, one line for each regularizer: ${arms.join(', ')}`,
    x: { label: 'step of B' },
    y: { label: `test accuracy of ${name} (%)` },
    height: 280,
    marginRight: roomFor(arms, 130),
  })!;
}

/** Accuracy retained by A against that reached by B: up and to the right is better; freezing only moves right. */
export function tradeOffChart(results: TwoModelResults, arms: readonly string[]): string {
  const points = arms.map((arm, i) => ({
    arm,
    ink: inkOf(i),
    forgotten: percent(mean(outcomesOf(results, arm).map(forgotten))),
    b: percent(mean(outcomesOf(results, arm).map(({ b }) => b))),
  }));
  const reached = points.map(({ b }) => b);
  const range = largestOf(reached) - smallestOf(reached) || 1;
  return drawChart({
    ariaLabel: `Points of A that are forgotten against the test accuracy of B, one dot for each regularizer: ${arms.join(', ')}`,
    height: 280,
    marginRight: roomFor(arms, 104),
    marginLeft: 54,
    x: { label: 'points of A that are forgotten', axis: 'bottom', reverse: true, nice: true, inset: 24 },
    y: { label: '↑ test accuracy of B (%)', labelArrow: 'none', nice: true, inset: 16 },
    marks: [
      gridY(),
      ...points.map((point) =>
        Plot.dot([point], { x: 'forgotten', y: 'b', r: 5, fill: color(point.ink), stroke: color('paper') }),
      ),
      // Dots may lie close together, so names stand beside the plot at their heights, moved apart.
      ...spread(
        points.map(({ b, ...point }) => ({ ...point, y: b })),
        range,
      ).map((name) =>
        label([name], {
          y: 'at',
          text: 'arm',
          frameAnchor: 'right',
          textAnchor: 'start',
          dx: 10,
          fill: color(name.ink),
        }),
      ),
    ],
  });
}
