/** What a network costs, as the trivial rankers' scores: more weights and more multiply-adds are held to be better. */
import { WeftError } from '../errors.js';
import { multiplyAddCount, parameterCount, type SearchSpace } from '../graph/index.js';
import { mean } from '../statistics/index.js';
import { compareRankers, type RankerComparison } from './rankers.js';
import { quality, type RankRecord } from './record.js';

export interface Costs {
  readonly parameters: number;
  /** NaN where an operation does not tell its own. */
  readonly multiplyAdds: number;
}

/** The costs of networks of this space as they are trained for good. */
export function costsIn<A>(space: SearchSpace<A>): (architecture: A) => Costs {
  const final = space.forRetraining();
  return (architecture) => {
    const nodes = final.activate(architecture);
    return { parameters: parameterCount(nodes), multiplyAdds: known(() => multiplyAddCount(nodes)) };
  };
}

function known(count: () => number): number {
  try {
    return count();
  } catch (error) {
    if (error instanceof WeftError && error.code === 'unsupported') return NaN;
    throw error;
  }
}

/** The shared weights of a ranking by stand-alone training beside the two rankers that every space has. */
export function compareTrained({ architectures, measure }: RankRecord, space: SearchSpace): RankerComparison {
  const costsOf = costsIn(space);
  const costs = architectures.map(({ architecture }) => costsOf(space.decode(architecture)));
  return compareRankers(
    architectures.map(({ alone }) => mean(alone.map((score) => quality(score, measure)))),
    { name: 'supernet', scores: architectures.map(({ shared }) => quality(shared, measure)) },
    (['parameters', 'multiplyAdds'] as const)
      .map((name) => ({ name, scores: costs.map((one) => one[name]) }))
      .filter(({ scores }) => !scores.some(Number.isNaN)),
  );
}
