/** The body of the function that all children of a space share: its arguments, and the forward pass. */
import { type SearchSpace } from '../../graph/define-space.js';
import { type PassMoment, type Shape } from '../../operations/operation.js';
import { DATA_TYPES, type NativeBackend } from '../../tensor/kernels/raw-op.js';
import {
  addOperations,
  type FunctionGraph,
  functionGraph,
  type Recording,
  type,
  type ValueIndex,
  type ValueName,
} from '../../tensor/plan/index.js';
import { type Decision, type Gates, gatedSum, gatesOf, merged, switched, type Term } from './gates.js';
import {
  INPUT,
  NoGraph,
  type NodeRecording,
  OUTPUT,
  PARAMETER,
  PARAMETER_GRADIENT,
  parametersOf,
  type Pass,
  recordNode,
  type Whole,
} from './record-node.js';
import { type DynamicNode, type DynamicStructure, type Edge, isOpen } from './structure.js';

const { float32: FLOAT, bool: BOOL } = DATA_TYPES;

/** An argument shared by parameters of several nodes, of which a child has at most one. */
export interface Slot {
  readonly argument: ValueName;
  readonly places: readonly { readonly node: string; readonly local: string; readonly hasGradient: boolean }[];
}

/** A declared argument, such as a random mask. */
export interface DeclaredArgument {
  readonly of: (moment: PassMoment) => Float32Array;
  readonly shape: readonly number[];
}

export interface Body {
  readonly structure: DynamicStructure;
  readonly graph: FunctionGraph;
  readonly gates: Gates;
  /** Nodes that depend on a parameter. */
  readonly trained: ReadonlySet<string>;
  readonly recordings: ReadonlyMap<string, NodeRecording>;
  readonly declared: readonly DeclaredArgument[];
  readonly slots: readonly Slot[];
  slotOf(node: string, local: string): Slot;
  /** Outputs of the nodes, once the forward pass has been added. */
  readonly values: Map<string, ValueName>;
  /** Values computed within each node. */
  readonly within: Map<string, Map<ValueIndex, ValueName>>;
}

export const isWhole = (node: DynamicNode): node is Whole => node.kind === 'whole';

/** Arguments in this order: gates, declared values, inputs, slots. */
export function bodyWithForward(
  { supernet }: SearchSpace,
  structure: DynamicStructure,
  backend: NativeBackend,
  pass: Pass,
): Body {
  const wholes = structure.nodes.filter(isWhole);
  const trained = trainedNodes(structure);
  const shapeOf = (name: string): Shape => supernet.graph.getNodeAttribute(name, 'shapes')[0]!;
  const recordings = new Map(
    wholes.map((node) => {
      const shapes = {
        inputs: node.inputs.map(({ source }) => shapeOf(source)),
        output: shapeOf(node.name),
        differentiable: node.inputs.map(({ source }) => trained.has(source)),
      };
      return [node.name, recordNode(backend, node, shapes, pass)] as const;
    }),
  );
  const graph = functionGraph();
  const gates = gatesOf(graph, graph.argument(BOOL));
  const declared = wholes.flatMap(({ name }) =>
    recordings
      .get(name)!
      .declared.map(({ of, shape, value }) => ({ node: name, value, of, shape, argument: graph.argument(FLOAT) })),
  );
  const inputs = graph.argument(FLOAT);
  const slots = slotsOf(wholes, structure, recordings, graph);
  const body: Body = {
    structure,
    graph,
    gates,
    trained,
    recordings,
    declared,
    slots,
    slotOf: (node, local) =>
      slots.find(({ places }) => places.some((place) => place.node === node && place.local === local))!,
    values: new Map(),
    within: new Map(),
  };
  const { values } = body;
  for (const node of structure.nodes) {
    const { name } = node;
    if (node.kind === 'input') values.set(name, inputs);
    else if (node.kind === 'select') {
      // A node that is only ever a candidate is not computed unless it is chosen.
      const ways = node.inputs.map((edge) => {
        const value = values.get(edge.source)!;
        if (structure.selectionOf.has(edge.source)) return value;
        return switched(
          graph,
          value,
          gates.gate(edgeName(edge), (chosen) => isOpen(edge, chosen)),
        ).whenTrue;
      });
      values.set(name, merged(graph, ways));
    } else if (node.kind === 'sum') {
      const terms = node.inputs.map((edge): Term => ({ value: values.get(edge.source)!, gate: edgeGate(body, edge) }));
      values.set(name, gatedSum(graph, gates, `sum ${name}`, terms)!);
    } else {
      const recording = recordings.get(name)!;
      const known = new Map<ValueIndex, ValueName>();
      node.inputs.forEach(({ source }, i) =>
        known.set(recording.inputs.get(`${INPUT}${i}`)!, entering(body, name, values.get(source)!)),
      );
      for (const local of Object.keys(parametersOf(node)))
        known.set(recording.inputs.get(PARAMETER + local)!, entering(body, name, body.slotOf(name, local).argument));
      for (const one of declared) if (one.node === name) known.set(one.value, entering(body, name, one.argument));
      body.within.set(name, known);
      addPart(body, node, { ...recording, outputs: recording.outputs.filter((one) => one.name === OUTPUT) });
      values.set(name, known.get(resultOf(recording, OUTPUT)!)!);
    }
  }
  return body;
}

/** The index of a result among a recording's values. */
export const resultOf = (recording: Recording<never, unknown>, name: string): ValueIndex | undefined =>
  recording.outputs.find((one) => one.name === name)?.value;

/** Adds what the outputs of this part of a node's recording need and the body does not have yet. */
export function addPart({ graph, structure, within, gates }: Body, { name }: DynamicNode, part: NodeRecording): void {
  const known = within.get(name)!;
  const after: string[] = [];
  if (!structure.common.has(name)) {
    // Constants wait for it, so that nothing is computed of a node that the child does not have.
    const gate = nodeGate(gates, name);
    after.push(graph.node('Identity', [switched(graph, gate, gate, BOOL).whenTrue], { T: type(BOOL) }));
  }
  const operations = part.operations.filter(({ outputs }) => !outputs.every((one) => known.has(one)));
  const missing = addOperations(graph, { ...part, operations }, known, after);
  if (missing !== undefined) throw new NoGraph(`the operation '${missing}' cannot be written to a graph`);
}

export const isActive =
  (name: string): Decision =>
  ({ active }) =>
    active.has(name);

const nodeGate = (gates: Gates, name: string): ValueName => gates.gate(`node ${name}`, isActive(name));

/** A value on its way into a node; it goes no further if the child does not have the node. */
function entering({ graph, gates, structure }: Body, name: string, value: ValueName): ValueName {
  return structure.common.has(name) ? value : switched(graph, value, nodeGate(gates, name)).whenTrue;
}

const edgeName = ({ source, target }: Edge): string => `edge ${source} ${target}`;

/** The gate of an edge; undefined if the edge is always open. */
export function edgeGate({ structure }: Pick<Body, 'structure'>, edge: Edge): Term['gate'] {
  const { target, guard } = edge;
  if (!guard && structure.common.has(target)) return undefined;
  return { name: edgeName(edge), decide: (chosen) => isOpen(edge, chosen) };
}

function trainedNodes({ nodes }: DynamicStructure): Set<string> {
  const trained = new Set<string>();
  for (const node of nodes) {
    const own = isWhole(node) && Object.keys(parametersOf(node)).length > 0;
    if (own || node.inputs.some(({ source }) => trained.has(source))) trained.add(node.name);
  }
  return trained;
}

/**
 * The candidates of one selection share the arguments for their parameters, since a child has only one of them; every
 * other node has its own. Parameters that share an argument have the same role, so code that depends on roles treats
 * them alike.
 */
function slotsOf(
  wholes: readonly Whole[],
  { selectionOf }: DynamicStructure,
  recordings: ReadonlyMap<string, NodeRecording>,
  graph: FunctionGraph,
): Slot[] {
  const groups = new Map<string, Whole[]>();
  for (const node of wholes) {
    const group = selectionOf.get(node.name) ?? node.name;
    groups.set(group, [...(groups.get(group) ?? []), node]);
  }
  return [...groups.values()].flatMap((group) => {
    const rows = group.map((node) => Object.entries(parametersOf(node)));
    const roles = commonOrder(rows.map((row) => row.map(([, { role }]) => role)));
    const slots = roles.map(() => ({ argument: graph.argument(FLOAT), places: [] as Slot['places'][number][] }));
    group.forEach(({ name: node }, i) => {
      let at = 0;
      for (const [local, { role }] of rows[i]!) {
        at = roles.indexOf(role, at) + 1;
        const hasGradient = resultOf(recordings.get(node)!, PARAMETER_GRADIENT + local) !== undefined;
        slots[at - 1]!.places.push({ node, local, hasGradient });
      }
    });
    return slots;
  });
}

/** A sequence that contains each of these as a subsequence. */
function commonOrder(rows: readonly (readonly string[])[]): string[] {
  const whole: string[] = [];
  for (const row of rows) {
    let at = 0;
    for (const one of row) {
      const found = whole.indexOf(one, at);
      if (found < 0) whole.splice(at, 0, one);
      at = (found < 0 ? at : found) + 1;
    }
  }
  return whole;
}
