/** Starting architectures for a strategy that should not start at random: the best of a pool by proxies. */
import { type SearchConfig } from '../config/schema.js';
import { type ControllerFactory } from '../controller/contract.js';
import { type ProposalFilter } from '../controller/index.js';
import { WeftError } from '../errors.js';
import { type SearchSpace } from '../graph/define-space.js';
import { sampleDistinct } from '../graph/sample-distinct.js';
import { givenPart, type OwnParts } from '../parts/own.js';
import { type Proxy, proxyNamed, scoreNetworks, type Tried } from '../proxies/index.js';
import { logRankSum } from '../statistics/index.js';
import { stream } from '../tensor/rng.js';
import { tf } from '../tensor/tf.js';
import { type BatchSource, firstExamples, withBatch } from '../training/batch.js';
import { readCandidate } from './hyperparameters/index.js';

type WarmStart = NonNullable<SearchConfig['search']['warmStart']>;

/** Throws WeftError('config') if the controller does not start from given architectures. */
export function requireWarmStart(
  { search: { warmStart } }: SearchConfig,
  { name, warmStart: takes }: ControllerFactory,
): void {
  if (warmStart === undefined || takes) return;
  throw new WeftError(
    'config',
    `'${name}' does not start from particular architectures, so search.warmStart cannot be used with it`,
    'leave it out, or set controller.name to evolution, predictor-guided, local-search, nsga2 or pareto-local-search',
  );
}

export interface ProxyStartSetting {
  readonly space: SearchSpace;
  readonly seed: number;
  /** The user's own proxies. */
  readonly own: OwnParts | undefined;
  /** Training examples without augmentation. */
  readonly source: BatchSource;
  /** Called if a proxy cannot score these networks; `kind` identifies the problem, which is reported once per run. */
  readonly warn: (kind: string, message: string) => void;
}

/**
 * The architectures of a random pool of the space, best first by the proxies' sum of log-ranks. Networks are scored as
 * retrained, when the first one is requested; the same configuration gives the same order, also in a resumed run.
 */
export function proxyStart(
  { proxies, pool, examples }: WarmStart,
  setting: ProxyStartSetting,
): (place: number) => unknown {
  const { space, seed } = setting;
  const scored = scorer('warmStart', { proxies, examples }, setting);
  const ranked = (): unknown[] => {
    const drawn = sampleDistinct(space, pool, stream(seed, 'warm-start'));
    const sums = scored(drawn.map(({ architecture }) => architecture));
    return drawn
      .map((_, i) => i)
      .sort((a, b) => sums[b]! - sums[a]! || a - b)
      .map((i) => drawn[i]!.architecture);
  };
  let order: readonly unknown[] | undefined;
  return (place) => (order ??= ranked())[place];
}

/** Scores for `filterProposals`: the sum of log-ranks among the architectures that are compared. */
export function proxyFilter(
  { proxies, draws, examples }: NonNullable<SearchConfig['search']['proxyFilter']>,
  setting: ProxyStartSetting,
): ProposalFilter<unknown> {
  return { draws, score: scorer('proxyFilter', { proxies, examples }, setting) };
}

/** Throws WeftError('config') if the controller proposes nothing that could be filtered. */
export function requireProposals(
  { search: { proxyFilter: filter } }: SearchConfig,
  { name, relaxation }: { readonly name: string; readonly relaxation: boolean },
): void {
  if (filter === undefined || !relaxation) return;
  throw new WeftError(
    'config',
    `'${name}' trains a mixture of all architectures and learns from its gradient, so search.proxyFilter has nothing to filter`,
    'leave it out, or use a controller that proposes architectures, for example evolution',
  );
}

/**
 * The proxies' sum of log-ranks of each network among the given ones. A network is scored only once: weights and batch
 * are always the same.
 */
function scorer(
  field: 'warmStart' | 'proxyFilter',
  { proxies, examples }: Pick<WarmStart, 'proxies' | 'examples'>,
  { space, seed, own, source, warn }: ProxyStartSetting,
): (architectures: readonly unknown[]) => number[] {
  const chosen = proxies.map((proxy) =>
    typeof proxy === 'string' ? proxyNamed(proxy) : (givenPart('proxy', proxy.part, own) as Proxy),
  );
  const known = new Map<string, Tried>();
  const kept = (architecture: unknown, found: () => Tried): Tried => {
    // Hyper-parameters do not change the network.
    const { architecture: text } = readCandidate(space.encode(architecture));
    const tried = known.get(text) ?? found();
    known.set(text, tried);
    return tried;
  };
  return (architectures) => {
    const { scores, warnings } = withBatch(source, 0, 0, (whole) => {
      const batch = firstExamples(whole, examples);
      try {
        return scoreNetworks(space.forRetraining(), architectures, chosen, batch, `${seed}/warm-start`, { kept });
      } finally {
        tf.dispose([batch.inputs, batch.labels, ...(batch.weights ? [batch.weights] : [])]);
      }
    });
    if (scores.size === 0)
      throw new WeftError(
        'config',
        `search.${field}: none of its proxies can rank these networks: ${warnings.join('; ')}`,
        'choose other proxies, for example snip or synflow',
      );
    for (const message of warnings) {
      const [proxy] = message.split(' ');
      warn(`search.${field} ${proxy}`, `search.${field}: ${message}`);
    }
    return logRankSum([...scores.values()]);
  };
}
