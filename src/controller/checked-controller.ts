/** Controllers, which may be the user's own, with checks of what they return and throw. */
import { WeftError } from '../errors.js';
import { type SearchSpace } from '../graph/define-space.js';
import { type Part, withNamedErrors } from '../own-errors.js';
import { isRecord, requireMethods, requireSnapshot, shown, withMethods } from '../parts/checked.js';
import { type Controller, type Metrics } from './contract.js';

/**
 * The controller; its methods throw WeftError('controller') naming it if the user's code in them fails, or returns what
 * no search can use.
 */
export function checkedController<A>(
  part: Part,
  made: Controller<A>,
  space: Pick<SearchSpace<A>, 'genotype'>,
): Controller<A> {
  requireMethods(part, made, ['sample', 'propose', 'observe', 'derive', 'snapshot', 'restore', 'dispose']);
  const named = withNamedErrors(part, made);
  const wrong = (method: string, found: unknown, hint: string): WeftError =>
    new WeftError('controller', `${part.what} returns ${shown(found)} from '${method}'`, hint);
  const list = (method: string, count: number, found: A[]): A[] => {
    if (!Array.isArray(found) || found.length < count)
      throw wrong(method, found, `return a list of ${count} architectures`);
    try {
      found.forEach(space.genotype);
    } catch (error) {
      if (!(error instanceof WeftError)) throw error;
      throw new WeftError(error.code, `${part.what}, '${method}': ${error.message}`, error.hint, { cause: error });
    }
    return found;
  };
  return withMethods<Controller<A>>(named, {
    sample: (count, rng) => list('sample', count, named.sample(count, rng)),
    propose: (count, rng) => list('propose', count, named.propose(count, rng)),
    derive: (count, rng) => list('derive', count, named.derive(count, rng)),
    observe(results) {
      const metrics: Metrics = named.observe(results);
      if (isRecord(metrics) && Object.values(metrics).every((value) => typeof value === 'number')) return metrics;
      throw wrong('observe', metrics, 'return numbers to log by name, or an empty object');
    },
    snapshot: () => requireSnapshot(part, named.snapshot()),
    ...(typeof made.preferences === 'function' && {
      preferences(rng) {
        const found = named.preferences!(rng);
        if (isRecord(found) && Object.values(found).every(isTable)) return found;
        throw wrong('preferences', found, 'return a list of rows of probabilities for each decision, by its path');
      },
    }),
  });
}

const isTable = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.every((row) => Array.isArray(row) && row.every((probability) => typeof probability === 'number'));
