/** A strategy searching a table, many times over. */
import { type ControllerFactory, type ControllerSetting } from '../controller/contract.js';
import { filterProposals, type ProposalFilter } from '../controller/index.js';
import { type SearchSpace } from '../graph/define-space.js';
import { stream } from '../tensor/rng.js';
import { type TabularEvaluator } from './evaluator.js';

export interface TrialsOptions {
  /** Architectures looked up in a trial. */
  queries?: number;
  trials?: number;
  /** Trial i has this seed + i. */
  firstSeed?: number;
  /** Architectures a proposal. */
  batch?: number;
}

export interface StartedTrialsOptions<A> extends TrialsOptions {
  /** What the trial of this seed begins with; random architectures by default. */
  start?: (seed: number) => ControllerSetting<A>['start'];
  /** By which only the best of what the strategy proposes are looked up; all by default. */
  filter?: ProposalFilter<A>;
}

export interface Trials {
  /** Value of the best architecture of each trial. */
  readonly best: Float64Array;
  readonly mean: number;
  /** Standard error of the mean. */
  readonly standardError: number;
  /** optimum - best so far after each query, averaged over trials. */
  readonly regret: Float64Array;
}

/**
 * Lets the strategy look up `queries` values in each of `trials` searches that differ in nothing but the seed. What
 * counts is the best value that was looked up; the values are the rewards.
 */
export function tabularTrials<A>(
  factory: ControllerFactory,
  options: object,
  space: SearchSpace<A>,
  { evaluate, optimum }: TabularEvaluator<A>,
  { queries = 500, trials = 100, firstSeed = 0, batch = 1, start, filter }: StartedTrialsOptions<A> = {},
): Trials {
  const best = new Float64Array(trials);
  const regret = new Float64Array(queries);
  for (let trial = 0; trial < trials; trial++) {
    const seed = firstSeed + trial;
    const begin = start?.(seed);
    const strategy = factory.create(options, { space, seed, ...(begin && { start: begin }) });
    const controller = filter ? filterProposals(strategy, space, filter) : strategy;
    const rng = stream(seed, 'trial');
    let top = -Infinity;
    for (let query = 0; query < queries;) {
      const results = controller
        .propose(Math.min(batch, queries - query), rng)
        .map((architecture) => ({ architecture, reward: evaluate(architecture) }));
      for (const { reward } of results) {
        top = Math.max(top, reward);
        regret[query++]! += (optimum - top) / trials;
      }
      controller.observe(results);
    }
    controller.dispose();
    best[trial] = top;
  }
  const mean = best.reduce((sum, value) => sum + value, 0) / trials;
  const variance = best.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (trials - 1);
  return { best, mean, standardError: Math.sqrt(variance / trials), regret };
}
