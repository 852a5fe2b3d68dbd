/**
 * CaLR, the complexity-aware learning rate of DYNAS (Jeon et al. 2025, arXiv 2503.10740): small networks, which
 * converge early, settle while large ones still learn. A step of a network with C parameters is η₀·(1 − t/T)^γ long,
 * with γ = ω·ln C + τ so that γ = 4 at the fewest parameters of the space and 1/4 at the most.
 */
import { WeftError } from '../../errors.js';
import { parameterCount } from '../../graph/index.js';
import { type SearchSpace } from '../../graph/define-space.js';
import { type Child } from '../../supernet/child.js';
import { stream } from '../../tensor/rng.js';

/** γ at the fewest and at the most parameters. */
const EXPONENTS = { fewest: 4, most: 0.25 } as const;

export interface CapacityRates {
  /** Factor of the learning rate in this step; `progress` is t/T, from 0 to below 1. */
  factor(child: Pick<Child, 'nodes'>, progress: number): number;
  /** γ of a network with this number of parameters. */
  exponent(parameters: number): number;
}

/** The rates of a space. Throws WeftError('config') if all of its networks have the same number of parameters. */
export function capacityRates(space: SearchSpace, seed: number | string): CapacityRates {
  const [fewest, most] = [extremeOf(space, seed, -1), extremeOf(space, seed, 1)];
  if (fewest === most)
    throw new WeftError(
      'config',
      `search.remedies.capacityRates distinguishes networks by their numbers of parameters, but in '${space.name}' all have ${most}`,
      'leave it out',
    );
  const slope = (EXPONENTS.most - EXPONENTS.fewest) / (Math.log(most) - Math.log(fewest));
  const exponent = (parameters: number): number => {
    const within = Math.min(Math.max(parameters, fewest), most);
    return EXPONENTS.fewest + slope * (Math.log(within) - Math.log(fewest));
  };
  return {
    exponent,
    factor: ({ nodes }, progress) => (1 - progress) ** exponent(parameterCount(nodes)),
  };
}

/**
 * Climbs, one choice at a time, until no other option has more parameters (or fewer): exact if choices contribute
 * additively.
 */
function extremeOf<A>(space: SearchSpace<A>, seed: number | string, sign: 1 | -1): number {
  const count = (architecture: A): number => sign * parameterCount(space.activate(architecture));
  let best = space.sample(stream(seed, 'capacity'));
  let most = count(best);
  for (let climbed = true; climbed;) {
    climbed = false;
    for (let slot = 0; slot < space.cardinalities.length; slot++) {
      const genotype = space.genotype(best);
      for (let value = 0; value < space.cardinalities[slot]!; value++) {
        if (value === genotype[slot]) continue;
        const other = space.fromGenotype(genotype.with(slot, value));
        if (!space.satisfies(other)) continue;
        const parameters = count(other);
        if (parameters > most) [best, most, climbed] = [other, parameters, true];
      }
    }
  }
  return sign * most;
}
