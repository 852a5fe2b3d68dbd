/**
 * The choices of a search space. A tree of choices (arrays and objects with choices at
 * the leaves) has as its values the architectures of the space, and TypeScript infers their type.
 */
import { WeftError } from '../errors.js';

const choiceBrand: unique symbol = Symbol.for('weft.choice');

export type ChoiceValue = string | number | boolean;

/** Exactly one of the listed values. */
export interface OneOf<T extends ChoiceValue = ChoiceValue> {
  readonly [choiceBrand]: 'one-of';
  readonly options: readonly T[];
  /** Whether the options are sizes, so that one of them is the largest and one the smallest. */
  readonly size?: true;
  /**
   * The position of each option on a scale from 0 to 1, ascending: draws are uniform on it, and mutations move along
   * it.
   */
  readonly places?: readonly number[];
}

/** The index of one of `count` earlier nodes. */
export interface Previous {
  readonly [choiceBrand]: 'previous';
  readonly count: number;
}

/** Any subset of `count` earlier nodes, as flags. */
export interface Subset {
  readonly [choiceBrand]: 'subset';
  readonly count: number;
}

export type Choice = OneOf | Previous | Subset;
export type ChoiceKind = Choice[typeof choiceBrand];
export type ChoiceTree = Choice | readonly ChoiceTree[] | { readonly [name: string]: ChoiceTree };

/** The type of an architecture: the tree of choices with a value at every leaf. */
export type ArchitectureOf<C> =
  C extends OneOf<infer T>
    ? T
    : C extends Previous
      ? number
      : C extends Subset
        ? readonly boolean[]
        : C extends readonly (infer E)[]
          ? readonly ArchitectureOf<E>[]
          : { readonly [K in keyof C]: ArchitectureOf<C[K]> };

/** An architecture whose type is not known statically. */
export type Architecture =
  ChoiceValue | readonly boolean[] | readonly Architecture[] | { readonly [name: string]: Architecture };

/** A choice between listed values, for example operations or widths. */
export function oneOf<const T extends ChoiceValue>(options: readonly T[]): OneOf<T> {
  return { [choiceBrand]: 'one-of', options };
}

/**
 * A choice of a size, for example a width or a depth: numbers, of which the largest may hold the weights of all
 * (`GraphBuilder.elastic`).
 */
export function sizes<const T extends number>(options: readonly T[]): OneOf<T> {
  return { [choiceBrand]: 'one-of', options, size: true };
}

/** A choice along a scale from 0 to 1, on which each option has a position; positions ascend. */
export function onScale<const T extends ChoiceValue>(options: readonly T[], places: readonly number[]): OneOf<T> {
  return { [choiceBrand]: 'one-of', options, places };
}

/** A choice of one among `count` earlier nodes. */
export function previous(count: number): Previous {
  return { [choiceBrand]: 'previous', count };
}

/** A choice of any among `count` earlier nodes: ENAS's skip connections (arXiv 1802.03268, section 2.3). */
export function subset(count: number): Subset {
  return { [choiceBrand]: 'subset', count };
}

/** More parts than this cannot be searched, and making them would block the process until memory is exhausted. */
const MOST_PARTS = 10_000;

/** The tree made by `make` for each index 0..count-1. Throws WeftError('space') for more than 10,000. */
export function repeat<C extends ChoiceTree>(count: number, make: (index: number) => C): readonly C[] {
  if (count > MOST_PARTS)
    throw new WeftError(
      'space',
      `${count} equal parts are too many for a space, which has at most ${MOST_PARTS}`,
      'choose fewer layers, nodes or blocks',
    );
  return Array.from({ length: count }, (_, index) => make(index));
}

export function isChoice(tree: unknown): tree is Choice {
  return typeof tree === 'object' && tree !== null && choiceBrand in tree;
}

export function choiceKind(choice: Choice): ChoiceKind {
  return choice[choiceBrand];
}

export function isOneOf(choice: Choice): choice is OneOf {
  return choice[choiceBrand] === 'one-of';
}

export function isSubset(choice: Choice): choice is Subset {
  return choice[choiceBrand] === 'subset';
}
