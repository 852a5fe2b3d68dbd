/**
 * The text form of an architecture, for example `macro-cnn~37cffb:sep5.conv3-1.max3-01`: the space's
 * name, a fingerprint of its choices, and one token per decision. Fields and list items are joined by
 * a separator that depends on the depth, so that the text can be split again without brackets
 * and needs no quoting in a shell.
 */
import { createHash } from 'node:crypto';
import { WeftError } from '../errors.js';
import { type Choice, type ChoiceTree, isChoice, isOneOf, isSubset } from './choice.js';
import { type Genotype, tokenOf } from './slots.js';

const SEPARATORS = ['/', '.', '-', '_', '+', ',', '='] as const;

/** Six hex digits that change when any choice, option or name of the tree changes. */
export function fingerprint(tree: ChoiceTree): string {
  const describe = (node: ChoiceTree): unknown => {
    if (isChoice(node))
      return isOneOf(node) ? ['one-of', ...node.options] : [isSubset(node) ? 'subset' : 'previous', node.count];
    return Object.entries(node).map(([name, child]) => [name, describe(child)]);
  };
  return createHash('sha256')
    .update(JSON.stringify(describe(tree)))
    .digest('hex')
    .slice(0, 6);
}

/** The body of the encoding: all choices, without the space's name. */
export function encodeBody(tree: ChoiceTree, genotype: Genotype): string {
  let slot = 0;
  const visit = (node: ChoiceTree, depth: number): string => {
    if (isChoice(node)) {
      if (isSubset(node)) return Array.from({ length: node.count }, () => genotype[slot++]).join('');
      const index = genotype[slot++]!;
      return isOneOf(node) ? tokenOf(node.options[index]!) : String(index);
    }
    return encoded(node)
      .map(([, child]) => visit(child, depth + 1))
      .join(separator(depth));
  };
  return visit(tree, 0);
}

/**
 * The genotype with this body: the inverse of `encodeBody`; throws WeftError('architecture') at the first token that
 * does not fit.
 */
export function decodeBody(tree: ChoiceTree, body: string): number[] {
  const genotype: number[] = [];
  const visit = (node: ChoiceTree, text: string, path: string, depth: number): void => {
    if (isChoice(node)) {
      genotype.push(...decodeLeaf(node, text, path));
      return;
    }
    const children = encoded(node);
    const parts = children.length === 0 && text === '' ? [] : text.split(separator(depth));
    if (parts.length !== children.length) {
      throw new WeftError(
        'architecture',
        `'${text}' has ${parts.length} parts at '${path || 'the root'}', but the space has ${children.length}`,
      );
    }
    children.forEach(([name, child], i) => visit(child, parts[i]!, path === '' ? name : `${path}.${name}`, depth + 1));
  };
  visit(tree, body, '', 0);
  return genotype;
}

function decodeLeaf(choice: Choice, text: string, path: string): number[] {
  if (isOneOf(choice)) {
    const index = choice.options.findIndex((option) => tokenOf(option) === text);
    if (index < 0)
      throw new WeftError(
        'architecture',
        `'${text}' is not an option of '${path}'`,
        `options: ${choice.options.map(tokenOf).join(', ')}`,
      );
    return [index];
  }
  if (isSubset(choice)) {
    if (text.length !== choice.count || /[^01]/.test(text)) {
      throw new WeftError('architecture', `'${text}' at '${path}' is not a string of ${choice.count} zeros and ones`);
    }
    return [...text].map(Number);
  }
  if (!/^\d+$/.test(text) || Number(text) >= choice.count) {
    throw new WeftError('architecture', `'${text}' at '${path}' is not a node index below ${choice.count}`);
  }
  return [Number(text)];
}

/** The children that appear in the text: all except empty subsets. */
function encoded(node: Exclude<ChoiceTree, Choice>): [string, ChoiceTree][] {
  return Object.entries<ChoiceTree>(node).filter(
    ([, child]) => !(isChoice(child) && isSubset(child) && child.count === 0),
  );
}

function separator(depth: number): string {
  const symbol = SEPARATORS[depth];
  if (!symbol)
    throw new WeftError(
      'space',
      `choices are nested deeper than ${SEPARATORS.length} levels`,
      'flatten the tree of choices',
    );
  return symbol;
}
