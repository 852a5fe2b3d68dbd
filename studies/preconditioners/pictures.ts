/** The picture of the comparison. */
import { type StudyFigure } from 'weft-nas';
import { type ColorName, dotChart } from 'weft-nas/report';
import { hasInterval } from './methods.js';
import { type Throughput } from './throughput.js';

const COLORS: readonly ColorName[] = ['controller', 'random', 'found', 'alarm', 'ink', 'muted'];

/** Throughput relative to SGD by method and interval, one picture per batch size. */
export function throughputFigures(all: readonly Throughput[]): StudyFigure[] {
  return [...new Set(all.map(({ batch }) => batch))].map((batch) => {
    const here = all.filter((one) => one.batch === batch);
    const series = [...new Set(here.map(({ model }) => model))].map((model, i) => ({
      name: model,
      color: COLORS[i % COLORS.length]!,
      points: here
        .filter((one) => one.model === model)
        .map(({ method, interval, relative }) => ({
          row: hasInterval(method) ? `${method}, ${interval}` : method,
          value: relative,
        })),
    }));
    return {
      title: `Throughput over that of SGD, batch ${batch}`,
      svg: dotChart(series, {
        ariaLabel: 'Throughput relative to SGD of each method and interval, a dot for each network',
        label: 'steps in the time of one of SGD',
        marks: [1],
      })!,
      caption:
        'Each method at each interval, a dot for each network; at the dashed line a step costs as much as one of SGD.',
    };
  });
}
