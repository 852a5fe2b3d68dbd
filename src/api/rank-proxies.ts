/** Selects the proxies that are compared with the shared weights as rankers, and computes their scores. */
import { type SearchSpace } from '../graph/index.js';
import { type Proxy, PROXIES, scoreNetworks } from '../proxies/index.js';
import { type SearchSession } from '../search/session.js';
import { tf } from '../tensor/tf.js';
import { firstExamples, withBatch } from '../training/batch.js';
import { loadProxy } from './registry.js';

/** The proxies in the log-rank sum; the costs are always included. */
const USUAL: readonly string[] = ['naswot', 'jacov'];
const COSTS: readonly string[] = ['parameters', 'multiplyAdds'];
/** Number of training examples in the batch, as in the published tables. */
const EXAMPLES = 64;

/** All, none, or some by name, by file or as values. */
export type ProxyChoice = 'all' | 'none' | readonly (string | Proxy)[];

/** The selected proxies; costs are always rankers. Throws WeftError('config') for a name that does not exist. */
export async function namedProxies(choice: ProxyChoice = USUAL): Promise<Proxy[]> {
  if (choice === 'none') return [];
  const chosen = choice === 'all' ? PROXIES : choice;
  const isCost = (proxy: string | Proxy): boolean => COSTS.includes(typeof proxy === 'string' ? proxy : proxy.name);
  return Promise.all([...new Set(chosen)].filter((proxy) => !isCost(proxy)).map(loadProxy));
}

export interface ScoredSample {
  /** Per network. */
  readonly scores: readonly Readonly<Record<string, number>>[];
  readonly warnings: readonly string[];
}

/** Scores of networks as retrained, on training examples. */
export function scoreSample(
  { space, data, config }: Pick<SearchSession, 'space' | 'data' | 'config'>,
  architectures: readonly unknown[],
  proxies: readonly Proxy[],
  onScored: (scored: number, total: number) => void = () => {},
): ScoredSample {
  if (proxies.length === 0) return { scores: architectures.map(() => ({})), warnings: [] };
  const final: SearchSpace = space.forRetraining();
  const { scores, warnings } = withBatch(data.watched, 0, 0, (whole) => {
    const batch = firstExamples(whole, EXAMPLES);
    try {
      return scoreNetworks(final, architectures, proxies, batch, `${config.seed}/proxies`, {
        onScored: (done) => onScored(done, architectures.length),
      });
    } finally {
      tf.dispose([batch.inputs, batch.labels]);
    }
  });
  return {
    scores: architectures.map((_, i) => Object.fromEntries([...scores].map(([name, all]) => [name, all[i]!]))),
    warnings,
  };
}
