/** What the policy prefers, for reports. */
import { type Plan } from './plan.js';
import { isDecision, isMany, type Rollout } from './sample.js';

/** Number of rollouts over which preferences are averaged. */
export const ROLLOUTS = 64;

/**
 * Marginal probability of each option of each decision, as the mean over rollouts of the probabilities that the policy
 * gives given the decisions before: by path one row per decision, for a subset one row [absent, present] per flag.
 */
export function policyPreferences({ steps }: Plan, { probabilities }: Rollout): Record<string, number[][]> {
  return Object.fromEntries(
    steps.filter(isDecision).map((step) => {
      const { path } = step.decision;
      const means = columnMeans(probabilities.get(path)!);
      return [path, isMany(step) ? means.map((present) => [1 - present, present]) : [means]];
    }),
  );
}

function columnMeans(rows: readonly (readonly number[])[]): number[] {
  return rows[0]!.map((_, column) => rows.reduce((sum, row) => sum + row[column]!, 0) / rows.length);
}
