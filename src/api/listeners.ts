/** Listening to a search by types of events. */
import { type SearchEvent } from '../search/events.js';

/** A listener for each type of event; those that are left out are not heard. */
export type SearchListeners = {
  readonly [T in SearchEvent['type']]?: (event: Extract<SearchEvent, { readonly type: T }>) => void;
};

/** Tells each event to the listener of its type, and to the one for all. */
export function tellAll(
  on: SearchListeners = {},
  onEvent?: (event: SearchEvent) => void,
): (event: SearchEvent) => void {
  return (event) => {
    onEvent?.(event);
    (on[event.type] as ((event: SearchEvent) => void) | undefined)?.(event);
  };
}
