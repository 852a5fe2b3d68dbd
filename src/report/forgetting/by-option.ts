/** Forgetting by the components of an architecture: every option of every decision. */
import { type SearchSpace } from '../../graph/define-space.js';
import { isOneOf, isSubset } from '../../space/choice.js';
import { type Decision } from '../../space/slots.js';
import { leastSquares, mean, standardError } from '../../statistics/index.js';
import { decoded } from '../decoded.js';
import { type Measurements, type Visit } from './measurements.js';
import { groupBy } from './group-by.js';

/** Architectures that contain a component, and how their loss differs from that of others. */
export interface Effect {
  readonly count: number;
  /** Mean loss2 - loss1 of the architectures with it; null if there are none. */
  readonly meanDiff: number | null;
  readonly standardError: number | null;
  /** Mean of those without it. */
  readonly meanDiffWithout: number | null;
  /**
   * Its contribution to loss2 - loss1 with everything else held fixed: coefficient of a regression on all options at
   * once, with epoch means subtracted; the effects of a decision sum to zero. Null if the data does not determine it.
   */
  readonly effect: number | null;
  readonly effectError: number | null;
}

export interface OptionEffect extends Effect {
  /** Path of the decision, as in the space. */
  readonly decision: string;
  readonly option: string;
}

interface Column {
  readonly decision: Decision;
  readonly slot: number;
  readonly value: number;
  readonly option: string;
}

/** One row for every option of every decision that has a choice; empty without architectures of the space. */
export function optionEffects({ visits }: Measurements, space: SearchSpace): OptionEffect[] {
  const known = visits.flatMap((visit) => {
    const architecture = decoded(space, visit.architecture);
    return architecture === undefined ? [] : [{ visit, genotype: space.genotype(architecture) }];
  });
  if (known.length === 0) return [];
  const columns = columnsOf(space);
  const effects = regress(
    known.map(({ visit }) => visit),
    known.map(({ genotype }) => columns.map(({ slot, value }) => Number(genotype[slot] === value))),
  );
  return columns.map(({ decision, slot, value, option }, i) => ({
    decision: decision.length > 1 ? `${decision.path}.${slot - decision.offset}` : decision.path,
    option,
    ...describe(
      known.filter(({ genotype }) => genotype[slot] === value).map(({ visit }) => visit),
      known.filter(({ genotype }) => genotype[slot] !== value).map(({ visit }) => visit),
    ),
    ...effects[i]!,
  }));
}

/**
 * The same pooled over decisions with the same options, for example `sep3` anywhere; the effect is that of one more
 * occurrence.
 */
export function pooledEffects(
  { visits }: Measurements,
  space: SearchSpace,
): (Effect & { readonly option: string; readonly places: number })[] {
  const columns = columnsOf(space).filter(({ decision }) => isOneOf(decision.choice));
  const options = [...groupBy(columns, ({ option }) => option)].filter(([, places]) => places.length > 1);
  const known = visits.flatMap((visit) => {
    const architecture = decoded(space, visit.architecture);
    if (architecture === undefined) return [];
    const genotype = space.genotype(architecture);
    return [
      {
        visit,
        counts: options.map(([, places]) => places.filter(({ slot, value }) => genotype[slot] === value).length),
      },
    ];
  });
  if (known.length === 0 || options.length === 0) return [];
  const effects = regress(
    known.map(({ visit }) => visit),
    known.map(({ counts }) => counts),
  );
  return options.map(([option, places], i) => ({
    option,
    places: places.length,
    ...describe(
      known.filter(({ counts }) => counts[i]! > 0).map(({ visit }) => visit),
      known.filter(({ counts }) => counts[i] === 0).map(({ visit }) => visit),
    ),
    ...effects[i]!,
  }));
}

/** Count and means of those with and without a component. */
export function describe(
  having: readonly Visit[],
  others: readonly Visit[],
): Pick<Effect, 'count' | 'meanDiff' | 'standardError' | 'meanDiffWithout'> {
  const differences = having.map(difference);
  return {
    count: having.length,
    meanDiff: orNull(mean(differences)),
    standardError: orNull(standardError(differences)),
    meanDiffWithout: orNull(mean(others.map(difference))),
  };
}

export function difference({ loss }: Visit): number {
  return loss.second - loss.first;
}

/**
 * Differences regressed on columns, with the mean of each epoch subtracted on both sides: epochs differ much more than
 * options do.
 */
function regress(
  visits: readonly Visit[],
  rows: readonly (readonly number[])[],
): Pick<Effect, 'effect' | 'effectError'>[] {
  const groups = [
    ...groupBy(
      visits.map((_, i) => i),
      (i) => visits[i]!.epoch,
    ).values(),
  ];
  const y = visits.map(difference);
  const x = rows.map((row) => [...row]);
  for (const members of groups) {
    const level = mean(members.map((i) => y[i]!));
    const means = x[0]!.map((_, column) => mean(members.map((i) => rows[i]![column]!)));
    for (const i of members) {
      y[i]! -= level;
      means.forEach((value, column) => (x[i]![column]! -= value));
    }
  }
  const { coefficients, standardErrors, rank } = leastSquares(x, y, groups.length);
  // With as many unknowns as measurements a fit is meaningless.
  const tells = visits.length - groups.length > 2 * rank;
  return coefficients.map((effect, i) => ({
    effect: tells ? orNull(effect) : null,
    effectError: tells ? orNull(standardErrors[i]!) : null,
  }));
}

function columnsOf({ decisions }: SearchSpace): Column[] {
  return decisions.flatMap((decision): Column[] => {
    const { choice, offset, length, cardinality } = decision;
    if (cardinality < 2) return [];
    if (isSubset(choice))
      return Array.from({ length }, (_, i) => ({ decision, slot: offset + i, value: 1, option: 'in' }));
    return Array.from({ length: cardinality }, (_, value) => ({
      decision,
      slot: offset,
      value,
      option: isOneOf(choice) ? String(choice.options[value]) : String(value),
    }));
  });
}

export function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
