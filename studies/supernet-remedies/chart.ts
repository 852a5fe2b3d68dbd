/** The order of each supernet over its forgetting. */
import { color, type ColorName, drawChart, fillName, gridY, namesAtRight, Plot } from 'weft-nas/report';

export interface SupernetPoint {
  readonly arm: string;
  readonly forgetting: number;
  readonly tau: number;
}

/** One dot per supernet in the colour of its arm; the arms are named beside the plot, the best at the top. */
export function forgettingChart(points: readonly SupernetPoint[]): string {
  const arms = [...new Set(points.map(({ arm }) => arm))];
  const fill = (arm: string): ColorName => fillName(arms.indexOf(arm));
  const taus = points.map(({ tau }) => tau);
  const [low, high] = [Math.min(...taus), Math.max(...taus)];
  const right = Math.max(...points.map(({ forgetting }) => forgetting));
  const best = (arm: string): number => Math.max(...points.filter((one) => one.arm === arm).map(({ tau }) => tau));
  const names = [...arms]
    .sort((a, b) => best(b) - best(a))
    .map((name, i) => ({
      name,
      x: right,
      at: high - ((i + 0.5) / arms.length) * (high - low),
      fill: fill(name),
    }));
  return drawChart({
    ariaLabel: 'Tau of each supernet over its forgetting',
    height: 300,
    marginLeft: 52,
    marginRight: 182,
    x: { nice: true, inset: 12 },
    y: { nice: true, inset: 12, label: '↑ tau', labelArrow: 'none' },
    marks: [
      gridY(),
      Plot.axisX({
        label: 'forgetting (nats)',
        labelAnchor: 'center',
        labelArrow: 'none',
        tickSize: 4,
        color: color('muted'),
      }),
      Plot.dot(points, {
        x: 'forgetting',
        y: 'tau',
        r: 4,
        fill: ({ arm }: SupernetPoint) => color(fill(arm)),
      }),
      ...namesAtRight(names, 24),
    ],
  });
}
