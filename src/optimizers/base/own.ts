/** Optimizers defined by the user. */
import { checkedLink } from '../../chain/checked-link.js';
import { type Link } from '../../chain/link.js';
import { type TrainingSetting } from '../../chain/setting.js';
import { WeftError } from '../../errors.js';
import { shown } from '../../parts/checked.js';
import { createOwn, defineOwn, type OwnDefinition, type OwnPart, ownSchema, partOf } from '../../parts/own.js';
import { optimizer } from '../entry.js';

export type OwnOptimizer<O extends object = object> = OwnPart<TrainingSetting, readonly Link[], O>;

/**
 * Defines an optimizer: a name, options, and the links between a gradient and the new weights. A search uses it with
 * `parts: [it]` and `optimizer: { name: 'own', part: NAME, options: {…} }`, also as the base of another one.
 */
export function defineOptimizer<O extends object>(
  definition: OwnDefinition<TrainingSetting, readonly Link[], O>,
): OwnOptimizer<O> {
  return defineOwn('optimizer', definition);
}

export const own = optimizer({
  name: 'own',
  kind: 'base',
  cost: 'its own',
  formula: 'what the part says',
  reference: 'an optimizer of your own',
  schema: ownSchema,
  create(options, setting) {
    const part = partOf('optimizer', options.part);
    const links = createOwn<readonly Link[]>('optimizer', options, setting);
    if (Array.isArray(links)) return links.map((link: Link) => checkedLink(part, link));
    throw new WeftError('config', `${part.what} creates ${shown(links)}`, 'return a list of links from its create');
  },
});
