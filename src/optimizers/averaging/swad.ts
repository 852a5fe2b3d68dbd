import { tf } from '../../tensor/tf.js';
import { type Slots } from '../../chain/state.js';
import { type Link } from '../../chain/link.js';
import { meanWith, takeIntoMean } from './averages.js';

export interface SwadOptions {
  /** Number of evaluations without improvement that start the valley. */
  converge?: number;
  /** Number of evaluations above the threshold that end the valley. */
  tolerance?: number;
  /** The threshold, as a multiple of the mean loss at the start of the valley. */
  ratio?: number;
}

/**
 * The mean of every step's weights within a valley of the validation loss (Cha et al. 2021, algorithm 1). It begins
 * with the segment before evaluation s = i - Ns + 1 once the loss at s is the least of the Ns last ones, and ends
 * before i - Ne + 1 once all of the Ne last losses exceed the threshold. A segment holds the mean of the weights
 * between two evaluations.
 */
export function swad({ converge = 3, tolerance = 6, ratio = 1.3 }: SwadOptions = {}): Link {
  return {
    name: 'swad',
    settle({ after }, { slots, scalar }) {
      if (slots.number('ended') === 0)
        for (const [name, weight] of Object.entries(after)) meanWith({ slots, scalar }, 'open', name, weight);
      return {};
    },
    observe(loss, names, slots) {
      if (slots.number('ended') > 0) return;
      const i = slots.number('evaluations') + 1;
      slots.setNumber('evaluations', i);
      slots.setNumber(`loss/${i}`, loss);
      for (const name of names) closeSegment(slots, i, name);
      const latest = (count: number): number[] =>
        Array.from({ length: count }, (_, j) => slots.number(`loss/${i - j}`));
      const started = slots.number('start');
      if (started === 0) {
        const losses = latest(converge);
        if (i < converge || losses.at(-1)! > Math.min(...losses)) {
          for (const name of names) dropSegment(slots, i - converge + 1, name);
          return;
        }
        slots.setNumber('start', i - converge + 1);
        slots.setNumber('threshold', (ratio * losses.reduce((sum, value) => sum + value)) / converge);
        return;
      }
      // Of the segments still waiting, those before i - tolerance + 1 are in the valley whatever comes.
      const ended = Math.min(...latest(tolerance)) > slots.number('threshold');
      for (let j = started; j <= i; j++) {
        const settled = j <= i - tolerance;
        for (const name of names) {
          if (settled) takeSegment(slots, j, name);
          else if (ended) dropSegment(slots, j, name);
        }
      }
      if (ended) slots.setNumber('ended', i);
    },
    evaluation(name, _weight, slots) {
      const waiting = Array.from({ length: slots.number('evaluations') }, (_, j) => j + 1).filter(
        (j) => slots.get(`segment-${j}`, name) !== undefined,
      );
      // Before a valley has begun, the latest segment is used in its place.
      const segments = slots.number('start') === 0 ? waiting.slice(-1) : waiting;
      const parts = segments.map((j) => ({
        mean: slots.get(`segment-${j}`, name)!,
        size: slots.number(`segment-${j}/${name}`),
      }));
      const settled = slots.get('average', name);
      if (settled) parts.push({ mean: settled, size: slots.number(`average/${name}`) });
      const total = parts.reduce((sum, { size }) => sum + size, 0);
      return parts.length > 0 ? tf.addN(parts.map(({ mean, size }) => tf.mul(mean, size / total))) : undefined;
    },
  };
}

function closeSegment(slots: Slots, i: number, name: string): void {
  const mean = slots.get('open', name);
  if (!mean) return;
  takeIntoMean(slots, `segment-${i}`, name, mean, slots.number(`open/${name}`));
  slots.remove('open', name);
  slots.setNumber(`open/${name}`, 0);
}

function takeSegment(slots: Slots, i: number, name: string): void {
  const mean = slots.get(`segment-${i}`, name);
  if (!mean) return;
  takeIntoMean(slots, 'average', name, mean, slots.number(`segment-${i}/${name}`));
  dropSegment(slots, i, name);
}

function dropSegment(slots: Slots, i: number, name: string): void {
  slots.remove(`segment-${i}`, name);
}
