/** Loss of the smallest, a middle and the largest network of an elastic space over the search. */
import { type EventLog } from '../event-log.js';
import { type ColorName } from '../palette.js';
import { measureOf } from '../measure.js';
import { type Line, linesChart } from './lines.js';

const NAMES = ['smallest', 'middle', 'largest'] as const;
const COLORS: readonly ColorName[] = ['random', 'found', 'controller'];

/** One line each, with the loss of guessing dashed; undefined if the search recorded none. */
export function elasticChart(log: EventLog): string | undefined {
  const events = log.all('elastic-epoch');
  if (events.length < 2) return undefined;
  const lines = NAMES.map((name, i): Line => ({
    name,
    color: COLORS[i]!,
    points: events.map(({ epoch, networks }) => ({ x: epoch + 1, y: networks[i]?.loss ?? NaN })),
  }));
  const guessing: Line = {
    name: 'guessing',
    color: 'muted',
    dashed: true,
    points: events.map(({ epoch, chance }) => ({ x: epoch + 1, y: chance })),
  };
  return linesChart([...lines, guessing], {
    ariaLabel: 'Validation loss of networks of three sizes by epoch',
    x: { label: 'epoch' },
    y: { label: measureOf(log).trained },
  });
}
