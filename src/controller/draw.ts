import { WeftError } from '../errors.js';
import { type ChoiceSpace } from '../space/choice-space.js';

const MAX_DRAWS = 200;

/**
 * `count` architectures that satisfy the space's constraints, by rejection: `draw` proposes as many as are still
 * missing, again and again. What it draws keeps its distribution but for the architectures that are not allowed.
 */
export function drawValid<A>(space: ChoiceSpace<A>, count: number, draw: (missing: number) => readonly A[]): A[] {
  const valid: A[] = [];
  for (let attempt = 0; attempt < MAX_DRAWS; attempt++) {
    if (valid.length === count) return valid;
    valid.push(...draw(count - valid.length).filter((architecture) => space.satisfies(architecture)));
  }
  if (valid.length === count) return valid;
  throw new WeftError('controller', `the controller found ${valid.length} of ${count} architectures of '${space.name}' that satisfy its constraints in ${MAX_DRAWS} attempts`,
    `loosen a constraint: ${space.constraints.map(({ name }) => name).join('; ')}`);
}
