/** The effect of training one network size on the others, as a matrix picture. */
import * as Plot from '@observablehq/plot';
import { drawChart } from '../../charts/frame.js';
import { integer } from '../../format.js';
import { color } from '../../palette.js';
import { type ChangeMatrix } from '../by-width.js';
import { digitsFor, signed } from '../signed.js';

interface Square {
  readonly trained: string;
  readonly measured: string;
  readonly value: number;
  readonly own: boolean;
}

/**
 * Rows are trained, columns measured, named by their parameter counts; orange is loss, blue is gain, saturated at
 * `scale` nats.
 */
export function widthChart(
  parameters: readonly number[],
  change: ChangeMatrix,
  scale: number,
  aria = 'What training each network costs each other',
): string {
  // Two networks of the same size are distinguished by their positions.
  const names = parameters.map((count, i) =>
    parameters.indexOf(count) === i ? integer(count) : `${integer(count)} (${i + 1})`,
  );
  const squares = change.flatMap((row, i) =>
    row.map((value, j): Square => ({ trained: names[i]!, measured: names[j]!, value, own: i === j })),
  );
  const strength = ({ value }: Square): number => 0.04 + 0.96 * Math.min(1, Math.abs(value) / (scale || 1));
  return drawChart({
    ariaLabel: aria,
    height: 60 + 48 * names.length,
    marginTop: 46,
    marginBottom: 8,
    marginLeft: 78,
    x: { type: 'band', domain: names, padding: 0.05 },
    y: { type: 'band', domain: names, padding: 0.05 },
    marks: [
      Plot.axisX({
        anchor: 'top',
        label: 'parameters of the network measured',
        labelArrow: 'none',
        labelAnchor: 'right',
        tickSize: 0,
        color: color('muted'),
      }),
      Plot.axisY({ label: 'trained', labelArrow: 'none', labelAnchor: 'top', tickSize: 0, color: color('muted') }),
      ...[true, false].map((lost) =>
        Plot.cell(
          squares.filter(({ value }) => value > 0 === lost),
          { x: 'measured', y: 'trained', fill: color(lost ? 'random' : 'controller'), fillOpacity: strength },
        ),
      ),
      Plot.cell(
        squares.filter(({ own }) => own),
        { x: 'measured', y: 'trained', fill: 'none', stroke: color('muted'), strokeWidth: 1.5 },
      ),
      ...[true, false].map((strong) =>
        Plot.text(
          squares.filter((square) => strength(square) > 0.75 === strong),
          {
            x: 'measured',
            y: 'trained',
            text: ({ value }: Square) => (value === 0 ? '0' : signed(value, digitsFor(scale))),
            fill: color(strong ? 'onStrong' : 'ink'),
          },
        ),
      ),
    ],
  });
}
