/**
 * The flat view of a tree of choices: a list of *decisions* (leaves, in order) and, under them,
 * *slots*: independent discrete variables. A `oneOf` or `previous` is one slot, a `subset(n)` is n
 * slots of two values. An architecture is then simply one small integer for every slot, its genotype.
 */
import { WeftError } from '../errors.js';
import { type Architecture, type Choice, choiceKind, type ChoiceKind, type ChoiceTree, isChoice, isOneOf, isSubset } from './choice.js';

export interface Decision {
  /** Place in the tree, for example `layers.3.op`. */
  readonly path: string;
  readonly kind: ChoiceKind;
  readonly choice: Choice;
  /** First slot of the decision. */
  readonly offset: number;
  /** Number of slots: n for `subset(n)`, else 1. */
  readonly length: number;
  /** Values that each slot can take. */
  readonly cardinality: number;
}

/** One integer a slot. */
export type Genotype = readonly number[];

/** All decisions of the tree, depth first, in the order in which the fields are written. */
export function listDecisions(tree: ChoiceTree): Decision[] {
  const decisions: Decision[] = [];
  const seen = new Set<Choice>();
  let offset = 0;
  const visit = (node: ChoiceTree, path: string): void => {
    if (isChoice(node)) {
      if (seen.has(node)) throw new WeftError('space', `the choice at '${path}' stands twice in the tree`, 'make a fresh choice for every place');
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
    if (choice.options.length === 0) throw new WeftError('space', `the choice '${path}' has no options`, 'give oneOf at least one option');
    if (new Set(choice.options.map(String)).size < choice.options.length) {
      throw new WeftError('space', `the choice '${path}' lists an option twice: ${choice.options.join(', ')}`, 'options must differ');
    }
    for (const option of choice.options) {
      if (!/^[A-Za-z0-9]+$/.test(String(option))) {
        throw new WeftError('space', `the option '${option}' of '${path}' cannot be encoded`, 'use letters and digits only');
      }
    }
  } else if (!Number.isInteger(choice.count) || choice.count < (isSubset(choice) ? 0 : 1)) {
    throw new WeftError('space', `the choice '${path}' has ${choice.count} earlier nodes to choose from`, 'previous(n) needs n >= 1, subset(n) n >= 0');
  }
}

/** Cardinality of every slot, in order. */
export function slotCardinalities(decisions: readonly Decision[]): number[] {
  return decisions.flatMap((decision) => Array<number>(decision.length).fill(decision.cardinality));
}

/** The genotype of an architecture; throws WeftError('architecture') naming the first leaf that does not fit. */
export function toGenotype(tree: ChoiceTree, architecture: Architecture): number[] {
  const genotype: number[] = [];
  const visit = (node: ChoiceTree, value: unknown, path: string): void => {
    if (isChoice(node)) {
      genotype.push(...leafToSlots(node, value, path));
      return;
    }
    if (typeof value !== 'object' || value === null) throw misfit(path, value, Array.isArray(node) ? 'a list' : 'an object');
    const expected = Object.keys(node);
    const found = Object.keys(value);
    if (expected.length !== found.length || expected.some((name) => !(name in value))) {
      throw misfit(path, value, Array.isArray(node) ? `a list of ${expected.length}` : `fields ${expected.join(', ')}`);
    }
    for (const [name, child] of Object.entries(node)) {
      visit(child, (value as Record<string, unknown>)[name], path === '' ? name : `${path}.${name}`);
    }
  };
  visit(tree, architecture, '');
  return genotype;
}

function leafToSlots(choice: Choice, value: unknown, path: string): number[] {
  if (isOneOf(choice)) {
    const index = choice.options.findIndex((option) => option === value);
    if (index < 0) throw misfit(path, value, `one of ${choice.options.join(', ')}`);
    return [index];
  }
  if (isSubset(choice)) {
    if (!Array.isArray(value) || value.length !== choice.count || value.some((flag) => typeof flag !== 'boolean')) {
      throw misfit(path, value, `${choice.count} flags`);
    }
    return (value as boolean[]).map(Number);
  }
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) >= choice.count) {
    throw misfit(path, value, `a node index below ${choice.count}`);
  }
  return [value as number];
}

function misfit(path: string, value: unknown, wanted: string): WeftError {
  return new WeftError('architecture', `the architecture does not fit the space at '${path || 'its root'}': ${JSON.stringify(value) ?? 'nothing'} is not ${wanted}`);
}

/** The architecture with this genotype: the inverse of `toGenotype`. */
export function fromGenotype(tree: ChoiceTree, genotype: Genotype): Architecture {
  let slot = 0;
  const visit = (node: ChoiceTree): Architecture => {
    if (isChoice(node)) {
      if (isSubset(node)) return Array.from({ length: node.count }, () => genotype[slot++] === 1);
      const index = genotype[slot++]!;
      return isOneOf(node) ? node.options[index]! : index;
    }
    if (Array.isArray(node)) return (node as readonly ChoiceTree[]).map(visit);
    return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, visit(child)]));
  };
  return visit(tree);
}
