/** Strategy and random sampling, a pair of dots for each seed. */
import * as Plot from '@observablehq/plot';
import { drawChart, gridY, label } from '../charts/frame.js';
import { color } from '../palette.js';
import { type Advantage, type SeedsAnalysis } from './analysis.js';

/** One column per seed: open dot random, filled dot strategy; the dashed lines are the means over seeds. */
export function seedsChart(
  { controller: strategy, measure, runs }: SeedsAnalysis,
  { controller, random }: Advantage,
  what: string,
): string {
  const inPercent = measure !== 'loss';
  const scale = inPercent ? 100 : 1;
  const pairs = runs.map(({ seed }, i) => ({
    seed: String(seed),
    controller: scale * controller[i]!,
    random: scale * random[i]!,
  }));
  const meanOf = (side: 'controller' | 'random'): number =>
    pairs.reduce((sum, pair) => sum + pair[side] / pairs.length, 0);
  const last = pairs.at(-1)!;
  return drawChart({
    ariaLabel: `${what} of the strategy and of random sampling by seed`,
    marginRight: 70,
    x: { type: 'point', domain: pairs.map(({ seed }) => seed), padding: 0.6, label: 'seed', labelArrow: 'none' },
    y: { nice: true, inset: 8, label: `${what} (${inPercent ? '%' : 'nats per token'})`, labelArrow: 'none' },
    marks: [
      gridY(),
      (['random', 'controller'] as const).map((side) =>
        Plot.ruleY([meanOf(side)], { stroke: color(side), strokeDasharray: '3 3' }),
      ),
      Plot.ruleX(pairs, { x: 'seed', y1: 'random', y2: 'controller', stroke: color('faint'), strokeWidth: 2 }),
      Plot.dot(pairs, {
        x: 'seed',
        y: 'random',
        r: 4,
        fill: color('paper'),
        stroke: color('random'),
        strokeWidth: 1.8,
      }),
      Plot.dot(pairs, { x: 'seed', y: 'controller', r: 4.2, fill: color('controller') }),
      label([last], {
        x: 'seed',
        y: 'controller',
        dx: 9,
        dy: last.controller < last.random ? 6 : -6,
        textAnchor: 'start',
        text: () => strategy,
        fill: color('controller'),
      }),
      label([last], {
        x: 'seed',
        y: 'random',
        dx: 9,
        dy: last.controller < last.random ? -6 : 6,
        textAnchor: 'start',
        text: () => 'random',
        fill: color('random'),
      }),
    ],
  });
}
