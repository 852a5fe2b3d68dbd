/** The supernets compared: identical training except for one change, or several. */
import { type SearchConfigInput } from 'weft-nas';

type Remedies = NonNullable<NonNullable<SearchConfigInput['search']>['remedies']>;

/** How a supernet is trained. */
export interface Arm {
  readonly remedies?: Remedies;
  /** With the weight plasticity loss. */
  readonly wpl?: true;
}

const ALL: Remedies = {
  uniqueNetworks: true,
  fixedAffine: true,
  capacityRates: true,
  separateMomentum: true,
  importance: {},
};

export const ARMS = {
  plain: {},
  'unique networks': { remedies: { uniqueNetworks: true } },
  'affine fixed': { remedies: { fixedAffine: true } },
  'CaLR, momentum apart': { remedies: { capacityRates: true, separateMomentum: true } },
  'PA&DA': { remedies: { importance: {} } },
  all: { remedies: ALL },
  wpl: { wpl: true },
  'all, wpl': { remedies: ALL, wpl: true },
} as const satisfies Readonly<Record<string, Arm>>;

export type ArmName = keyof typeof ARMS;
export const armNames = Object.keys(ARMS) as ArmName[];

/**
 * Scores of networks with shared weights: with the last weights or the mean of checkpoints, by accuracy or by loss.
 * Higher is better.
 */
export interface Scores {
  readonly accuracy: readonly number[];
  readonly loss: readonly number[];
  readonly 'mean accuracy': readonly number[];
  readonly 'mean loss': readonly number[];
}

/** The order to compare: that of an arm, evaluated in one of the ways. */
export interface Contestant {
  readonly name: string;
  readonly arm: ArmName;
  readonly by: keyof Scores;
}

/**
 * Each remedy alone, all together, and wpl. The mean of checkpoints and the loss change only how networks are
 * evaluated, and need no training of their own.
 */
export const contestants = (arms: readonly ArmName[]): Contestant[] =>
  arms.flatMap((arm): Contestant[] => {
    if (arm === 'plain')
      return [
        { name: 'plain', arm, by: 'accuracy' },
        { name: 'ranked by loss', arm, by: 'loss' },
        { name: 'mean of checkpoints', arm, by: 'mean accuracy' },
      ];
    if (arm === 'all' || arm === 'all, wpl') return [{ name: arm, arm, by: 'mean loss' }];
    return [{ name: arm, arm, by: 'accuracy' }];
  });
