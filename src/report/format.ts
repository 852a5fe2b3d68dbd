/** Human-readable numbers and text. */
import { decimalText, printable } from '../printable.js';
import { largestOf } from '../statistics/extremes.js';

const NBSP = '\u00a0';
/** Placeholder for a missing number. */
export const ABSENT = '–';

/** Text as HTML, with control characters shown as codes. */
export function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** 0.98612 -> '98.6 %'. */
export function percent(value: unknown, digits = 1): string {
  return isNumber(value) ? `${decimal(100 * value, digits)}${NBSP}%` : ABSENT;
}

/** A difference of two fractions: 0.021 -> '+2.1'. */
export function points(value: unknown, digits = 1): string {
  if (!isNumber(value)) return ABSENT;
  const text = (100 * Math.abs(value)).toFixed(digits);
  return Number(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`;
}

/** -0.125 -> '−0.125', with a mathematical minus, and no sign on zero. */
export function decimal(value: unknown, digits = 3): string {
  return isNumber(value) ? decimalText(value, digits) : ABSENT;
}

/**
 * A number of any size to four digits: 54.1234 -> '54.12', 0.00012345 -> '0.0001234'; very large and very small ones as
 * powers of ten.
 */
export function significant(value: unknown): string {
  if (!isNumber(value)) return ABSENT;
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e7 || size < 1e-4)) return scientific(value, 3);
  return decimal(value, size === 0 ? 0 : Math.max(0, 3 - Math.floor(Math.log10(size))));
}

/** Text in which numbers were written by JavaScript, with a mathematical minus in front of the negative ones. */
export function withMinus(text: string): string {
  return text.replace(/(?<![\w.)\]-])-(?=\.?\d)/g, '−');
}

/** 0.0000123 -> '1.23 × 10⁻⁵', with a mathematical minus in both places. */
export function scientific(value: number, digits = 2): string {
  const [mantissa, exponent] = value.toExponential(digits).split('e') as [string, string];
  return `${mantissa.replace('-', '−')}${NBSP}×${NBSP}10${Number(exponent) < 0 ? '⁻' : ''}${superscript(Math.abs(Number(exponent)))}`;
}

/** Number of decimals of a number as written. */
function decimalsOf(value: number): number {
  const [mantissa = '', exponent] = String(value).split('e');
  return exponent === undefined ? (mantissa.split('.')[1] ?? '').length : Infinity;
}

/**
 * Formats the numbers of one column with the same number of decimals, so that decimal points align: enough for three
 * digits of the largest. A number that would be rounded to zero is written with a power of ten.
 */
export function aligned(values: readonly (number | null | undefined)[]): string[] {
  const known = values.filter(isNumber);
  const largest = known.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const whole = known.every(Number.isInteger);
  if (largest >= 1e9) return values.map((value) => (isNumber(value) ? scientific(value) : ABSENT));
  // No more decimals than the values have: a number rounded to two is not shown with three.
  const given = largestOf(known.map((value) => decimalsOf(value)));
  const digits = whole ? 0 : Math.max(0, Math.min(4, given, 3 - Math.floor(Math.log10(largest || 1))));
  return values.map((value) => {
    if (!isNumber(value)) return ABSENT;
    return value !== 0 && Math.abs(value) < 0.5 * 10 ** -digits ? scientific(value) : decimal(value, digits);
  });
}

/** 12345 -> '12,345'. */
export function integer(value: unknown): string {
  return isNumber(value) ? grouped(String(Math.round(value))) : ABSENT;
}

/** An exact count of any length, long ones also as a power of ten: '160…904' -> '1.6 × 10²⁹'. */
export function hugeInteger(digits: string): string {
  if (!/^\d+$/.test(digits)) return digits;
  if (digits.length <= 12) return grouped(digits);
  return `${Number(`${digits[0]}.${digits.slice(1, 4)}`).toFixed(1)}${NBSP}×${NBSP}10${superscript(digits.length - 1)}`;
}

/** 421.7 -> '7 min 2 s'. */
export function duration(seconds: unknown): string {
  if (!isNumber(seconds)) return ABSENT;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)}${NBSP}s`;
  const total = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60), total % 60];
  return (hours > 0 ? [`${hours}${NBSP}h`, `${minutes}${NBSP}min`] : [`${minutes}${NBSP}min`, `${rest}${NBSP}s`]).join(
    NBSP,
  );
}

/** 'one epoch', '3 epochs'. */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return count === 1 ? `one ${noun}` : `${integer(count)} ${nouns}`;
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

function superscript(value: number): string {
  return [...String(value)].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('');
}
