/** Text descriptions of networks, for those who cannot see the drawing. */
import { plural } from '../format.js';
import { type Outline } from './outline.js';

/** Maximum number of operations listed individually. */
const NAMED = 24;

/** The operations in order and the number of skip connections; for a space, its number of choices. */
export function inWords({ nodes, edges }: Outline): string {
  const choices = nodes.filter(({ role }) => role === 'choices');
  if (choices.length > 0)
    return `Drawing of a search space with ${plural(choices.length, 'choice')} between operations`;
  const operations = nodes.filter(({ role }) => role === 'choice' || role === 'fixed').map(({ label }) => label);
  const skips = edges.filter(({ main }) => !main).length;
  const named = operations.slice(0, NAMED).join(', ');
  const more = operations.length > NAMED ? ` and ${operations.length - NAMED} more` : '';
  return `Drawing of a network: ${named}${more}${skips > 0 ? `; ${plural(skips, 'connection')} parallel to the main path` : ''}`;
}
