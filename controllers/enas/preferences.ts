/** What the policy prefers, for reports. */
import { type NamedTensors, type Rng } from 'weft-nas';
import { type EnasOptions } from './options.js';
import { type Plan } from './plan.js';
import { isMany, sampleGenotypes } from './sample.js';

const ROLLOUTS = 64;

/**
 * Marginal probability of each option of each decision, as the mean over rollouts of the probabilities that the policy
 * gives given the decisions before: by path one row per decision, for a subset one row [absent, present] per flag.
 */
export function policyPreferences(
  plan: Plan,
  parameters: NamedTensors,
  options: EnasOptions,
  rng: Rng,
): Record<string, number[][]> {
  const marginals: Record<string, number[][]> = {};
  sampleGenotypes(plan, parameters, options, ROLLOUTS, rng, (step, probabilities) => {
    const means = columnMeans(probabilities);
    marginals[step.decision.path] = isMany(step) ? means.map((present) => [1 - present, present]) : [means];
  });
  return marginals;
}

function columnMeans(rows: readonly (readonly number[])[]): number[] {
  return rows[0]!.map((_, column) => rows.reduce((sum, row) => sum + row[column]!, 0) / rows.length);
}
