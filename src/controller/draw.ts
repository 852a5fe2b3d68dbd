/** Drawing architectures that a space allows. */
import { WeftError } from '../errors.js';
import { type ChoiceSpace } from '../space/choice-space.js';
import { type Rng } from '../tensor/rng.js';

const MAX_DRAWN = 20_000;
const MAX_BATCH = 256;

/** `count` architectures, uniformly among those that satisfy the constraints. */
export function drawUniform<A>(space: ChoiceSpace<A>, count: number, rng: Rng): A[] {
  return Array.from({ length: count }, () => space.sample(rng));
}

/**
 * `count` architectures that satisfy the space's constraints, by rejection: `draw` is asked again and again, each time
 * for as many as should do at the rate of acceptance so far. The distribution is that of `draw`, cut to what is
 * allowed.
 */
export function drawValid<A>(space: ChoiceSpace<A>, count: number, draw: (wanted: number) => readonly A[]): A[] {
  const valid: A[] = [];
  let drawn = 0;
  while (valid.length < count) {
    if (drawn >= MAX_DRAWN) {
      throw new WeftError(
        'controller',
        `only ${valid.length} of ${drawn} architectures that a controller drew satisfied the constraints of '${space.name}'`,
        `loosen a constraint: ${space.constraints.map(({ name }) => name).join('; ')}`,
      );
    }
    const missing = count - valid.length;
    const proposals = draw(
      drawn === 0 ? missing : Math.min(MAX_BATCH, Math.ceil((missing * drawn) / Math.max(1, valid.length))),
    );
    drawn += proposals.length;
    valid.push(...proposals.filter((architecture) => space.satisfies(architecture)));
  }
  return valid.slice(0, count);
}
