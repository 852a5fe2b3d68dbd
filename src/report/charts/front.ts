/** Quality against one cost, with the Pareto front of a multi-objective search. */
import * as Plot from '@observablehq/plot';
import { type EventLog } from '../event-log.js';
import { measureOf } from '../measure.js';
import { color } from '../palette.js';
import { drawChart, gridY, label } from './frame.js';

/** Every candidate against the cost of this name, one dot each; those on the front filled, the knee ringed. */
export function frontChart(log: EventLog, cost: string, title: string): string | undefined {
  const front = log.last('front');
  const { field, name, percent } = measureOf(log);
  const points = log.all('candidate').flatMap(({ source, hash, costs, ...one }) => {
    const x = costs?.[cost];
    return x === undefined
      ? []
      : [{ x, y: one[field], hash, front: source === 'controller' && front?.hashes.includes(hash) }];
  });
  if (!front || points.length < 2) return undefined;
  const members = points.filter((point) => point.front);
  const knee = members.filter(({ hash }) => hash === front.knee).slice(0, 1);
  return drawChart({
    ariaLabel: `${name} of candidates against ${title}, with the front`,
    height: 280,
    marginLeft: 52,
    x: { nice: true, inset: 8 },
    y: {
      percent,
      nice: true,
      inset: 8,
      reverse: field === 'loss',
      label: `↑ ${name} with shared weights${percent ? ' (%)' : ''}`,
      labelArrow: 'none',
    },
    marks: [
      gridY(),
      Plot.axisX({
        label: title,
        labelAnchor: 'right',
        labelArrow: 'none',
        tickSize: 4,
        ticks: 6,
        color: color('muted'),
      }),
      Plot.dot(
        points.filter((point) => !point.front),
        { x: 'x', y: 'y', r: 2.6, fill: color('random'), fillOpacity: 0.6 },
      ),
      Plot.dot(members, { x: 'x', y: 'y', r: 3.6, fill: color('controller') }),
      Plot.dot(knee, { x: 'x', y: 'y', r: 6, fill: 'none', stroke: color('found'), strokeWidth: 2.2 }),
      label(knee, { x: 'x', y: 'y', dy: -13, text: () => 'knee', fill: color('found') }),
    ],
  });
}
