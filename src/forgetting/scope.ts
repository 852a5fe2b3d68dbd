/** Selects the weights of a space that are watched. */
import { z } from 'zod';
import { catalogue } from '../supernet/catalogue.js';
import { createChild } from '../supernet/child.js';
import { stream } from '../tensor/rng.js';
import { type RegularizerSetting } from './regularizer.js';

export const scopeOption = z
  .enum(['all-shared', 'edges'])
  .default('all-shared')
  .describe(
    "'all-shared': every shared weight, stem and classifier included; 'edges': only the weights that a choice selects",
  );

export type Scope = z.output<typeof scopeOption>;

/** Number of architectures from which the weights that all use are determined. */
const DRAWS = 64;

/**
 * Names of the watched weights, in the order of the supernet. Weights that 64 random architectures all use depend on no
 * choice.
 */
export function watchedBy(scope: Scope, { seed, space }: RegularizerSetting): string[] {
  const all = [...catalogue(space.supernet).parameters.keys()];
  if (scope === 'all-shared') return all;
  const rng = stream(seed, 'forgetting-scope');
  let common = new Set(all);
  for (let i = 0; i < DRAWS && common.size > 0; i++) {
    const { parameterNames } = createChild(space, space.sample(rng));
    common = new Set(parameterNames.filter((name) => common.has(name)));
  }
  return all.filter((name) => !common.has(name));
}
