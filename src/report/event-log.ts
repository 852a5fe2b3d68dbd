/** The events of a run by type. Types that this version does not know are ignored. */
import { type SearchEvent } from '../search/events.js';

export type EventOf<T extends SearchEvent['type']> = Extract<SearchEvent, { type: T }>;

export interface EventLog {
  all<T extends SearchEvent['type']>(type: T): EventOf<T>[];
  last<T extends SearchEvent['type']>(type: T): EventOf<T> | undefined;
}

/** `events` as read from a file: any object with a type. */
export function eventLog(events: readonly unknown[]): EventLog {
  const byType = new Map<string, SearchEvent[]>();
  for (const event of events as readonly (SearchEvent | null)[]) {
    const type = event?.type;
    if (!type) continue;
    const list = byType.get(type);
    if (list) list.push(event);
    else byType.set(type, [event]);
  }
  const all = <T extends SearchEvent['type']>(type: T): EventOf<T>[] => (byType.get(type) ?? []) as EventOf<T>[];
  return { all, last: (type) => all(type).at(-1) };
}
