/** Several runs compared: arms, pairs, contrasts, checks. */
import { decimalText } from '../../../printable.js';
import { largestOf, smallestOf } from '../../../statistics/extremes.js';
import { WeftError } from '../../../errors.js';
import { type HealthCheck } from '../health.js';
import { firstAffected } from '../summary.js';
import { type Arm, armsOf, type ComparedRun, pairsOf } from './arms.js';
import { type ArmComparison, compareArm } from './comparison.js';

export interface ForgettingComparison {
  readonly baseline: Arm;
  readonly arms: readonly ArmComparison[];
  readonly fromEpoch: number;
  /** Why runs were excluded. */
  readonly unpaired: readonly string[];
  readonly health: readonly HealthCheck[];
}

/**
 * Compares every arm with the unregularized one, or with the arm of the first run. Throws WeftError('run') if no two
 * runs can be paired, with the reason.
 */
export function compareForgetting(
  runs: readonly ComparedRun[],
  { fromEpoch: given }: { fromEpoch?: number | undefined } = {},
): ForgettingComparison {
  const [baseline, ...others] = armsOf(runs);
  if (!baseline || others.length === 0) {
    throw new WeftError(
      'run',
      `all ${runs.length} runs use the same regularizer against forgetting, so there is nothing to compare`,
      'add runs with another regularizer, for example --set search.regularizer.name=none, with the same seeds',
    );
  }
  const fromEpoch = given ?? largestOf(runs.map(({ analysis }) => firstAffected(analysis.measurements)));
  const paired = others.map((arm) => ({ arm, ...pairsOf(baseline, arm) }));
  const unpaired = paired.flatMap(({ reasons }) => reasons);
  const arms = paired
    .filter(({ pairs }) => pairs.length > 0)
    .map(({ arm, pairs }) => compareArm(arm, pairs, fromEpoch));
  if (arms.length === 0)
    throw new WeftError(
      'run',
      `no two of these runs can be paired:\n  ${unpaired.join('\n  ')}`,
      `every run needs a partner with '${baseline.name}' and the same seed, data and configuration`,
    );
  return { baseline, arms, fromEpoch, unpaired, health: checkComparison(baseline, arms) };
}

/** Checks that need several runs. */
function checkComparison(baseline: Arm, arms: readonly ArmComparison[]): HealthCheck[] {
  const names = [baseline.regularizer, ...arms.map(({ arm }) => arm.regularizer)];
  const missing = ['none', 'l2-anchor'].filter((control) => !names.includes(control));
  const seeds = smallestOf(arms.map(({ pairs }) => pairs.length));
  const [{ mean, noise }] = arms as [ArmComparison];
  return [
    mean.baseline > noise
      ? {
          id: 'baseline',
          status: 'PASS',
          what: 'the baseline forgets more than two standard errors',
          detail: `${mean.baseline.toFixed(4)} nats, two standard errors are ${noise.toFixed(4)}`,
        }
      : {
          id: 'baseline',
          status: 'WARN',
          what: 'the baseline forgets more than two standard errors',
          detail: `${mean.baseline.toFixed(4)} nats, two standard errors are ${noise.toFixed(4)}: there is nothing to remove; a larger learning rate or more steps per architecture would cause forgetting`,
        },
    missing.length === 0
      ? { id: 'controls', status: 'PASS', what: 'the controls none and l2-anchor are included', detail: 'both' }
      : {
          id: 'controls',
          status: 'WARN',
          what: 'the controls none and l2-anchor are included',
          detail: `missing: ${missing.join(', ')}. Without l2-anchor one cannot tell whether the Fisher information has helped or any anchor would have`,
        },
    seeds >= mean.fewest
      ? {
          id: 'seeds',
          status: 'PASS',
          what: `at least ${mean.fewest} seeds`,
          detail: `${seeds} in every arm`,
        }
      : {
          id: 'seeds',
          status: 'WARN',
          what: `at least ${mean.fewest} seeds`,
          detail: `${seeds === 1 ? 'one' : seeds} in some arm: nothing can be claimed about other seeds${seeds < 3 ? ', and there is no interval' : ''}`,
        },
    ...arms.flatMap(checkArm),
  ];
}

function checkArm({ arm: { name }, performance: { of, difference, interval }, mean }: ArmComparison): HealthCheck[] {
  // A warning needs less than a claim: an interval that excludes zero, with any number of seeds.
  const lost = interval !== undefined && interval[1] < 0;
  const what = `${of} of ${name} not below the baseline’s`;
  const found = `${decimalText(100 * difference, 1)} points`;
  return [
    lost
      ? { id: `performance ${name}`, status: 'WARN', what, detail: `${found}, and the interval excludes zero` }
      : { id: `performance ${name}`, status: 'PASS', what, detail: found },
    ...(mean.value <= 0 && lost
      ? [
          {
            id: `rigid ${name}`,
            status: 'WARN' as const,
            what: `${name} still lets architectures learn`,
            detail:
              'it forgets nothing at all and performs worse: too rigid, as if the weights were frozen; use a smaller alpha',
          },
        ]
      : []),
  ];
}
