/**
 * Any child of a space by one native call: the operations of all candidates in one function, which computes those of the architecture at
 * hand. The same bits as the child by itself.
 */
import { type SearchSpace } from '../../graph/define-space.js';
import { type NativeBackend } from '../../tensor/kernels/raw-op.js';
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
import { type Chosen, dynamicStructure } from './structure.js';

const FLOAT = 1;
const INTEGER = 3;
const BOOL = 10;

interface Loaded {
  /** Nodes of the function. */
  readonly size: number;
  dispose(): void;
}

export interface DynamicGradients extends Loaded {
  /** Loss and gradients of the child's parameters at these values, training; the caller owns them. */
  run(
    child: Child,
    parameters: NamedTensors,
    inputs: Tensor,
    labels: Tensor,
    moment: PassMoment,
  ): { loss: Scalar; gradients: NamedTensors };
}

export interface DynamicForward extends Loaded {
  /** Logits of the child, normalized by the batch's own statistics, without dropout; the caller owns them. */
  run(child: Child, parameters: NamedTensors, inputs: Tensor): Tensor;
}

/** Loss and gradients of any child on batches of one size; why not, where there is no such function. */
export function dynamicGradients(
  space: SearchSpace,
  { batchSize, loss }: { batchSize: number; loss: (logits: Tensor, labels: Tensor) => Scalar },
): DynamicGradients | { reason: string } {
  return loaded(space, { batchSize, training: true, backward: true }, (body, backend) => {
    const { graph, structure, values } = body;
    const recording = recordLoss(backend, loss, [space.task.classes], batchSize);
    const labels = graph.argument(INTEGER);
    const known = new Map<ValueIndex, ValueName>([
      [recording.inputs.get('logits')!, values.get(structure.head)!],
      [recording.inputs.get('labels')!, labels],
    ]);
    const missing = addOperations(graph, recording, known);
    if (missing !== undefined) throw new NoGraph(`the operation '${missing}' has no form in a graph`);
    graph.result(known.get(resultOf(recording, 'loss')!)!, FLOAT);
    const gradientOf = addBackward(body, known.get(resultOf(recording, INPUT_GRADIENT)!)!);
    for (const gradient of gradientOf.values()) graph.result(gradient, FLOAT);
    const slots = [...gradientOf.keys()];
    return (call, child, parameters, inputs, y, moment) => {
      const { results, placeOf } = call(child, parameters, [inputs], [y], moment);
      const found = new Map<string, Tensor>();
      slots.forEach((slot, i) => {
        const place = placeOf(slot);
        const result = results[i + 1]!;
        if (place?.hasGradient) found.set(`${place.node}/${place.local}`, result);
        else result.dispose();
      });
      // In the order in which the gradients of a child come otherwise: sums over all of them depend on it.
      const gradients = Object.keys(parameters).flatMap((name) => {
        const gradient = found.get(name);
        return gradient ? [[name, gradient] as const] : [];
      });
      return { loss: results[0] as Scalar, gradients: Object.fromEntries(gradients) };
    };
  });
}

/** Logits of any child on batches of one size; why not, where there is no such function. */
export function dynamicForward(space: SearchSpace, batchSize: number): DynamicForward | { reason: string } {
  return loaded(space, { batchSize, training: false, backward: false }, ({ graph, structure, values }) => {
    graph.result(values.get(structure.head)!, FLOAT);
    return (call, child, parameters, inputs) => call(child, parameters, [inputs], [], {}).results[0]!;
  });
}

type Call = (
  child: Child,
  parameters: NamedTensors,
  before: readonly Tensor[],
  after: readonly Tensor[],
  moment: PassMoment,
) => { results: Tensor[]; placeOf: (slot: Slot) => Slot['places'][number] | undefined };

/** The function with the ends that `finish` gives it, and what makes a call of it. */
function loaded<A extends readonly unknown[], R>(
  space: SearchSpace,
  options: Parameters<typeof bodyWithForward>[3],
  finish: (body: Body, backend: NativeBackend) => (call: Call, ...given: A) => R,
): (Loaded & { run(...given: A): R }) | { reason: string } {
  const backend = nativeBackend();
  if (!backend) return { reason: 'there is no native library' };
  const structure = dynamicStructure(space);
  if ('reason' in structure) return structure;
  try {
    const body = bodyWithForward(space, structure, backend, options);
    const answer = finish(body, backend);
    const size = body.graph.size;
    const graph = loadedGraph(backend, body.graph.finish());
    if ('reason' in graph) return graph;
    // Fed where a child has nothing to feed.
    const idle = tf.keep(tf.scalar(0));
    const call = callOf(space, backend, body, graph, idle);
    return {
      size,
      run: (...given) => answer(call, ...given),
      dispose() {
        graph.dispose();
        idle.dispose();
      },
    };
  } catch (error) {
    if (error instanceof NoGraph) return { reason: error.message };
    throw error;
  }
}

function callOf(
  space: SearchSpace,
  backend: NativeBackend,
  { gates, declared, slots }: Body,
  graph: LoadedGraph,
  idle: Tensor,
): Call {
  const { binding } = backend;
  return (child, parameters, before, after, moment) => {
    const chosen: Chosen = {
      active: new Set(child.nodes.map(({ name }) => name)),
      genotype: space.genotype(child.architecture),
    };
    const placeOf = ({ places }: Slot): Slot['places'][number] | undefined =>
      places.find(({ node }) => chosen.active.has(node));
    const decisions = gates.values(chosen);
    const own = [
      binding.createTensor([decisions.length], BOOL, Uint8Array.from(decisions, Number)),
      ...declared.map(({ of, shape }) => binding.createTensor(shape, FLOAT, of(moment))),
    ];
    const tensors = slots.map((slot) => {
      const place = placeOf(slot);
      return place ? parameters[`${place.node}/${place.local}`]! : idle;
    });
    try {
      const ids = [...own, ...backend.getInputTensorIds([...before, ...tensors, ...after])];
      return { results: graph.run(ids).map((result) => backend.createOutputTensor(result)), placeOf };
    } finally {
      own.forEach((id) => binding.deleteTensor(id));
    }
  };
}
