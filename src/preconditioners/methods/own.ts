/** Preconditioners defined by the user. */
import { checkedLink } from '../../chain/checked-link.js';
import { type Link } from '../../chain/link.js';
import { type TrainingSetting } from '../../chain/setting.js';
import { createOwn, defineOwn, type OwnDefinition, type OwnPart, ownSchema, partOf } from '../../parts/own.js';
import { preconditioner } from '../entry.js';

export type OwnPreconditioner<O extends object = object> = OwnPart<TrainingSetting, Link, O>;

/** Defines a preconditioner: a name, options, and the link that multiplies the gradient by its matrix. */
export function definePreconditioner<O extends object>(
  definition: OwnDefinition<TrainingSetting, Link, O>,
): OwnPreconditioner<O> {
  return defineOwn('preconditioner', definition);
}

export const own = preconditioner({
  name: 'own',
  triple: { curvature: 'its own', representation: 'its own', solver: 'its own' },
  state: 'its own',
  cost: 'its own',
  reference: 'a preconditioner of your own',
  schema: ownSchema,
  create: (options, setting) =>
    checkedLink(partOf('preconditioner', options.part), createOwn<Link>('preconditioner', options, setting)),
});
