/** Moving, arithmetic and latest-checkpoints averages, and slow weights. */
import { type Scalar, tf, type Tensor } from '../../tensor/tf.js';
import { type Slots } from '../../chain/state.js';
import { movingMean } from '../../chain/transforms/adaptive.js';
import { type Link, type SettleStep } from '../../chain/link.js';

export interface EmaOptions {
  decay?: number;
  /** Start with a smaller decay, (1 + t)/(10 + t) at update t, so that the first weights are soon forgotten. */
  warmUp?: boolean;
}

/** a <- decay a + (1 - decay) w; the first average is the first weight. */
export function ema({ decay = 0.999, warmUp = true }: EmaOptions = {}): Link {
  return {
    name: 'ema',
    settle({ after }, { slots, scalar }) {
      const shareOf = (t: number): number => (warmUp ? Math.min(decay, (1 + t) / (10 + t)) : decay);
      for (const [name, weight] of Object.entries(after)) {
        slots.advance(name);
        const average = slots.get('average', name);
        if (!average) slots.set('average', name, tf.clone(weight));
        else {
          const [old, fresh] = [
            scalar(({ count }) => shareOf(count(name))),
            scalar(({ count }) => 1 - shareOf(count(name))),
          ];
          slots.set('average', name, tf.add(tf.mul(average, old), tf.mul(weight, fresh)));
        }
      }
      return {};
    },
    evaluation: (name, _weight, slots) => slots.get('average', name),
  };
}

export interface SwaOptions {
  /** First training step whose weights are averaged. */
  start: number;
  /** Updates of a parameter between two that are averaged. */
  every?: number;
}

/** The mean of the weights from a given step on (Izmailov et al. 2018, algorithm 1). */
export function swa({ start, every = 1 }: SwaOptions): Link {
  return {
    name: 'swa',
    settle({ after }, { slots, scalar, choose }) {
      if (choose(({ step }) => step < start)) return {};
      for (const [name, weight] of Object.entries(after)) {
        slots.advance(name);
        if (choose(({ count }) => count(name) % every === 0)) meanWith({ slots, scalar }, 'average', name, weight);
      }
      return {};
    },
    evaluation: (name, _weight, slots) => slots.get('average', name),
  };
}

/** mean <- mean + (w - mean)/n, with n kept as the number `slot/name`, within a step. */
export function meanWith(
  { slots, scalar }: Pick<SettleStep, 'slots' | 'scalar'>,
  slot: string,
  name: string,
  weight: Tensor,
): void {
  const mean = slots.get(slot, name);
  const share = (): Scalar => scalar(({ number }) => 1 / (number(`${slot}/${name}`) + 1));
  slots.set(slot, name, mean ? tf.add(mean, tf.mul(tf.sub(weight, mean), share())) : tf.clone(weight));
  slots.addToNumber(`${slot}/${name}`, 1);
}

/** The same between steps, for weights that count several times. */
export function takeIntoMean(slots: Slots, slot: string, name: string, weight: Tensor, times = 1): void {
  const n = slots.number(`${slot}/${name}`) + times;
  const mean = slots.get(slot, name);
  slots.set(slot, name, mean ? tf.add(mean, tf.mul(tf.sub(weight, mean), times / n)) : tf.clone(weight));
  slots.setNumber(`${slot}/${name}`, n);
}

export interface LawaOptions {
  /** Number of checkpoints in the average. */
  last?: number;
  /** Updates of a parameter between two checkpoints. */
  every?: number;
}

/** The mean of the latest checkpoints (Kaddour 2022). */
export function lawa({ last = 6, every = 1 }: LawaOptions = {}): Link {
  const slotOf = (i: number): string => `checkpoint-${i}`;
  return {
    name: 'lawa',
    settle({ after }, { slots, choose }) {
      for (const [name, weight] of Object.entries(after)) {
        slots.advance(name);
        const place = choose(({ count }) => (count(name) % every === 0 ? (count(name) / every) % last : -1));
        if (place >= 0) slots.set(slotOf(place), name, tf.clone(weight));
      }
      return {};
    },
    evaluation(name, _weight, slots) {
      const checkpoints = Array.from({ length: last }, (_, i) => slots.get(slotOf(i), name)).filter(
        (tensor) => tensor !== undefined,
      );
      return checkpoints.length > 0 ? tf.div(tf.addN(checkpoints), checkpoints.length) : undefined;
    },
  };
}

export interface LookaheadOptions {
  /** Number of fast updates per slow update. */
  every?: number;
  /** Fraction of the way from the slow weights to the fast ones. */
  alpha?: number;
}

/**
 * Every k updates slow <- alpha fast + (1 - alpha) slow, and the fast weights restart there (Zhang et al. 2019,
 * algorithm 1).
 */
export function lookahead({ every = 5, alpha = 0.5 }: LookaheadOptions = {}): Link {
  return {
    name: 'lookahead',
    settle({ before, after }, { slots, choose }) {
      const moved: Record<string, Tensor> = {};
      for (const [name, weight] of Object.entries(after)) {
        const slow = slots.get('slow', name);
        slots.advance(name);
        if (choose(({ count }) => count(name) % every === 0)) {
          moved[name] = movingMean(slow ?? before[name]!, weight, 1 - alpha);
          slots.set('slow', name, tf.clone(moved[name]));
        } else if (!slow) slots.set('slow', name, tf.clone(before[name]!));
      }
      return moved;
    },
    evaluation: (name, _weight, slots) => slots.get('slow', name),
  };
}
