/** Architectures with their rewards as checkpoints hold them. */
import { type ChoiceSpace } from '../space/choice-space.js';
import { type Evaluated, type Metrics } from './contract.js';

/** [encoding, reward]. */
export type ScoredText = readonly [string, number];

export function encodeScored<A>(space: ChoiceSpace<A>, scored: readonly Evaluated<A>[]): ScoredText[] {
  return scored.map(({ architecture, reward }) => [space.encode(architecture), reward]);
}

export function decodeScored<A>(space: ChoiceSpace<A>, texts: readonly ScoredText[]): Evaluated<A>[] {
  return texts.map(([text, reward]) => ({ architecture: space.decode(text), reward }));
}

/** The `count` best different architectures, best first; of one that occurs twice the later reward counts. */
export function bestScored<A>(space: ChoiceSpace<A>, scored: readonly Evaluated<A>[], count: number): Evaluated<A>[] {
  const latest = new Map(scored.map((one) => [space.encode(one.architecture), one]));
  return [...latest.values()].sort((a, b) => b.reward - a.reward).slice(0, count);
}

/** Best and mean reward of a population, to log. */
export function populationMetrics(scored: readonly Evaluated[]): Metrics {
  if (scored.length === 0) return {};
  const rewards = scored.map(({ reward }) => reward);
  return {
    populationBest: Math.max(...rewards),
    populationMean: rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length,
  };
}
