/**
 * The flat view of a tree of choices: a list of *decisions* (leaves, in order) and, under them,
 * *slots*: independent discrete variables. A `oneOf` or `previous` is one slot, a `subset(n)` is n
 * slots of two values. An architecture is then simply one small integer for every slot, its genotype.
 */
import { WeftError } from '../errors.js';
import {
  type Choice,
  choiceKind,
  type ChoiceKind,
  type ChoiceTree,
  type ChoiceValue,
  isChoice,
  isOneOf,
  isSubset,
} from './choice.js';

export interface Decision {
  /** Path in the tree, for example `layers.3.op`. */
  readonly path: string;
  readonly kind: ChoiceKind;
  readonly choice: Choice;
  /** First slot of the decision. */
  readonly offset: number;
  /** Number of slots: n for `subset(n)`, else 1. */
  readonly length: number;
  /** Number of values that each slot can take. */
  readonly cardinality: number;
}

/**
 * An option in the text encoding of an architecture. Points and hyphens separate choices there, so a number has p for
 * its decimal point and m for a minus: 1.5 is 1p5, 1e-7 is 1em7.
 */
export function tokenOf(option: ChoiceValue): string {
  if (typeof option !== 'number') return String(option);
  return String(option).replace('.', 'p').replaceAll('-', 'm').replace('+', '');
}

/** One integer per slot. */
export type Genotype = readonly number[];

/** All decisions of the tree, depth first, in the order in which the fields are written. */
export function listDecisions(tree: ChoiceTree): Decision[] {
  const decisions: Decision[] = [];
  const seen = new Set<Choice>();
  let offset = 0;
  const visit = (node: ChoiceTree, path: string): void => {
    if (isChoice(node)) {
      if (seen.has(node))
        throw new WeftError(
          'space',
          `the choice at '${path}' occurs twice in the tree`,
          'create a new choice for every place',
        );
      seen.add(node);
      checkChoice(node, path);
      const length = isSubset(node) ? node.count : 1;
      const cardinality = isOneOf(node) ? node.options.length : isSubset(node) ? 2 : node.count;
      decisions.push({ path, kind: choiceKind(node), choice: node, offset, length, cardinality });
      offset += length;
    } else {
      for (const [name, child] of Object.entries(node)) visit(child, path === '' ? name : `${path}.${name}`);
    }
  };
  visit(tree, '');
  return decisions;
}

function checkChoice(choice: Choice, path: string): void {
  if (isOneOf(choice)) {
    if (choice.options.length === 0)
      throw new WeftError('space', `the choice '${path}' has no options`, 'give oneOf at least one option');
    if (new Set(choice.options.map(tokenOf)).size < choice.options.length) {
      throw new WeftError(
        'space',
        `the choice '${path}' lists an option twice: ${choice.options.join(', ')}`,
        'options must differ',
      );
    }
    for (const option of choice.options) {
      if (!/^[A-Za-z0-9]+$/.test(tokenOf(option))) {
        throw new WeftError(
          'space',
          `the option '${option}' of '${path}' cannot be encoded`,
          'use letters and digits only, or a number',
        );
      }
    }
  } else if (!Number.isInteger(choice.count) || choice.count < (isSubset(choice) ? 0 : 1)) {
    throw new WeftError(
      'space',
      `the choice '${path}' has ${choice.count} earlier nodes to choose from`,
      'previous(n) needs n >= 1, subset(n) n >= 0',
    );
  }
}

/** Cardinality of every slot, in order. */
export function slotCardinalities(decisions: readonly Decision[]): number[] {
  return decisions.flatMap((decision) => Array<number>(decision.length).fill(decision.cardinality));
}
