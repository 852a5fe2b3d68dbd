/** Dates in tables, and their encoding as network inputs. */

/** Order of year, month and day. */
export type DateOrder = 'ymd' | 'dmy' | 'mdy';

const ORDERS: readonly DateOrder[] = ['ymd', 'dmy', 'mdy'];

/**
 * The encoding of a date: days since 1970-01-01 (with the time of the day as a fraction), and the sine and cosine of
 * its position in the year and the week, and with `time` also in the day. Times without a zone are used as written.
 * Undefined for a field that is not a date in this order. Exported pages embed the source of this function, so it must
 * be self-contained.
 */
export function dateFeatures(text: string, order: 'ymd' | 'dmy' | 'mdy', time: boolean): number[] | undefined {
  const found =
    /^\s*(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?\s*(Z|[+-]\d{2}:?\d{2})?)?\s*$/i.exec(
      text,
    );
  if (!found) return undefined;
  const [, a, , b, c, hours = '0', minutes = '0', seconds = '0', zone = 'Z'] = found;
  const [year, month, day] = order === 'ymd' ? [a!, b!, c!] : order === 'dmy' ? [c!, b!, a!] : [c!, a!, b!];
  if (year.length !== 4 || Number(year) < 100 || day.length > 2 || month.length > 2) return undefined;
  const leap = Number(year) % 4 === 0 && (Number(year) % 100 !== 0 || Number(year) % 400 === 0);
  const longest = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][Number(month) - 1] ?? 0;
  if (Number(day) < 1 || Number(day) > longest) return undefined;
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day));
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) >= 60) return undefined;
  const [, sign, zoneHours, zoneMinutes] = /([+-])(\d{2}):?(\d{2})/.exec(zone) ?? [];
  const offset = sign === undefined ? 0 : Number(`${sign}1`) * (60 * Number(zoneHours) + Number(zoneMinutes));
  const clock = (60 * Number(hours) + Number(minutes) - offset + Number(seconds) / 60) / 1440;
  const days = midnight / 86_400_000 + clock;
  const places = [365.2425, 7, ...(time ? [1] : [])].flatMap((period) => {
    // Of what is left within the period: the same time on any day gives the same numbers, to the last bit.
    const angle = (2 * Math.PI * (period === 1 ? clock : days % period)) / period;
    return [Math.sin(angle), Math.cos(angle)];
  });
  return [days, ...places];
}

/** Number of inputs that a date becomes. */
export const dateWidth = (time: boolean): number => (time ? 7 : 5);

export interface DateScan {
  see(field: string): void;
  /**
   * The order of all fields seen; `unclear` if day and month cannot be distinguished, undefined if not all are dates.
   */
  order(): DateOrder | 'unclear' | undefined;
  /** Whether any field has a time of day. */
  readonly time: boolean;
}

/** Examines every text in a column once. */
export function scanDates(): DateScan {
  let orders: readonly DateOrder[] = ORDERS;
  let [seen, time, dotted] = [0, false, true];
  return {
    see(field) {
      if (orders.length === 0) return;
      seen++;
      orders = orders.filter((order) => dateFeatures(field, order, false) !== undefined);
      time ||= field.includes(':');
      dotted &&= field.includes('.') && !/[-/]/.test(field);
    },
    order() {
      if (seen === 0 || orders.length === 0) return undefined;
      if (orders.length === 1) return orders[0];
      // With dots, the day always comes first.
      return dotted ? 'dmy' : 'unclear';
    },
    get time() {
      return time;
    },
  };
}
