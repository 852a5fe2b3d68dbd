/** What units of work cost, from the times of the first ones, which get faster as the machine warms up and compiles. */
import { mean } from '../statistics/index.js';
import { type UnitCost } from './progress.js';

/** Units are steady once the later of them take at least this share of the time of the earlier ones. */
const STEADY = 0.9;

/**
 * Whether units have stopped getting faster: the last quarter of them is about as slow as the quarter before.
 * `period`: every how many units one does more than the others.
 */
export function isSteady(times: readonly number[], period: number): boolean {
  const [earlier, later] = lastQuarters(times, period);
  return earlier.length > 0 && mean(later) >= STEADY * mean(earlier);
}

/**
 * The time of a later unit: the mean over the last half of these where they are steady, over the last quarter where
 * they are not. What those before took beyond it is a one-time cost. `times` must not be empty.
 */
export function costOf(times: readonly number[], period: number): UnitCost {
  const [earlier, later] = lastQuarters(times, period);
  const last = isSteady(times, period) ? [...earlier, ...later] : later;
  const each = mean(last);
  const first = times.slice(0, times.length - last.length);
  return { each, once: Math.max(0, first.reduce((sum, seconds) => sum + seconds, 0) - first.length * each) };
}

/** The last two quarters, cut to whole periods; where there are too few, the last period or half is all there is. */
function lastQuarters(
  times: readonly number[],
  period: number,
): [earlier: readonly number[], later: readonly number[]] {
  const half = times.length / 2;
  const quarter = period * Math.floor(half / 2 / period);
  if (quarter > 0) return [times.slice(-2 * quarter, -quarter), times.slice(-quarter)];
  return [[], times.slice(-Math.max(1, half >= period ? period * Math.floor(half / period) : Math.ceil(half)))];
}
