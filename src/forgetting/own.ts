/** Regularizers defined by the user. */
import { createOwn, defineOwn, type OwnDefinition, type OwnPart, ownSchema } from '../parts/own.js';
import { regularizer, type Regularizer, type RegularizerSetting } from './regularizer.js';

export type OwnRegularizer<O extends object = object> = OwnPart<RegularizerSetting, Regularizer, O>;

/**
 * Defines a regularizer: a name, options, and the link that acts on the shared weights. Fisher information is not
 * estimated for it.
 */
export function defineRegularizer<O extends object>(
  definition: OwnDefinition<RegularizerSetting, Regularizer, O>,
): OwnRegularizer<O> {
  return defineOwn('regularizer', definition);
}

export const own = regularizer({
  name: 'own',
  formula: 'what the part says',
  cost: 'its own',
  reference: 'a regularizer of your own',
  schema: ownSchema,
  create: (options, setting) => createOwn<Regularizer>('regularizer', options, setting),
});
