/** `weft conflicts`: which options of a choice interfere through shared weights, and how to split them. */
import { measureRunConflicts, type MeasureConflictsOptions } from '../../api/conflicts.js';
import { sayChanges } from '../../runs/index.js';
import { createOutput } from '../output.js';

/**
 * Prints each choice with the best split of its options in two, by forgetting and by gradients; the run is not changed.
 */
export async function conflicts(
  directory: string,
  { json, top, ...options }: MeasureConflictsOptions & { readonly json?: boolean; readonly top: number },
): Promise<void> {
  const output = createOutput({ json: json ?? false });
  const found = await measureRunConflicts(directory, {
    ...options,
    onDecision: (done, of) => output.status([`${done} of ${of} choices measured`]),
    onChanges(changes) {
      output.emit({ type: 'environment-changed', changes });
      output.say(`measured under different conditions from the search: ${sayChanges(changes)}`);
    },
  });
  output.status([]);
  for (const one of found) output.emit({ type: 'conflicts', ...one });
  for (const { decision, options: names, byForgetting, byGradient } of found.slice(0, top)) {
    const groups = ({ groups: both }: typeof byForgetting): string =>
      both.map((group) => group.map((option) => names[option]).join(' ')).join(' | ');
    output.say(`${decision}
  by forgetting  ${groups(byForgetting)}   a training step costs the other group ${(-byForgetting.between).toPrecision(2)} nats
  by gradients   ${groups(byGradient)}   mean cosine between the groups ${byGradient.between.toFixed(3)}`);
  }
  if (found.length === 0) output.say('the space has no choice of 2 to 12 options that share weights');
  else if (found.length > top) output.say(`and ${found.length - top} more choices; --top shows them`);
}
