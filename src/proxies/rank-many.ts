/**
 * Scores of many networks by several proxies, for ranking: networks that cannot be scored are reported, and count as
 * worst or not at all.
 */
import { type WeftError } from '../errors.js';
import { type SearchSpace } from '../graph/define-space.js';
import { smallestOf } from '../statistics/extremes.js';
import { type TensorBatch } from '../training/batch.js';
import { type Proxy } from './contract.js';
import { tryScores } from './score.js';

export interface ProxyScores {
  /** Per proxy, a finite score for each network; proxies that a network lacks the operations for are omitted. */
  readonly scores: ReadonlyMap<string, readonly number[]>;
  /** What was omitted, and which networks were ranked last because their score is not finite. */
  readonly warnings: readonly string[];
}

/** The result of each proxy for a network: its score, or the reason why there is none. */
export type Tried = ReturnType<typeof tryScores>;

export interface ProxyScoresOptions<A = unknown> {
  /** Returns the known scores of a network, and stores those that are `found`. */
  readonly kept?: (architecture: A, found: () => Tried) => Tried;
  /** Called with the number of networks scored so far. */
  readonly onScored?: (count: number) => void;
}

/**
 * Scores by every proxy of all networks on the same batch, with weights drawn from the same seed. A proxy that does not
 * apply to one of the networks is omitted; a network whose score is not finite is ranked last. Throws WeftError('data')
 * for a batch that is too small.
 */
export function scoreNetworks<A>(
  space: SearchSpace<A>,
  architectures: readonly A[],
  proxies: readonly Proxy[],
  batch: TensorBatch,
  seed: number | string,
  { onScored, kept = (_architecture, found) => found() }: ProxyScoresOptions<A> = {},
): ProxyScores {
  const found = architectures.map((architecture, i) => {
    const all = kept(architecture, () => tryScores(space, architecture, proxies, batch, seed));
    onScored?.(i + 1);
    return all;
  });
  const scores = new Map<string, readonly number[]>();
  const warnings: string[] = [];
  proxies.forEach(({ name }, place) => {
    const own = found.map((all) => all[place]!);
    const failures = own.filter((one): one is WeftError => typeof one !== 'number');
    const lacking = failures.find(({ code }) => code !== 'numeric');
    // What the network lacks is no mistake, unlike data that does not fit and code of the user's own that fails.
    if (lacking && lacking.code !== 'unsupported') throw lacking;
    if (lacking) {
      warnings.push(`${name} was left out: ${lacking.message}`);
      return;
    }
    const finite = own.filter((one) => typeof one === 'number');
    if (finite.length === 0) {
      warnings.push(`${name} was left out: it is finite for none of the networks`);
      return;
    }
    if (failures.length > 0)
      warnings.push(
        `${name} is not finite for ${failures.length} of ${own.length} networks, which count as worst by it`,
      );
    const worst = smallestOf(finite);
    // Below the worst by the smallest step of a double, whatever its magnitude.
    const last = worst - Math.max(1, Math.abs(worst));
    scores.set(
      name,
      own.map((one) => (typeof one === 'number' ? one : last)),
    );
  });
  return { scores, warnings };
}
