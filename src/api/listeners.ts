/** Event listeners of a search by event type. */
import { type SearchEvent } from '../search/events.js';

/** A listener for each type of event; omitted types are ignored. */
export type SearchListeners = {
  readonly [T in SearchEvent['type']]?: (event: Extract<SearchEvent, { readonly type: T }>) => void;
};

/** Dispatches each event to the listener of its type, and to the catch-all listener. */
export function tellAll(
  on: SearchListeners = {},
  onEvent?: (event: SearchEvent) => void,
): (event: SearchEvent) => void {
  return (event) => {
    onEvent?.(event);
    (on[event.type] as ((event: SearchEvent) => void) | undefined)?.(event);
  };
}
