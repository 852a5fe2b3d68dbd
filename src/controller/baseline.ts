/** The moving-average baseline of REINFORCE (Williams 1992): how much better than usual was this reward? */

export interface MovingAverage {
  readonly value: number;
  /**
   * b <- b - (1 - decay)·(b - reward), then reward - b: the baseline moves *before* it is subtracted, as in the
   * ENAS code (melodyguan/enas, general_controller.py), so that even the first advantage is `decay`·reward.
   */
  advantage(reward: number): number;
  restore(value: number): void;
}

/** A baseline that starts at `initial` and forgets with `decay` in [0, 1). */
export function movingAverage(decay: number, initial = 0): MovingAverage {
  let value = initial;
  return {
    get value() {
      return value;
    },
    advantage(reward) {
      value -= (1 - decay) * (value - reward);
      return reward - value;
    },
    restore(saved) {
      value = saved;
    },
  };
}
