/** The order of each supernet over its forgetting. */
import { color, drawChart, gridY, label, Plot } from 'weft-nas/report';

export interface SupernetPoint {
  readonly arm: string;
  readonly forgetting: number;
  readonly tau: number;
}

/** One dot per supernet; the first of each arm has its name. */
export function forgettingChart(points: readonly SupernetPoint[]): string {
  const named = points.filter(({ arm }, i) => points.findIndex((one) => one.arm === arm) === i);
  return drawChart({
    ariaLabel: 'Tau of each supernet over its forgetting',
    width: 620,
    height: 300,
    marginLeft: 52,
    x: { nice: true, inset: 12 },
    y: { nice: true, inset: 12, label: '↑ tau', labelArrow: 'none' },
    marks: [
      gridY(),
      Plot.axisX({
        label: 'forgetting (nats)',
        labelAnchor: 'right',
        labelArrow: 'none',
        tickSize: 4,
        color: color('muted'),
      }),
      Plot.dot(points, {
        x: 'forgetting',
        y: 'tau',
        r: 4,
        fill: (point: SupernetPoint) => color(point.arm === 'plain' ? 'found' : 'controller'),
      }),
      label(named, { x: 'forgetting', y: 'tau', dy: -10, text: 'arm', fill: color('muted') }),
    ],
  });
}
