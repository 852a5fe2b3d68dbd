/** Numbers that say on which side of zero they are. */
import { ABSENT, isNumber } from '../format.js';

/** A number with its sign, a real minus: '+0.078'. */
export function signed(value: unknown, digits = 4): string {
  if (!isNumber(value)) return ABSENT;
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`;
}

/** Decimals that show numbers up to this size to two digits; at least two, at most seven. */
export function digitsFor(largest: number): number {
  return largest > 0 ? Math.min(7, Math.max(2, 1 - Math.floor(Math.log10(largest)))) : 2;
}
