/**
 * Loss and gradients of any child of a space by one native call: one function holds the operations of all candidates
 * and computes only those of the given architecture. The results equal those of the child's own function to the bit.
 */
import { type SearchSpace } from '../../graph/define-space.js';
import { type PassMoment } from '../../operations/operation.js';
import { DATA_TYPES, type NativeBackend, type OutputMetadata } from '../../tensor/kernels/raw-op.js';
import { type NamedTensors } from '../../tensor/named.js';
import {
  addOperations,
  addScalars,
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
import { byGradients, INPUT_GRADIENT, NoGraph, recordLoss, type WayBack } from './record-node.js';

export type { WayBack } from './record-node.js';
import { type Chosen, chosenBy, dynamicStructure, keepsOrder } from './structure.js';

const { float32: FLOAT, int32: INTEGER, bool: BOOL } = DATA_TYPES;

/**
 * What the same call computes from loss and gradients, for all children alike: the recording of a function that does
 * not depend on shapes and declares only scalars.
 */
export interface Continuation<M> {
  /**
   * Its inputs are `LOSS_INPUT`, `GRADIENT_INPUT` and `PARAMETER_INPUT` with the name of a slot, and others, which each
   * call passes.
   */
  readonly recording: Recording<M, unknown>;
}

export const LOSS_INPUT = 'loss';
export const GRADIENT_INPUT = 'gradient/';
export const PARAMETER_INPUT = 'parameter/';

/** Names of the parameters that share an argument and have a gradient; the first one names the slot. */
export type SlotNames = readonly [string, ...string[]];

/** The further inputs and results of a call with a continuation, for a child whose parameters are in these slots. */
export type Further<M> = (nameOf: NameOf) => {
  readonly moment: M;
  /** A further input of the recording; undefined if the child has none. Borrowed. */
  given(input: string): Tensor | undefined;
  /** The name of a result; undefined if the child does not have it. */
  wanted(output: string): string | undefined;
};

/** The child's parameter in a slot, if it has one. */
export type NameOf = (slot: string) => string | undefined;

/** A training batch; without weights every example counts equally. */
export interface Examples {
  readonly inputs: Tensor;
  readonly labels: Tensor;
  readonly weights?: Tensor | undefined;
}

export interface DynamicGradients<M = unknown> {
  /** Loss and gradients of the child's parameters at these values, in training mode; the caller owns them. */
  run(child: Child, parameters: NamedTensors, examples: Examples, moment: PassMoment): Gradients;
  /** Loss and results of the continuation instead of the gradients; present if there is a continuation. */
  readonly continued?: (
    child: Child,
    parameters: NamedTensors,
    examples: Examples,
    moment: PassMoment,
    further: Further<M>,
  ) => { loss: Scalar; outputs: NamedTensors };
  /** Whether the gradients of this child are added in the same order as in its own function. */
  serves(child: Child): boolean;
  /** Number of nodes of the function. */
  readonly size: number;
  dispose(): void;
}

export interface Gradients {
  readonly loss: Scalar;
  readonly gradients: NamedTensors;
  /** Present if requested. */
  readonly logits?: Tensor;
}

export interface DynamicOptions<M> {
  readonly batchSize: number;
  /** Loss of the batch, or of each example, to be summed. */
  readonly loss: (logits: Tensor, labels: Tensor, weights?: Tensor) => Tensor;
  /** Whether dropout and the like are active; true by default. */
  readonly training?: boolean;
  /** What to compute on the backward pass in place of the parameters' gradients; the gradients by default. */
  readonly wayBack?: WayBack;
  /** Whether examples may have weights. */
  readonly weighted?: boolean;
  /** Whether to return the child's outputs too. */
  readonly logits?: boolean;
  /** The continuation for these slots; undefined if there is none. */
  readonly continuation?: (slots: readonly SlotNames[]) => Continuation<M> | undefined;
}

/** The gradients of any child on batches of one size, or the reason why there is no such function. */
export function dynamicGradients<M = unknown>(
  space: SearchSpace,
  {
    batchSize,
    loss,
    training = true,
    wayBack = byGradients,
    weighted = false,
    logits = false,
    continuation,
  }: DynamicOptions<M>,
): DynamicGradients<M> | { reason: string } {
  const backend = nativeBackend();
  if (!backend) return { reason: 'there is no native library' };
  const structure = dynamicStructure(space);
  if ('reason' in structure) return structure;
  try {
    const body = bodyWithForward(space, structure, backend, { batchSize, training, wayBack });
    const { graph, values } = body;
    const recording = recordLoss(backend, loss, [space.task.classes], batchSize, weighted);
    const outputs = values.get(structure.head)!;
    const known = new Map<ValueIndex, ValueName>([
      [recording.inputs.get('logits')!, outputs],
      [recording.inputs.get('labels')!, graph.argument(INTEGER)],
    ]);
    if (weighted) known.set(recording.inputs.get('weights')!, graph.argument(FLOAT));
    const missing = addOperations(graph, recording, known);
    if (missing !== undefined) throw new NoGraph(`the operation '${missing}' cannot be written to a graph`);
    const lossValue = known.get(resultOf(recording, 'loss')!)!;
    graph.result(lossValue, FLOAT);
    const gradientOf = addBackward(body, known.get(resultOf(recording, INPUT_GRADIENT)!)!);
    // In the order of a child's parameters, because norms are added up in that order.
    const slots = body.slots.filter((slot) => gradientOf.has(slot));
    const isWhole = !logits && slots.every(({ places }) => places.every(({ hasGradient }) => hasGradient));
    const further = isWhole ? continuation?.(slots.map(namesOf)) : undefined;
    const continued = further && addContinuation(body, further, lossValue, gradientOf);
    if (!continued) for (const slot of slots) graph.result(gradientOf.get(slot)!, FLOAT);
    if (logits) graph.result(outputs, FLOAT);
    const loaded = loadedGraph(backend, graph.finish());
    if ('reason' in loaded) return loaded;
    // Fed if a child has nothing to feed: it adds nothing to a sum, whatever is done with it.
    const idle = tf.keep(tf.tensor1d([]));
    const alike = weighted ? tf.keep(tf.ones([batchSize])) : undefined;
    const called = { space, backend, body, loaded, idle, alike, slots };
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
        alike?.dispose();
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
  /** Equal weights for batches without weights, if the function takes weights. */
  readonly alike: Tensor | undefined;
  /** Slots of the results that follow the loss. */
  readonly slots: readonly Slot[];
}

/**
 * A call with the inputs and results that every case has; `more` are the tensors that follow. The caller owns the
 * results.
 */
function call(
  { backend, body: { gates, declared, slots: fed }, loaded, idle, alike }: Called,
  chosen: Chosen,
  parameters: NamedTensors,
  { inputs, labels, weights = alike }: Examples,
  moment: PassMoment,
  more: readonly Tensor[] = [],
  numbers: Float32Array = new Float32Array(0),
): OutputMetadata[] {
  const { binding } = backend;
  const decisions = gates.values(chosen);
  const own = [
    binding.createTensor([decisions.length], BOOL, Uint8Array.from(decisions, Number)),
    ...declared.map(({ of, shape }) => binding.createTensor(shape, FLOAT, of(moment))),
  ];
  const behind = numbers.length > 0 ? [binding.createTensor([numbers.length], FLOAT, numbers)] : [];
  const values = fed.map((slot) => {
    const name = nameIn(slot, chosen);
    return name === undefined ? idle : parameters[name]!;
  });
  const given = [inputs, ...values, labels, ...(alike ? [weights!] : []), ...more];
  try {
    return loaded.run([...own, ...backend.getInputTensorIds(given), ...behind]);
  } finally {
    for (const id of [...own, ...behind]) binding.deleteTensor(id);
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
  examples: Examples,
  moment: PassMoment,
): Gradients {
  const { space, backend, body, slots } = called;
  const chosen = chosenBy(body.structure, space.genotype(child.architecture));
  const [loss, ...results] = call(called, chosen, parameters, examples, moment);
  const found = new Map<string, Tensor>();
  slots.forEach((slot, i) => {
    const place = placeOf(slot, chosen);
    if (place?.hasGradient) found.set(`${place.node}/${place.local}`, backend.createOutputTensor(results[i]!));
    else backend.binding.deleteTensor(results[i]!.id);
  });
  // In the order of a child's gradients when computed on their own: sums over all of them depend on it.
  const gradients = Object.keys(parameters).flatMap((name) => {
    const gradient = found.get(name);
    return gradient ? [[name, gradient] as const] : [];
  });
  const logits = results[slots.length];
  return {
    loss: backend.createOutputTensor(loss!) as Scalar,
    gradients: Object.fromEntries(gradients),
    ...(logits && { logits: backend.createOutputTensor(logits) }),
  };
}

/** A continuation within the function: what each call has to pass, and what it returns. */
interface Continued<M> {
  readonly recording: Recording<M, unknown>;
  /** Further inputs of the recording, in the order of their arguments. */
  readonly inputs: readonly string[];
  /** Values returned after the loss. */
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
  addScalars(graph, recording.declared, known);
  const missing = addOperations(graph, recording, known);
  if (missing !== undefined) throw new NoGraph(`the operation '${missing}' cannot be written to a graph`);
  const wanted = wantedValues(recording);
  for (const value of wanted) graph.result(known.get(value)!, recording.types[value]!);
  return { recording, inputs, wanted };
}

function runOn<M>(
  called: Called,
  { recording, inputs, wanted }: Continued<M>,
  child: Child,
  parameters: NamedTensors,
  examples: Examples,
  pass: PassMoment,
  further: Further<M>,
): { loss: Scalar; outputs: NamedTensors } {
  const { space, backend, body, slots, idle } = called;
  const chosen = chosenBy(body.structure, space.genotype(child.architecture));
  const inSlot = new Map(slots.map((slot) => [namesOf(slot)[0], nameIn(slot, chosen)]));
  const { moment, given, wanted: nameOfResult } = further((slot) => inSlot.get(slot));
  const numbers = Float32Array.from(recording.declared, ({ of }) => of(moment)[0]!);
  const more = inputs.map((name) => given(name) ?? idle);
  const [lossHere, ...results] = call(called, chosen, parameters, examples, pass, more, numbers);
  const computed = new Map(wanted.map((value, i) => [value, results[i]!]));
  const outputs: Record<string, Tensor> = {};
  for (const { name, value } of recording.outputs) {
    const result = computed.get(value);
    const wantedName = result && nameOfResult(name);
    if (wantedName === undefined) continue;
    outputs[wantedName] = backend.createOutputTensor(result!);
    computed.delete(value);
  }
  for (const { id } of computed.values()) backend.binding.deleteTensor(id);
  return { loss: backend.createOutputTensor(lossHere!) as Scalar, outputs };
}
