/**
 * A tree of choices with everything a strategy needs from it: exact size, sampling, mutation,
 * enumeration, validation, text encoding. Constraints between choices hold for all of them.
 */
import { WeftError } from '../errors.js';
import { type Rng } from '../tensor/rng.js';
import { type Architecture, type ArchitectureOf, type ChoiceTree, isOneOf } from './choice.js';
import { decodeBody, encodeBody, fingerprint } from './encode.js';
import { genotypesOf } from './genotypes.js';
import { nearestPlace, neighboursOnScale, stepOnScale } from './scale.js';
import { type Decision, type Genotype, listDecisions, slotCardinalities } from './slots.js';

/** A constraint between choices, as a description and a predicate. */
export interface Constraint<A = Architecture> {
  readonly name: string;
  holds(architecture: A): boolean;
}

export interface ChoiceSpace<A = Architecture> {
  readonly name: string;
  readonly tree: ChoiceTree;
  readonly decisions: readonly Decision[];
  /** Values of each slot; see slots.ts. */
  readonly cardinalities: readonly number[];
  readonly constraints: readonly Constraint<A>[];
  /** Exact number of architectures: a product without constraints, a count by enumeration with them. */
  size(): bigint;
  /**
   * Uniform over the architectures that satisfy the constraints; choices with positions on a scale are uniform on it.
   */
  sample(rng: Rng): A;
  /**
   * A neighbour: one slot, uniformly chosen among those with a choice, gets another value, a nearby one if the values
   * have positions on a scale.
   */
  mutate(architecture: A, rng: Rng): A;
  /** All neighbours at distance one; along a scale, a few near and far ones. */
  neighbours(architecture: A): A[];
  enumerate(): Generator<A>;
  encode(architecture: A): string;
  decode(text: string): A;
  /** The architecture itself if it is valid; throws WeftError('architecture') if not. */
  validate(architecture: unknown): A;
  satisfies(architecture: A): boolean;
  genotype(architecture: A): number[];
  fromGenotype(genotype: Genotype): A;
}

const MAX_REJECTIONS = 10_000;
const MAX_COUNTED = 2_000_000n;
/** A space up to this size is enumerated before it is reported to have no architecture. */
const MAX_LISTED = 100_000n;

/** The space of all architectures of a tree of choices. */
export function choiceSpace<const C extends ChoiceTree>(
  name: string,
  tree: C,
  constraints: readonly Constraint<ArchitectureOf<C>>[] = [],
): ChoiceSpace<ArchitectureOf<C>> {
  type A = ArchitectureOf<C>;
  const decisions = listDecisions(tree);
  const cardinalities = slotCardinalities(decisions);
  /** For each slot the positions of its values on their scale, if they have any. */
  const scales = decisions.flatMap(({ choice, length }) =>
    Array.from({ length }, () => (isOneOf(choice) ? choice.places : undefined)),
  );
  const free = cardinalities.flatMap((cardinality, slot) => (cardinality > 1 ? [slot] : []));
  const print = fingerprint(tree);
  const total = cardinalities.reduce((product, cardinality) => product * BigInt(cardinality), 1n);

  const genotypes = genotypesOf(tree);
  const genotype: (architecture: A) => number[] = genotypes.read;
  const build = genotypes.build as (slots: Genotype) => A;
  const satisfies = (architecture: A): boolean => constraints.every((constraint) => constraint.holds(architecture));
  const drawValue = (slot: number, rng: Rng): number => {
    const places = scales[slot];
    return places ? nearestPlace(places, rng.uniform()) : rng.int(cardinalities[slot]!);
  };
  const uniform = (rng: Rng): A => build(cardinalities.map((_, slot) => drawValue(slot, rng)));
  const changeValue = (value: number, slot: number, rng: Rng): number => {
    const places = scales[slot];
    if (places) return stepOnScale(places, value, rng);
    return (value + 1 + rng.int(cardinalities[slot]! - 1)) % cardinalities[slot]!;
  };
  const otherValues = (value: number, slot: number): number[] =>
    scales[slot]
      ? neighboursOnScale(cardinalities[slot]!, value)
      : Array.from({ length: cardinalities[slot]! - 1 }, (_, k) => (value + k + 1) % cardinalities[slot]!);

  /** The first proposal that satisfies the constraints, if any of a limited number does. */
  function draw(propose: () => A): A | undefined {
    for (let attempt = 0; attempt < MAX_REJECTIONS; attempt++) {
      const architecture = propose();
      if (satisfies(architecture)) return architecture;
    }
    return undefined;
  }

  /** One of the few architectures that satisfy the constraints if draws have found none; throws if there is none. */
  function drawRare(rng: Rng): A {
    const list = total <= MAX_LISTED ? [...enumerate()] : [];
    if (list.length > 0) return rng.pick(list);
    const shares = constraints.map((constraint) => {
      const held = Array.from({ length: 1000 }, () => uniform(rng)).filter((architecture) =>
        constraint.holds(architecture),
      ).length;
      return `'${constraint.name}' holds for ${(held / 10).toFixed(1)} %`;
    });
    throw new WeftError(
      'space',
      total <= MAX_LISTED
        ? `none of the ${total} architectures of '${name}' satisfies its constraints`
        : `none of ${MAX_REJECTIONS} random architectures of '${name}' satisfies its constraints`,
      `they contradict each other, or nearly: ${shares.join(', ')} of random architectures`,
    );
  }

  function* enumerate(): Generator<A> {
    const slots = cardinalities.map(() => 0);
    for (;;) {
      const architecture = build(slots);
      if (satisfies(architecture)) yield architecture;
      let slot = slots.length - 1;
      while (slot >= 0 && slots[slot] === cardinalities[slot]! - 1) slots[slot--] = 0;
      if (slot < 0) return;
      slots[slot]!++;
    }
  }

  const space: ChoiceSpace<A> = {
    name,
    tree,
    decisions,
    cardinalities,
    constraints,
    satisfies,
    genotype,
    enumerate,
    fromGenotype: build,
    size() {
      if (constraints.length === 0) return total;
      if (total > MAX_COUNTED) {
        throw new WeftError(
          'unsupported',
          `'${name}' has ${total} architectures before its constraints: too many to enumerate`,
        );
      }
      let count = 0n;
      for (const _ of enumerate()) count++;
      return count;
    },
    sample: (rng) => draw(() => uniform(rng)) ?? drawRare(rng),
    mutate(architecture, rng) {
      if (free.length === 0) return architecture;
      const slots = genotype(architecture);
      const mutant = draw(() => {
        const slot = rng.pick(free);
        return build(slots.with(slot, changeValue(slots[slot]!, slot, rng)));
      });
      if (mutant === undefined) {
        throw new WeftError(
          'space',
          `no neighbour of ${space.encode(architecture)} satisfies the constraints`,
          `loosen one of them: ${constraints.map((constraint) => constraint.name).join('; ')}`,
        );
      }
      return mutant;
    },
    neighbours(architecture) {
      const slots = genotype(architecture);
      return free
        .flatMap((slot) => otherValues(slots[slot]!, slot).map((value) => build(slots.with(slot, value))))
        .filter(satisfies);
    },
    encode: (architecture) => `${name}~${print}:${encodeBody(tree, genotype(architecture))}`,
    decode(text) {
      const parts = /^([^~:]+)~([0-9a-f]+):(.*)$/s.exec(text.trim());
      if (!parts)
        throw new WeftError(
          'architecture',
          `'${text}' is not an encoded architecture`,
          `one of this space looks like ${name}~${print}:…`,
        );
      const [, owner, itsPrint, body] = parts;
      if (owner !== name)
        throw new WeftError('architecture', `'${text}' belongs to the space '${owner}', not to '${name}'`);
      if (itsPrint !== print) {
        throw new WeftError(
          'architecture',
          `'${text}' belongs to '${name}' with different choices (${itsPrint}, here ${print})`,
          'use the options (depth, operations, …) with which the architecture was found',
        );
      }
      return space.validate(build(decodeBody(tree, body!)));
    },
    validate(architecture) {
      const checked = build(genotypes.read(architecture));
      const broken = constraints.find((constraint) => !constraint.holds(checked));
      if (broken)
        throw new WeftError('architecture', `the architecture violates the constraint '${broken.name}' of '${name}'`);
      return checked;
    },
  };
  return space;
}
