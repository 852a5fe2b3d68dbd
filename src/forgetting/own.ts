/** Regularizers defined by the user. */
import { checkedLink } from '../chain/checked-link.js';
import { WeftError } from '../errors.js';
import { type Part } from '../own-errors.js';
import { isRecord, requireMethods, requireSnapshot, shown, withMethods } from '../parts/checked.js';
import { createOwn, defineOwn, type OwnDefinition, type OwnPart, ownSchema, partOf } from '../parts/own.js';
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
  create: (options, setting) =>
    checkedRegularizer(partOf('regularizer', options.part), createOwn<Regularizer>('regularizer', options, setting)),
});

/** The regularizer; its methods throw WeftError('config') naming the part if they fail, or return what is no use. */
function checkedRegularizer(part: Part, made: Regularizer): Regularizer {
  requireMethods(part, made, ['startEpoch', 'remember', 'status', 'tensors', 'snapshot', 'restore', 'dispose']);
  const wrong = (method: string, found: unknown, hint: string): WeftError =>
    new WeftError('config', `${part.what} returns ${shown(found)} from '${method}'`, hint);
  if (!Array.isArray(made.watched)) throw wrong('watched', made.watched, 'give a list of names of weights');
  const named = checkedLink(part, made);
  return withMethods<Regularizer>(named, {
    status() {
      const found = named.status();
      const numbers = ['alpha', 'penalty', 'fisherTrace', 'largestFisher'] as const;
      const lists = ['known', 'zero'] as const;
      if (
        isRecord(found) &&
        numbers.every((name) => typeof found[name] === 'number') &&
        lists.every((name) => Array.isArray(found[name]))
      )
        return found;
      throw wrong('status', found, `return the numbers ${numbers.join(', ')} and the lists ${lists.join(', ')}`);
    },
    tensors() {
      const found = named.tensors();
      if (Array.isArray(found)) return found;
      throw wrong('tensors', found, 'return a list, empty without Fisher information');
    },
    snapshot: () => requireSnapshot(part, named.snapshot()),
  });
}
