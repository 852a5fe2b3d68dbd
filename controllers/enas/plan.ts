/**
 * The order in which the policy makes the decisions of a space, for any tree of choices. A list whose
 * elements refer to earlier elements (layers with skip connections, nodes of a cell) leaves one *anchor* after
 * an element: the LSTM's output there, which later choices of the list attend to.
 */
import { type ChoiceTree, type Decision, isChoice, isOneOf, isSubset } from 'weft-nas';

export type Step =
  /** Start of a list: anchors for the inputs of a cell, which precede its first element. */
  | { readonly kind: 'enter'; readonly list: number; readonly inputs: number }
  /** A choice between options; decisions with the same options share `table`. */
  | {
      readonly kind: 'option';
      readonly decision: Decision;
      readonly table: string;
      readonly options: readonly string[];
    }
  /** A choice of one or any of the first `decision` anchors of a list. */
  | {
      readonly kind: 'attend';
      readonly decision: Decision;
      readonly list: number;
      readonly count: number;
      readonly many: boolean;
    }
  /** End of an element; `advance` when its last decision has not attended, so that the LSTM has yet to read it. */
  | { readonly kind: 'anchor'; readonly list: number; readonly advance: boolean };

export type OptionStep = Extract<Step, { kind: 'option' }>;
export type DecisionStep = Extract<Step, { kind: 'option' | 'attend' }>;

export interface Plan {
  readonly steps: readonly Step[];
  /** Options of each table, by its name. */
  readonly tables: ReadonlyMap<string, readonly string[]>;
  readonly attends: boolean;
}

/** The policy's program for a space. */
export function planOf(tree: ChoiceTree, decisions: readonly Decision[]): Plan {
  const owners = ownersOf(tree);
  const lists = [...new Set(owners.values())];
  const byChoice = new Map(decisions.map((decision) => [decision.choice, decision]));
  const tables = new Map<string, readonly string[]>();
  const steps: Step[] = [];

  const visit = (node: ChoiceTree): void => {
    const list = lists.indexOf(node);
    if (list >= 0) steps.push({ kind: 'enter', list, inputs: inputsOf(node, owners) });
    if (isChoice(node)) {
      const decision = byChoice.get(node)!;
      if (isOneOf(node)) {
        const options = node.options.map(String);
        const table = options.join('-');
        tables.set(table, options);
        steps.push({ kind: 'option', decision, table, options });
      } else {
        steps.push({
          kind: 'attend',
          decision,
          list: lists.indexOf(owners.get(node)!),
          count: node.count,
          many: isSubset(node),
        });
      }
    } else {
      for (const child of Object.values<ChoiceTree>(node)) {
        visit(child);
        if (list >= 0 && Array.isArray(node))
          steps.push({ kind: 'anchor', list, advance: steps.at(-1)!.kind !== 'attend' });
      }
    }
  };
  visit(tree);
  return { steps, tables, attends: lists.length > 0 };
}

/**
 * The list to whose elements each `previous` and `subset` refers: the innermost enclosing one whose elements see
 * different numbers of earlier nodes; otherwise the innermost one; otherwise the whole tree.
 */
function ownersOf(tree: ChoiceTree): Map<ChoiceTree, ChoiceTree> {
  const owners = new Map<ChoiceTree, ChoiceTree>();
  const visit = (node: ChoiceTree, around: readonly (readonly ChoiceTree[])[]): void => {
    if (!isChoice(node)) {
      for (const child of Object.values<ChoiceTree>(node))
        visit(child, Array.isArray(node) ? [node, ...around] : around);
    } else if (!isOneOf(node)) {
      owners.set(node, around.find((list) => new Set(list.map(reach)).size > 1) ?? around[0] ?? tree);
    }
  };
  visit(tree, []);
  return owners;
}

/** How many earlier nodes the choices under `node` can see at most. */
function reach(node: ChoiceTree): number {
  if (isChoice(node)) return isOneOf(node) ? 0 : node.count;
  return Math.max(0, ...Object.values<ChoiceTree>(node).map(reach));
}

/** Nodes that the choices of a list can see before its first element: the inputs of a cell. */
function inputsOf(list: ChoiceTree, owners: ReadonlyMap<ChoiceTree, ChoiceTree>): number {
  const excess = (node: ChoiceTree, index: number): number => {
    if (!isChoice(node)) return Math.max(0, ...Object.values<ChoiceTree>(node).map((child) => excess(child, index)));
    return !isOneOf(node) && owners.get(node) === list ? node.count - index : 0;
  };
  return Array.isArray(list) ? Math.max(0, ...list.map(excess)) : excess(list, 0);
}
