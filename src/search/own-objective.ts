/** The user's own objectives: what a search trades off against quality, and what `weft derive --pick` can select by. */
import { z } from 'zod';
import { costNames } from '../config/costs.js';
import { type SearchConfig } from '../config/schema.js';
import { WeftError } from '../errors.js';
import { type ActiveNode } from '../graph/index.js';
import { inOwnCode } from '../own-errors.js';
import { createOwn, defineOwn, type OwnPart, type OwnParts, partOf } from '../parts/own.js';

export interface ObjectiveDefinition<O extends object = object> {
  /** Its name in conditions, events and reports: letters, digits and underscores. */
  readonly name: string;
  /** One or two sentences for listings. */
  readonly description?: string;
  /** The unit of its values; empty by default. */
  readonly unit?: string;
  /** Whether less or more of it is better. */
  readonly direction: 'less' | 'more';
  /** The options with their defaults and limits; none by default. */
  readonly options?: z.ZodType<O, unknown>;
  /**
   * The value of a network, without training: from its operations with their shapes, in the order of computation, as
   * retrained.
   */
  value(network: readonly ActiveNode[], options: O): number;
}

/** An objective as a search measures it. */
export interface OwnObjective {
  readonly name: string;
  readonly unit: string;
  readonly direction: 'less' | 'more';
  value(network: readonly ActiveNode[]): number;
}

/**
 * Defines an objective, which a configuration names among its `objectives` as `{ name: own, part: NAME_OR_FILE }`.
 * Throws WeftError('config') for a name that cannot be used in a condition, or that is taken.
 */
export function defineObjective<O extends object = object>({
  name,
  description = '',
  unit = '',
  direction,
  options = z.strictObject({}) as unknown as z.ZodType<O, unknown>,
  value,
}: ObjectiveDefinition<O>): OwnPart<object, OwnObjective, O> {
  if (!/^[a-z]\w*$/i.test(name) || TAKEN.includes(name))
    throw new WeftError(
      'config',
      `an objective cannot be named '${name}'`,
      `use letters, digits and underscores, and none of ${TAKEN.join(', ')}`,
    );
  return defineOwn<object, OwnObjective, O>('objective', {
    name,
    description,
    options,
    create: (chosen) => ({
      name,
      unit,
      direction,
      value(network) {
        const found = inOwnCode(partOf('objective', name), () => value(network, chosen));
        if (Number.isFinite(found)) return found;
        throw new WeftError(
          'config',
          `the objective '${name}' is ${found} for a network of the space`,
          'fix the objective',
        );
      },
    }),
  });
}

const TAKEN: readonly string[] = [...costNames, 'accuracy', 'loss'];

/** The user's own objectives that a configuration names, in its order. */
export const ownObjectives = (
  { objectives = [] }: Pick<SearchConfig, 'objectives'>,
  own: OwnParts | undefined,
): OwnObjective[] =>
  objectives.flatMap((one) => (typeof one === 'string' ? [] : createOwn<OwnObjective>('objective', one, { own })));

/** The names of a configuration's objectives, in its order. */
export function objectiveNames(
  config: Pick<SearchConfig, 'objectives'>,
  own: readonly Pick<OwnObjective, 'name'>[],
): string[] {
  const rest = [...own];
  return (config.objectives ?? []).map((one) => (typeof one === 'string' ? one : rest.shift()!.name));
}
