/** What a network costs, as the trivial rankers' scores: more weights and more multiply-adds are held to be better. */
import { WeftError } from '../errors.js';
import { multiplyAddCount, parameterCount, type SearchSpace } from '../graph/index.js';
import { mean } from '../statistics/index.js';
import { reliability } from './agreement.js';
import { compareRankers, type RankerComparison, withLogRanks } from './rankers.js';
import { quality, type RankRecord } from './record.js';

export interface Costs {
  readonly parameters: number;
  /** NaN where an operation does not tell its own. */
  readonly multiplyAdds: number;
}

/** The costs of networks of this space as retrained. */
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

/**
 * Compares the shared weights of a ranking by stand-alone training with rankers that need no training: costs, the
 * proxies that were scored, and the sum of log-ranks.
 */
export function compareTrained({ architectures, measure, seeds }: RankRecord, space: SearchSpace): RankerComparison {
  const costsOf = costsIn(space);
  const costs = architectures.map(({ architecture }) => costsOf(space.decode(architecture)));
  const alone = architectures.map((one) => one.alone.map((score) => quality(score, measure)));
  return compareRankers(
    alone.map(mean),
    { name: 'supernet', scores: architectures.map(({ shared }) => quality(shared, measure)) },
    withLogRanks([
      ...(['parameters', 'multiplyAdds'] as const)
        .map((name) => ({ name, scores: costs.map((one) => one[name]) }))
        .filter(({ scores }) => !scores.some(Number.isNaN)),
      ...Object.keys(architectures[0]?.proxies ?? {}).map((name) => ({
        name,
        scores: architectures.map(({ proxies }) => proxies![name]!),
      })),
    ]),
    { ceiling: reliability(seeds.map((_, i) => alone.map((scores) => scores[i]!))) },
  );
}
