/**
 * The backward pass of the function that all children of a space share. Gradients are added in the same order as in a
 * child's own function.
 */
import { type ValueName } from '../../tensor/plan/index.js';
import { addPart, type Body, edgeGate, isActive, isWhole, resultOf, type Slot } from './body.js';
import { gatedSum, merged, switched, type Term } from './gates.js';
import { areTogether } from './structure.js';
import { INPUT_GRADIENT, OUTPUT_GRADIENT, PARAMETER_GRADIENT, parametersOf } from './record-node.js';

/** Gradients of the slots that have one, given that of the head; always computed, whichever nodes the child has. */
export function addBackward(body: Body, headGradient: ValueName): Map<Slot, ValueName> {
  const { graph, gates, structure, trained, recordings, within, slotOf } = body;
  /** Gradients of nodes' outputs, and of nodes' inputs by `node position`. */
  const gradients = new Map<string, ValueName>();
  const inputGradients = new Map<string, ValueName>();
  const ways = new Map<Slot, ValueName[]>();
  for (const node of structure.nodes.toReversed()) {
    const { name } = node;
    if (!trained.has(name)) continue;
    const gradient =
      name === structure.head
        ? headGradient
        : gatedSum(graph, gates, `gradient ${name}`, termsOf(body, name, gradients, inputGradients));
    if (gradient === undefined) continue;
    gradients.set(name, gradient);
    if (!isWhole(node)) continue;
    const recording = recordings.get(name)!;
    const known = within.get(name)!;
    known.set(recording.inputs.get(OUTPUT_GRADIENT)!, gradient);
    addPart(body, node, recording);
    node.inputs.forEach((_, i) => {
      const value = resultOf(recording, `${INPUT_GRADIENT}${i}`);
      if (value !== undefined) inputGradients.set(`${name} ${i}`, known.get(value)!);
    });
    for (const local of Object.keys(parametersOf(node))) {
      const value = resultOf(recording, PARAMETER_GRADIENT + local);
      const slot = slotOf(name, local);
      if (value !== undefined) ways.set(slot, [...(ways.get(slot) ?? []), known.get(value)!]);
    }
  }
  return new Map([...ways].map(([slot, values]) => [slot, always(body, slot, values)]));
}

/** The gradient of a slot; if the child has none of its nodes, the fed value, because something has to be returned. */
function always(
  { graph, gates, structure }: Body,
  { argument, places }: Slot,
  values: readonly ValueName[],
): ValueName {
  const names = places.filter(({ hasGradient }) => hasGradient).map(({ node }) => node);
  if (names.some((name) => structure.common.has(name))) return merged(graph, values);
  const none = gates.gate(`none of ${names.join()}`, ({ active }) => !names.some((name) => active.has(name)));
  return merged(graph, [...values, switched(graph, argument, none).whenTrue]);
}

/** The terms that the users of a node add to its gradient, in order; the candidates of one selection are one term. */
function termsOf(
  body: Body,
  name: string,
  gradients: ReadonlyMap<string, ValueName>,
  inputGradients: ReadonlyMap<string, ValueName>,
): Term[] {
  const { structure, graph } = body;
  const candidates = new Map<string, ValueName[]>();
  const isGrouped = areTogether(structure.users.get(name)!, structure.selectionOf);
  const terms: (() => Term)[] = [];
  for (const edge of structure.users.get(name)!) {
    const { target } = edge;
    const user = structure.nodes.find((one) => one.name === target)!;
    if (!isWhole(user)) {
      const value = gradients.get(target);
      if (value === undefined) continue;
      terms.push(() => ({ value, gate: edgeGate(body, edge) }));
      continue;
    }
    const value = inputGradients.get(`${target} ${user.inputs.indexOf(edge)}`);
    if (value === undefined) continue;
    const selection = isGrouped ? structure.selectionOf.get(target) : undefined;
    if (selection === undefined) {
      const gate = structure.common.has(target) ? undefined : { name: `node ${target}`, decide: isActive(target) };
      terms.push(() => ({ value, gate }));
      continue;
    }
    const group = candidates.get(selection) ?? [];
    if (group.length === 0)
      terms.push(() => ({ value: merged(graph, group), gate: candidatesGate(body, name, selection) }));
    group.push(value);
    candidates.set(selection, group);
  }
  return terms.map((term) => term());
}

/** Whether a child has any candidate of a selection that reads this node; undefined if every child has one. */
function candidatesGate({ structure: { common, nodes, users } }: Body, name: string, selection: string): Term['gate'] {
  const candidates = new Set(nodes.find((one) => one.name === selection)!.inputs.map(({ source }) => source));
  const readers = users
    .get(name)!
    .map(({ target }) => target)
    .filter((target) => candidates.has(target));
  if (common.has(selection) && readers.length === candidates.size) return undefined;
  return {
    name: `candidates of ${selection} on ${name}`,
    decide: ({ active }) => readers.some((reader) => active.has(reader)),
  };
}
