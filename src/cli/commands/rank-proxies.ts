/** Which proxies `weft rank` scores, and their scores. */
import { loadProxy } from '../../api/registry.js';
import { type SearchSpace } from '../../graph/index.js';
import { type Proxy, PROXIES, scoreNetworks } from '../../proxies/index.js';
import { type SearchSession } from '../../search/session.js';
import { tf, tidy } from '../../tensor/tf.js';
import { withBatch } from '../../training/batch.js';
import { type Output } from '../output.js';

/** Those that stand in the log-rank sum; the costs are always there. */
const USUAL = 'naswot,jacov';
const COSTS: readonly string[] = ['parameters', 'multiplyAdds'];
/** Training examples in the batch, as in the published tables. */
const EXAMPLES = 64;

/** The proxies of `--proxies`: all, none, or names and files with commas between them; costs are rankers anyway. Throws WeftError('config') for a name that does not exist. */
export async function namedProxies(text: string = USUAL): Promise<Proxy[]> {
  if (text === 'none') return [];
  const names = text === 'all' ? PROXIES.map(({ name }) => name) : text.split(',').map((name) => name.trim());
  return Promise.all([...new Set(names)].filter((name) => !COSTS.includes(name)).map(loadProxy));
}

export interface ScoredSample {
  /** By network. */
  readonly scores: readonly Readonly<Record<string, number>>[];
  readonly warnings: readonly string[];
}

/** Scores of networks as they are trained for good, on training examples. */
export function scoreSample(
  { space, data, config }: Pick<SearchSession, 'space' | 'data' | 'config'>,
  architectures: readonly unknown[],
  proxies: readonly Proxy[],
  output: Output,
): ScoredSample {
  if (proxies.length === 0) return { scores: architectures.map(() => ({})), warnings: [] };
  const final: SearchSpace = space.forRetraining();
  const { scores, warnings } = withBatch(data.watched, 0, 0, ({ inputs, labels }) => {
    const count = Math.min(EXAMPLES, inputs.shape[0]);
    const batch = tidy(() => ({ inputs: tf.slice(inputs, 0, count), labels: tf.slice(labels, 0, count) }));
    try {
      return scoreNetworks(final, architectures, proxies, batch, `${config.seed}/proxies`, {
        onScored: (done) => output.status([`scoring architecture ${done}/${architectures.length} without training`]),
      });
    } finally {
      tf.dispose([batch.inputs, batch.labels]);
      output.status([]);
    }
  });
  return {
    scores: architectures.map((_, i) => Object.fromEntries([...scores].map(([name, all]) => [name, all[i]!]))),
    warnings,
  };
}
