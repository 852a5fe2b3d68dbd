/** Signed numbers. */
import { ABSENT, isNumber } from '../format.js';

/** A number with its sign, using a real minus: '+0.078'. */
export function signed(value: unknown, digits = 4): string {
  if (!isNumber(value)) return ABSENT;
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`;
}

/** Number of decimals that shows numbers up to this size to two digits; at least two, at most seven. */
export function digitsFor(largest: number): number {
  return largest > 0 ? Math.min(7, Math.max(2, 1 - Math.floor(Math.log10(largest)))) : 2;
}
