/**
 * Loss and gradients of any child of a space by one native call: the operations of all candidates in one function, which computes those of
 * the architecture at hand. The same bits as the child by itself.
 */
import { type SearchSpace } from '../../graph/define-space.js';
import { DATA_TYPES, type NativeBackend } from '../../tensor/kernels/raw-op.js';
import { type NamedTensors } from '../../tensor/named.js';
import {
  addOperations,
  loadedGraph,
  type LoadedGraph,
  nativeBackend,
  type ValueIndex,
  type ValueName,
} from '../../tensor/plan/index.js';
import { type Scalar, type Tensor, tf } from '../../tensor/tf.js';
import { type Child } from '../child.js';
import { addBackward } from './backward.js';
import { type Body, bodyWithForward, resultOf, type Slot } from './body.js';
import { INPUT_GRADIENT, NoGraph, type PassMoment, recordLoss } from './record-node.js';
import { chosenBy, dynamicStructure, keepsOrder } from './structure.js';

const { float32: FLOAT, int32: INTEGER, bool: BOOL } = DATA_TYPES;

export interface DynamicGradients {
  /** Loss and gradients of the child's parameters at these values, training; the caller owns them. */
  run(
    child: Child,
    parameters: NamedTensors,
    inputs: Tensor,
    labels: Tensor,
    moment: PassMoment,
  ): { loss: Scalar; gradients: NamedTensors };
  /** Whether the gradients of this child are added up as they are in the child by itself. */
  serves(child: Child): boolean;
  /** Nodes of the function. */
  readonly size: number;
  dispose(): void;
}

/** The gradients of any child on batches of one size; why not, where there is no such function. */
export function dynamicGradients(
  space: SearchSpace,
  { batchSize, loss }: { batchSize: number; loss: (logits: Tensor, labels: Tensor) => Scalar },
): DynamicGradients | { reason: string } {
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
    graph.result(known.get(resultOf(recording, 'loss')!)!, FLOAT);
    const gradientOf = addBackward(body, known.get(resultOf(recording, INPUT_GRADIENT)!)!);
    for (const gradient of gradientOf.values()) graph.result(gradient, FLOAT);
    const loaded = loadedGraph(backend, graph.finish());
    if ('reason' in loaded) return loaded;
    // Fed where a child has nothing to feed.
    const idle = tf.keep(tf.scalar(0));
    const called = { space, backend, body, loaded, idle, slots: [...gradientOf.keys()] };
    return {
      size: graph.size,
      serves: ({ architecture }) => keepsOrder(structure, chosenBy(structure, space.genotype(architecture))),
      run: (...call) => run(called, ...call),
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

interface Called {
  readonly space: SearchSpace;
  readonly backend: NativeBackend;
  readonly body: Body;
  readonly loaded: LoadedGraph;
  readonly idle: Tensor;
  /** Slots of the results behind the loss. */
  readonly slots: readonly Slot[];
}

function run(
  { space, backend, body: { structure, gates, declared, slots: fed }, loaded, idle, slots }: Called,
  child: Child,
  parameters: NamedTensors,
  inputs: Tensor,
  labels: Tensor,
  moment: PassMoment,
): { loss: Scalar; gradients: NamedTensors } {
  const { binding } = backend;
  const chosen = chosenBy(structure, space.genotype(child.architecture));
  const placeOf = ({ places }: Slot): Slot['places'][number] | undefined =>
    places.find(({ node }) => chosen.active.has(node));
  const decisions = gates.values(chosen);
  const own = [
    binding.createTensor([decisions.length], BOOL, Uint8Array.from(decisions, Number)),
    ...declared.map(({ of, shape }) => binding.createTensor(shape, FLOAT, of(moment))),
  ];
  const weights = fed.map((slot) => {
    const place = placeOf(slot);
    return place ? parameters[`${place.node}/${place.local}`]! : idle;
  });
  try {
    const [loss, ...results] = loaded.run([...own, ...backend.getInputTensorIds([inputs, ...weights, labels])]);
    const found = new Map<string, Tensor>();
    slots.forEach((slot, i) => {
      const place = placeOf(slot);
      if (place?.hasGradient) found.set(`${place.node}/${place.local}`, backend.createOutputTensor(results[i]!));
      else binding.deleteTensor(results[i]!.id);
    });
    // In the order in which the gradients of a child come otherwise: sums over all of them depend on it.
    const gradients = Object.keys(parameters).flatMap((name) => {
      const gradient = found.get(name);
      return gradient ? [[name, gradient] as const] : [];
    });
    return { loss: backend.createOutputTensor(loss!) as Scalar, gradients: Object.fromEntries(gradients) };
  } finally {
    own.forEach((id) => binding.deleteTensor(id));
  }
}
