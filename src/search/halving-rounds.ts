/** Rounds of successive halving whose candidates a strategy proposes, and from whose first rungs it learns. */
import { type Controller } from '../controller/contract.js';
import { type SearchSpace } from '../graph/define-space.js';
import { largestOf } from '../statistics/extremes.js';
import { stream } from '../tensor/rng.js';
import { type Placed, type RungResult } from './halving.js';

export interface RoundsOptions {
  readonly rounds: number;
  /** Number of candidates that the strategy proposes in each round. */
  readonly candidates: number;
  readonly seed: number;
  readonly space: Pick<SearchSpace, 'encode'>;
  readonly controller: Pick<Controller, 'propose' | 'observe'>;
  /** The reward for a score, from which the strategy learns; a diverged candidate has a score of -Infinity. */
  readonly reward: (score: number) => number;
}

/**
 * The rungs of each round. All candidates of a first rung are trained equally long, so that its scores can be compared
 * over rounds; a candidate that is proposed twice in a round is trained once. Every draw comes from a stream of the
 * round, so that repeated rounds propose the same candidates.
 */
export async function halvingRounds(
  { rounds, candidates, seed, space, controller, reward }: RoundsOptions,
  halve: (candidates: readonly string[], round: number) => Promise<RungResult[]>,
): Promise<RungResult[][]> {
  const results: RungResult[][] = [];
  for (let round = 0; round < rounds; round++) {
    const proposed = controller.propose(candidates, stream(seed, 'halving', 'round', round));
    const texts = proposed.map((one) => space.encode(one));
    const rungs = await halve([...new Set(texts)], round);
    const scores = new Map(rungs[0]!.ranking.map(({ architecture, score }) => [architecture, score]));
    controller.observe(proposed.map((architecture, i) => ({ architecture, reward: reward(scores.get(texts[i]!)!) })));
    results.push(rungs);
  }
  return results;
}

/**
 * The round with the best candidate in its last rung: among those that were trained longest, the one with the best
 * score.
 */
export function bestRound(rounds: readonly (readonly RungResult[])[]): readonly RungResult[] {
  const last = (rungs: readonly RungResult[]): RungResult => rungs.at(-1)!;
  const longest = largestOf(rounds.map((rungs) => last(rungs).epochs));
  const best = (rungs: readonly RungResult[]): Placed => last(rungs).ranking[0]!;
  return rounds
    .filter((rungs) => last(rungs).epochs === longest)
    .reduce((top, rungs) => (best(rungs).score > best(top).score ? rungs : top));
}
