/** Regret over queries, one line per strategy. */
import { color, drawChart, fillName, gridY, namesAtRight, Plot, spread, thin } from 'weft-nas/report';

/** Mean regret after each query, both axes logarithmic; zero regret is drawn at the bottom. */
export function regretChart(curves: readonly { readonly name: string; readonly regret: ArrayLike<number> }[]): string {
  const drawn = curves.map(({ name, regret }, index) => ({
    name,
    index,
    points: Array.from(regret, (value, query) => ({ x: query + 1, y: Math.max(value, FLOOR) })).filter(
      ({ x }) => x < 20 || x % 5 === 0,
    ),
  }));
  const all = drawn.flatMap(({ points }) => points.map(({ y }) => y));
  const logarithms = Math.log10(Math.max(...all)) - Math.log10(Math.min(...all)) || 1;
  const ends = spread(
    drawn.map(({ name, index, points }) => ({ name, index, x: points.at(-1)!.x, y: Math.log10(points.at(-1)!.y) })),
    logarithms,
  );
  return drawChart({
    ariaLabel: 'Mean regret by number of queries, for each strategy',
    height: 300,
    marginRight: 126,
    marginLeft: 58,
    x: { type: 'log', label: 'queries', labelAnchor: 'center', labelArrow: 'none', ticks: 3, tickFormat: '~s' },
    y: { type: 'log', label: '↑ regret (points)', labelArrow: 'none', tickFormat: '~g' },
    marks: [
      gridY(),
      ...drawn.map(({ points, index }) =>
        Plot.lineY(thin(points, 200) as Plot.Data, { x: 'x', y: 'y', stroke: color(fillName(index)), strokeWidth: 2 }),
      ),
      ...namesAtRight(ends.map(({ name, index, x, at }) => ({ name, x, at: 10 ** at, fill: fillName(index) }))),
    ],
  });
}

const FLOOR = 1e-4;
