/** Where a strategy begins. */
import { type ChoiceSpace } from '../space/choice-space.js';
import { type ControllerSetting } from './contract.js';

/**
 * The first architecture of a warm start that is not among those `taken` (text encodings); undefined without a warm
 * start, and beyond its last.
 */
export function nextStart<A>(
  space: ChoiceSpace<A>,
  start: ControllerSetting<A>['start'],
  taken: ReadonlySet<string>,
): A | undefined {
  for (let place = 0; ; place++) {
    const architecture = start?.(place);
    if (architecture === undefined || !taken.has(space.encode(architecture))) return architecture;
  }
}
