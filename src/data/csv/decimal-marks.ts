/** A single decimal mark throughout a table. */
import { WeftError } from '../../errors.js';
import { hasDecimalComma, type Separator } from './fields.js';

/**
 * Refuses a table that writes some numbers with a decimal comma and others with a point: one of the two marks
 * thousands.
 */
export function decimalMarks(separator: Separator, path: string): { see(field: string, line: number): void } {
  let comma: number | undefined;
  let point: number | undefined;
  return {
    see(field, line) {
      if (separator === ',') return;
      if (field.includes('.')) point ??= line;
      else if (field.includes(',') && hasDecimalComma(field, separator)) comma ??= line;
      if (comma !== undefined && point !== undefined)
        throw new WeftError(
          'data',
          `${path}: line ${comma} has a decimal comma, and line ${point} a decimal point`,
          'write all numbers in the same way, without thousands separators',
        );
    },
  };
}
