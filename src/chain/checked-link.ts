/** Links of the user's own, with checks of what they return and throw. */
import { WeftError } from '../errors.js';
import { type Part, withNamedErrors } from '../own-errors.js';
import { isRecord, requireLike, shown, withMethods } from '../parts/checked.js';
import { type Link } from './link.js';

/**
 * The link; its methods throw WeftError('config') naming the part if they fail, or return tensors of other names or
 * shapes than they should.
 */
export function checkedLink<L extends Link>(part: Part, made: L): L {
  if (!isRecord(made) || typeof made.name !== 'string' || !/^[^/]+$/.test(made.name))
    throw new WeftError(
      part.code,
      `${part.what} has a link ${shown(made)}`,
      'a link is an object with a name, without slashes, and its methods',
    );
  const named: Link = withNamedErrors(part, made);
  return withMethods<Link>(named, {
    ...(made.update && {
      update: (updates, step) => requireLike(part, 'update', named.update!(updates, step), updates),
    }),
    ...(made.settle && {
      settle: (movement, step) => requireLike(part, 'settle', named.settle!(movement, step), movement.after),
    }),
    ...(made.start && {
      start: (step) => requireLike(part, 'start', named.start!(step), step.parameters),
    }),
    ...(made.penalty && {
      penalty(parameters) {
        const gradients = named.penalty!(parameters);
        return gradients && requireLike(part, 'penalty', gradients, parameters);
      },
    }),
  }) as L;
}
