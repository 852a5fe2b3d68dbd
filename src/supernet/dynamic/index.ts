/**
 * Loss and gradients of any child of a space by one native call: the operations of all candidates in one function, which computes those of
 * the architecture at hand. The same bits as the child by itself.
 */
import { type SearchSpace } from '../../graph/define-space.js';
import { DATA_TYPES, type NativeBackend, type OutputMetadata } from '../../tensor/kernels/raw-op.js';
import { type NamedTensors } from '../../tensor/named.js';
import {
  addOperations,
  loadedGraph,
  type LoadedGraph,
  nativeBackend,
  type Recording,
  type ValueIndex,
  type ValueName,
  wantedValues,
} from '../../tensor/plan/index.js';
import { type Scalar, type Tensor, tf } from '../../tensor/tf.js';
import { type Child } from '../child.js';
import { addBackward } from './backward.js';
import { type Body, bodyWithForward, resultOf, type Slot } from './body.js';
import { INPUT_GRADIENT, NoGraph, type PassMoment, recordLoss } from './record-node.js';
import { type Chosen, chosenBy, dynamicStructure, keepsOrder } from './structure.js';

const { float32: FLOAT, int32: INTEGER, bool: BOOL } = DATA_TYPES;

/** What is computed of loss and gradients in the same call, for all children alike: the recording of a function that no shape enters. */
export interface Continuation<M> {
  /** Its inputs are `LOSS_INPUT`, `GRADIENT_INPUT` and `PARAMETER_INPUT` with the name of a slot, and others, which are given in each call. */
  readonly recording: Recording<M, unknown>;
}

export const LOSS_INPUT = 'loss';
export const GRADIENT_INPUT = 'gradient/';
export const PARAMETER_INPUT = 'parameter/';

/** Names of the parameters that share an argument and have a gradient; the first is the slot's own. */
export type SlotNames = readonly [string, ...string[]];

/** A call of the continuation. */
export interface ContinuedMoment<M> {
  readonly moment: M;
  /** A further input of the recording; undefined where the child has nothing to give. Borrowed. */
  given(input: string, nameOf: NameOf): Tensor | undefined;
  /** What a result is called; undefined of what the child does not have. */
  wanted(output: string, nameOf: NameOf): string | undefined;
}

/** The child's parameter in a slot, if it has one. */
export type NameOf = (slot: string) => string | undefined;

export interface DynamicGradients<M = unknown> {
  /** Loss and gradients of the child's parameters at these values, training; the caller owns them. */
  run(
    child: Child,
    parameters: NamedTensors,
    inputs: Tensor,
    labels: Tensor,
    moment: PassMoment,
  ): { loss: Scalar; gradients: NamedTensors };
  /** Loss and results of the continuation instead of the gradients; where there is one. */
  readonly continued?: (
    child: Child,
    parameters: NamedTensors,
    inputs: Tensor,
    labels: Tensor,
    moment: PassMoment,
    further: ContinuedMoment<M>,
  ) => { loss: Scalar; outputs: NamedTensors };
  /** Whether the gradients of this child are added up as they are in the child by itself. */
  serves(child: Child): boolean;
  /** Nodes of the function. */
  readonly size: number;
  dispose(): void;
}

/** The gradients of any child on batches of one size; why not, where there is no such function. */
export function dynamicGradients<M = unknown>(
  space: SearchSpace,
  {
    batchSize,
    loss,
    continuation,
  }: {
    batchSize: number;
    loss: (logits: Tensor, labels: Tensor) => Scalar;
    /** Given the parameters by their slots; undefined where there is nothing to go on with. */
    continuation?: (slots: readonly SlotNames[]) => Continuation<M> | undefined;
  },
): DynamicGradients<M> | { reason: string } {
  const backend = nativeBackend();
  if (!backend) return { reason: 'there is no native library' };
  const structure = dynamicStructure(space);
  if ('reason' in structure) return structure;
  try {
    const body = bodyWithForward(space, structure, backend, batchSize);
    const { graph, values } = body;
    const recording = recordLoss(backend, loss, [space.task.classes], batchSize);
    const known = new Map<ValueIndex, ValueName>([
      [recording.inputs.get('logits')!, values.get(structure.head)!],
      [recording.inputs.get('labels')!, graph.argument(INTEGER)],
    ]);
    const missing = addOperations(graph, recording, known);
    if (missing !== undefined) throw new NoGraph(`the operation '${missing}' has no form in a graph`);
    const lossValue = known.get(resultOf(recording, 'loss')!)!;
    graph.result(lossValue, FLOAT);
    const gradientOf = addBackward(body, known.get(resultOf(recording, INPUT_GRADIENT)!)!);
    // In the order of a child's parameters, in which norms are added up.
    const slots = body.slots.filter((slot) => gradientOf.has(slot));
    const isWhole = slots.every(({ places }) => places.every(({ hasGradient }) => hasGradient));
    const further = isWhole ? continuation?.(slots.map(namesOf)) : undefined;
    const continued = further && addContinuation(body, further, lossValue, gradientOf);
    if (!continued) for (const slot of slots) graph.result(gradientOf.get(slot)!, FLOAT);
    const loaded = loadedGraph(backend, graph.finish());
    if ('reason' in loaded) return loaded;
    // Fed where a child has nothing to feed: it adds nothing to a sum, whatever is done with it.
    const idle = tf.keep(tf.tensor1d([]));
    const called = { space, backend, body, loaded, idle, slots };
    return {
      size: graph.size,
      serves({ architecture, parameterNames }) {
        const chosen = chosenBy(structure, space.genotype(architecture));
        if (!keepsOrder(structure, chosen)) return false;
        const places = new Map(slots.map((slot, i) => [nameIn(slot, chosen), i]));
        const order = parameterNames.flatMap((name) => places.get(name) ?? []);
        return !continued || order.every((place, i) => i === 0 || order[i - 1]! < place);
      },
      run: (...call) => run(called, ...call),
      ...(continued && { continued: (...call) => runOn(called, continued, ...call) }),
      dispose() {
        loaded.dispose();
        idle.dispose();
      },
    };
  } catch (error) {
    if (error instanceof NoGraph) return { reason: error.message };
    throw error;
  }
}

/** The names of a slot's parameters that have a gradient. */
const namesOf = ({ places }: Slot): SlotNames =>
  places.flatMap(({ node, local, hasGradient }) => (hasGradient ? [`${node}/${local}`] : [])) as [string, ...string[]];

interface Called {
  readonly space: SearchSpace;
  readonly backend: NativeBackend;
  readonly body: Body;
  readonly loaded: LoadedGraph;
  readonly idle: Tensor;
  /** Slots of the results behind the loss. */
  readonly slots: readonly Slot[];
}

/** What goes into a call and comes out of it in every case; `more` are the tensors behind. The caller owns the results. */
function call(
  { backend, body: { gates, declared, slots: fed }, loaded, idle }: Called,
  chosen: Chosen,
  parameters: NamedTensors,
  inputs: Tensor,
  labels: Tensor,
  moment: PassMoment,
  more: readonly Tensor[] = [],
  numbers: readonly number[] = [],
): OutputMetadata[] {
  const { binding } = backend;
  const decisions = gates.values(chosen);
  const own = [
    binding.createTensor([decisions.length], BOOL, Uint8Array.from(decisions, Number)),
    ...declared.map(({ of, shape }) => binding.createTensor(shape, FLOAT, of(moment))),
  ];
  const weights = fed.map((slot) => {
    const name = nameIn(slot, chosen);
    return name === undefined ? idle : parameters[name]!;
  });
  try {
    return loaded.run([...own, ...backend.getInputTensorIds([inputs, ...weights, labels, ...more]), ...numbers]);
  } finally {
    own.forEach((id) => binding.deleteTensor(id));
  }
}

const placeOf = ({ places }: Slot, chosen: Chosen): Slot['places'][number] | undefined =>
  places.find(({ node }) => chosen.active.has(node));

function nameIn(slot: Slot, chosen: Chosen): string | undefined {
  const place = placeOf(slot, chosen);
  return place && `${place.node}/${place.local}`;
}

function run(
  called: Called,
  child: Child,
  parameters: NamedTensors,
  inputs: Tensor,
  labels: Tensor,
  moment: PassMoment,
): { loss: Scalar; gradients: NamedTensors } {
  const { space, backend, body, slots } = called;
  const chosen = chosenBy(body.structure, space.genotype(child.architecture));
  const [loss, ...results] = call(called, chosen, parameters, inputs, labels, moment);
  const found = new Map<string, Tensor>();
  slots.forEach((slot, i) => {
    const place = placeOf(slot, chosen);
    if (place?.hasGradient) found.set(`${place.node}/${place.local}`, backend.createOutputTensor(results[i]!));
    else backend.binding.deleteTensor(results[i]!.id);
  });
  // In the order in which the gradients of a child come otherwise: sums over all of them depend on it.
  const gradients = Object.keys(parameters).flatMap((name) => {
    const gradient = found.get(name);
    return gradient ? [[name, gradient] as const] : [];
  });
  return { loss: backend.createOutputTensor(loss!) as Scalar, gradients: Object.fromEntries(gradients) };
}

/** A continuation within the function: what each call has to give, and what comes back. */
interface Continued<M> {
  readonly recording: Recording<M, unknown>;
  /** Further inputs of the recording, in the order of their arguments. */
  readonly inputs: readonly string[];
  /** Values behind the loss. */
  readonly wanted: readonly ValueIndex[];
}

function addContinuation<M>(
  { graph }: Body,
  { recording }: Continuation<M>,
  loss: ValueName,
  gradientOf: ReadonlyMap<Slot, ValueName>,
): Continued<M> {
  const known = new Map<ValueIndex, ValueName>();
  const inputs: string[] = [];
  const slotOf = new Map([...gradientOf.keys()].map((slot) => [namesOf(slot)[0], slot]));
  for (const [name, value] of recording.inputs) {
    const slot = slotOf.get(name.slice(name.indexOf('/') + 1))!;
    if (name === LOSS_INPUT) known.set(value, loss);
    else if (name.startsWith(GRADIENT_INPUT)) known.set(value, gradientOf.get(slot)!);
    else if (name.startsWith(PARAMETER_INPUT)) known.set(value, slot.argument);
    else {
      inputs.push(name);
      known.set(value, graph.argument(recording.types[value]!));
    }
  }
  for (const { value } of recording.declared) known.set(value, graph.argument(FLOAT));
  const missing = addOperations(graph, recording, known);
  if (missing !== undefined) throw new NoGraph(`the operation '${missing}' has no form in a graph`);
  const wanted = wantedValues(recording);
  for (const value of wanted) graph.result(known.get(value)!, recording.types[value]!);
  return { recording, inputs, wanted };
}

function runOn<M>(
  called: Called,
  { recording, inputs: names, wanted }: Continued<M>,
  child: Child,
  parameters: NamedTensors,
  inputs: Tensor,
  labels: Tensor,
  pass: PassMoment,
  { moment, given, wanted: nameOfResult }: ContinuedMoment<M>,
): { loss: Scalar; outputs: NamedTensors } {
  const { space, backend, body, slots, idle } = called;
  const { binding } = backend;
  const chosen = chosenBy(body.structure, space.genotype(child.architecture));
  const inSlot = new Map(slots.map((slot) => [namesOf(slot)[0], nameIn(slot, chosen)]));
  const nameOf: NameOf = (slot) => inSlot.get(slot);
  const numbers = recording.declared.map(({ of, shape }) => binding.createTensor(shape, FLOAT, of(moment)));
  const more = names.map((name) => given(name, nameOf) ?? idle);
  let results: OutputMetadata[];
  try {
    results = call(called, chosen, parameters, inputs, labels, pass, more, numbers);
  } finally {
    numbers.forEach((id) => binding.deleteTensor(id));
  }
  const loss = backend.createOutputTensor(results[0]!) as Scalar;
  const computed = new Map(wanted.map((value, i) => [value, results[i + 1]!]));
  const outputs: Record<string, Tensor> = {};
  for (const { name, value } of recording.outputs) {
    const result = computed.get(value);
    const wantedName = result && nameOfResult(name, nameOf);
    if (wantedName === undefined) continue;
    outputs[wantedName] = backend.createOutputTensor(result!);
    computed.delete(value);
  }
  for (const { id } of computed.values()) binding.deleteTensor(id);
  return { loss, outputs };
}
