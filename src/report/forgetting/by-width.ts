/**
 * Which sizes of an elastic space lose from the training of which others: means over the epochs measured during the
 * search.
 */
import { type ForgettingWidths } from '../../forgetting/events.js';
import { type Cell } from '../csv.js';
import { type EventLog } from '../event-log.js';
import { largestOf } from '../../statistics/extremes.js';
import { mean } from '../../statistics/index.js';
import { isNumber } from '../format.js';

/** Rows: the network trained; columns: the network measured; from smallest to largest. Nats, positive is forgetting. */
export type ChangeMatrix = readonly (readonly number[])[];

export interface WidthSummary {
  readonly networks: ForgettingWidths['networks'];
  readonly steps: number;
  /** First and last epoch of the means, from 0. */
  readonly epochs: readonly [number, number];
  readonly change: ChangeMatrix;
  readonly blocks: readonly { readonly entries: number; readonly change: ChangeMatrix }[];
  /**
   * Most harmful first; `harm` is the mean over pairs of different networks, through the whole tensor and through each
   * of its blocks.
   */
  readonly tensors: readonly { readonly name: string; readonly harm: number; readonly blocks: readonly number[] }[];
  /** The pair with the largest loss: trained, measured, nats. */
  readonly worst: { readonly trained: number; readonly measured: number; readonly change: number };
}

/** Means over the later half of the measured epochs; undefined if nothing was measured. */
export function widthSummary(log: EventLog): WidthSummary | undefined {
  const all = log.all('forgetting-widths').filter(({ change }) => change.flat().every(isNumber));
  const later = all.slice(Math.floor(all.length / 2));
  const [first, last] = [later[0], later.at(-1)];
  if (!first || !last) return undefined;
  const average = (of: (event: ForgettingWidths) => ChangeMatrix): number[][] =>
    last.change.map((row, i) => row.map((_, j) => mean(later.map((event) => of(event)[i]![j]!))));
  const change = average((event) => event.change);
  const pairs = change.flatMap((row, trained) =>
    row.flatMap((value, measured) => (trained === measured ? [] : [{ trained, measured, change: value }])),
  );
  return {
    networks: last.networks,
    steps: last.steps,
    epochs: [first.epoch, last.epoch],
    change,
    blocks: last.blocks.map(({ entries }, block) => ({
      entries,
      change: average((event) => event.blocks[block]!.change),
    })),
    tensors: last.tensors
      .map(({ name, blocks }, index) => ({
        name,
        harm: mean(later.map((event) => harmOf(event.tensors[index]!.change))),
        blocks: blocks.map((_, block) => mean(later.map((event) => event.tensors[index]!.blocks[block]!))),
      }))
      .sort((a, b) => b.harm - a.harm || (a.name < b.name ? -1 : 1)),
    worst: pairs.reduce((worst, pair) => (pair.change > worst.change ? pair : worst)),
  };
}

/** Mean over all pairs of different networks. */
function harmOf(change: ChangeMatrix): number {
  return mean(change.flatMap((row, i) => row.filter((_, j) => i !== j)));
}

/** The largest change in any matrix, which sets the colour scale. */
export function strongest(matrices: readonly ChangeMatrix[]): number {
  return largestOf(matrices.flat(2).map(Math.abs), 0);
}

/** Every measurement as rows for CSV files, by the names of the tables. */
export function widthRows(log: EventLog): Record<string, Cell[][]> {
  const events = log.all('forgetting-widths');
  return {
    widths: [
      ['epoch', 'trained_parameters', 'measured_parameters', 'loss_before', 'change', 'trained', 'measured'],
      ...events.flatMap(({ epoch, networks, loss, change }) =>
        change.flatMap((row, i) =>
          row.map((value, j): Cell[] => [
            epoch + 1,
            networks[i]!.parameters,
            networks[j]!.parameters,
            loss[j],
            value,
            networks[i]!.architecture,
            networks[j]!.architecture,
          ]),
        ),
      ),
    ],
    'width-tensors': [
      ['epoch', 'tensor', 'block', 'mean_change_of_others'],
      ...events.flatMap(({ epoch, tensors }) =>
        tensors.flatMap(({ name, blocks }) =>
          blocks.map((value, block): Cell[] => [epoch + 1, name, block + 1, value]),
        ),
      ),
    ],
  };
}
