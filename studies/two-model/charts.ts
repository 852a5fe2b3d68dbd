/** Pictures of two models: the curves of the paper's figures, and retention against what it costs. */
import { mean } from 'weft-nas';
import { color, type ColorName, drawChart, gridY, label, linesChart, Plot } from 'weft-nas/report';
import { forgotten, outcomesOf, type TwoModelResults } from './arms.js';

const percent = (share: number): number => 100 * share;

/** Colours of the arms, the one without regularizer first. */
const INKS: readonly ColorName[] = ['muted', 'controller', 'random', 'found', 'alarm', 'ink'];
const inkOf = (i: number): ColorName => INKS[i % INKS.length]!;

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
    marginRight: 130,
  })!;
}

/** What is left of A against what B reaches: to the right and up is better; freezing is only to the right. */
export function tradeOffChart(results: TwoModelResults, arms: readonly string[]): string {
  const points = arms.map((arm, i) => ({
    arm,
    ink: inkOf(i),
    forgotten: percent(mean(outcomesOf(results, arm).map(forgotten))),
    b: percent(mean(outcomesOf(results, arm).map(({ b }) => b))),
  }));
  return drawChart({
    ariaLabel: `Points of A that are forgotten against the test accuracy of B, one dot for each regularizer: ${arms.join(', ')}`,
    height: 280,
    marginRight: 40,
    marginLeft: 54,
    x: { label: 'points of A that are forgotten', axis: 'bottom', reverse: true, nice: true, inset: 24 },
    y: { label: '↑ test accuracy of B (%)', labelArrow: 'none', nice: true, inset: 16 },
    marks: [
      gridY(),
      ...points.flatMap((point) => [
        Plot.dot([point], { x: 'forgotten', y: 'b', r: 5, fill: color(point.ink) }),
        label([point], { x: 'forgotten', y: 'b', text: 'arm', dy: -13, fontSize: 12, fill: color(point.ink) }),
      ]),
    ],
  });
}
