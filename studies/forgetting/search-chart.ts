import { drawChart, epochAxis, gridY, Plot } from 'weft-nas/report';

/** Mean difference of the loss by epoch: one line per run, coloured by arm. */
export function forgettingChart(
  arms: readonly { readonly arm: string; readonly curves: readonly (readonly number[])[] }[],
): string {
  const points = arms.flatMap(({ arm, curves }) =>
    curves.flatMap((curve, run) =>
      curve.map((difference, epoch) => ({ arm, run: `${arm} ${run}`, epoch: epoch + 1, difference })),
    ),
  );
  const epochs = Math.max(...points.map(({ epoch }) => epoch));
  const last = arms.map(({ arm }) => points.filter((point) => point.arm === arm).at(-1)!);
  return drawChart({
    ariaLabel: 'mean forgetting by epoch',
    x: { axis: null },
    y: { label: 'forgetting (nats)', nice: true },
    color: { domain: arms.map(({ arm }) => arm), range: ['#555555', '#1f77b4', '#2ca02c', '#d62728'] },
    marks: [
      gridY(),
      epochAxis(epochs),
      Plot.ruleY([0]),
      Plot.lineY(points, { x: 'epoch', y: 'difference', z: 'run', stroke: 'arm', strokeWidth: 1.4 }),
      Plot.text(last, { x: 'epoch', y: 'difference', text: 'arm', fill: 'arm', textAnchor: 'end', dy: -8 }),
    ],
  });
}
