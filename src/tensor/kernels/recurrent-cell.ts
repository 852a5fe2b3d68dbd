/**
 * The recurrent cell of `../recurrent-cell.ts` on the native backend, forward and backward over all time steps, as raw
 * operations on ids: thousands of small products per pass, where tensor objects and a tape would cost as much as the
 * arithmetic. The gradient of each kernel is one product over all steps together.
 */
import { type Tensor } from '../library.js';
import { boolAttribute, type NativeBackend, intAttribute, T, typeAttribute } from './raw-op.js';
import { type NativeId, rawSession, type RawSession } from './raw-session.js';

export type CellActivation = 'tanh' | 'relu' | 'identity' | 'sigmoid';

export interface CellNode {
  /** The earlier node that this one reads; the first reads the input and the previous state. */
  readonly from: number;
  readonly activation: CellActivation;
}

export interface CellTensors {
  /** [T,B,E] */
  readonly x: Tensor;
  /** [B,H] */
  readonly state: Tensor;
  /** [E+H,2H], then [H,2H] for each further node. */
  readonly kernels: readonly Tensor[];
}

/** Nodes that read the same value, which are multiplied together. */
interface Group {
  /** The node that they read; nothing for the first node, which reads the state. */
  from: number | undefined;
  members: number[];
}

/** Groups in an order in which each finds its input computed. */
function groupsOf(nodes: readonly CellNode[]): Group[] {
  const byInput = new Map<number, number[]>();
  nodes.forEach(({ from }, j) => {
    if (j > 0) byInput.set(from, [...(byInput.get(from) ?? []), j]);
  });
  const others = [...byInput].sort(([a], [b]) => a - b).map(([from, members]) => ({ from, members }));
  return [{ from: undefined, members: [0] }, ...others];
}

/** A node's values at one step: y = h + gate·step with step = candidate − h, h being what it reads. */
interface NodeValues {
  gate: NativeId;
  candidate: NativeId;
  step: NativeId;
  y: NativeId;
}

/** What the backward pass needs from a forward pass; disposed by the owner of the tape. */
export interface CellMemory {
  readonly groups: readonly Group[];
  /** The matrix that each group's input is multiplied by: the kernels of its members side by side. */
  readonly weights: readonly NativeId[];
  /** The part of the first kernel that multiplies x. */
  readonly ofInput: NativeId;
  /** By step and node. */
  readonly values: readonly (readonly NodeValues[])[];
  /** States before each step, and the one after the last. */
  readonly states: readonly NativeId[];
  dispose(): void;
}

const AB = [T, boolAttribute('transpose_a', false), boolAttribute('transpose_b', false)];
const ABt = [T, boolAttribute('transpose_a', false), boolAttribute('transpose_b', true)];
const AtB = [T, boolAttribute('transpose_a', true), boolAttribute('transpose_b', false)];
const RESHAPE = [T, typeAttribute('Tshape', 'int32')];
const SLICE = [T, typeAttribute('Index', 'int32')];
const FORWARD = { tanh: 'Tanh', relu: 'Relu', sigmoid: 'Sigmoid' } as const;

/** Outputs [T,B,H], the mean of the nodes in `outputs` at each step. */
export function cellForward(
  backend: NativeBackend,
  { x, state, kernels }: CellTensors,
  nodes: readonly CellNode[],
  outputs: readonly number[],
): [y: Tensor, memory: CellMemory] {
  const s = rawSession(backend);
  const [steps, batch, features] = x.shape as [number, number, number];
  const groups = groupsOf(nodes);
  const ofInput = rows(s, kernels[0]!, 0, features);
  const weights = groups.map(({ from, members }) =>
    from === undefined
      ? rows(s, kernels[0]!, features, -1)
      : concat(
          s,
          members.map((j) => s.idOf(kernels[j]!)),
          1,
        ),
  );
  const flat = s.run('Reshape', RESHAPE, [s.idOf(x), s.constant([steps * batch, features])]);
  const fromInput = split(s, s.run('MatMul', AB, [flat, ofInput]), steps, 0);

  const values: NodeValues[][] = [];
  const states = [s.idOf(state)];
  for (let t = 0; t < steps; t++) {
    const now: NodeValues[] = [];
    groups.forEach(({ from, members }, g) => {
      const h = from === undefined ? states[t]! : now[from]!.y;
      const product = s.run('MatMul', AB, [h, weights[g]!]);
      const sum = from === undefined ? s.run('AddV2', [T], [product, fromInput[t]!]) : product;
      const parts = split(s, sum, 2 * members.length, 1);
      members.forEach((j, k) => {
        const [gateInput, input] = [parts[2 * k]!, parts[2 * k + 1]!];
        const { activation } = nodes[j]!;
        const gate = s.run('Sigmoid', [T], [gateInput]);
        const candidate = activation === 'identity' ? input : s.run(FORWARD[activation], [T], [input]);
        const step = s.run('Sub', [T], [candidate, h]);
        const moved = s.run('Mul', [T], [gate, step]);
        now[j] = { gate, candidate, step, y: s.run('AddV2', [T], [h, moved]) };
        s.free(gateInput, moved);
        if (candidate !== input) s.free(input);
      });
      s.free(product, sum);
    });
    values.push(now);
    states.push(
      mean(
        s,
        outputs.map((j) => now[j]!.y),
      ),
    );
  }
  const y = s.release(s.run('Pack', [T, intAttribute('N', steps), intAttribute('axis', 0)], states.slice(1)), [
    steps,
    batch,
    state.shape[1]!,
  ]);
  s.free(flat, ...fromInput);
  return [y, { groups, weights, ofInput, values, states, dispose: s.end }];
}

/** Gradients of Σ dy·y with respect to x, state and kernels, in this order. */
export function cellBackward(
  backend: NativeBackend,
  { x, state, kernels }: CellTensors,
  nodes: readonly CellNode[],
  outputs: readonly number[],
  { groups, weights, ofInput, values, states }: CellMemory,
  dy: Tensor,
): Tensor[] {
  const s = rawSession(backend);
  const [steps, batch, features] = x.shape as [number, number, number];
  const share = s.constant(1 / outputs.length, 'float32');
  const dys = split(s, s.run('Reshape', RESHAPE, [s.idOf(dy), s.constant([steps * batch, state.shape[1]!])]), steps, 0);

  /** Gradients of the products, by group and step. */
  const slopes: NativeId[][] = groups.map(() => []);
  let carried: NativeId[] = [];
  for (let t = steps - 1; t >= 0; t--) {
    const dState = addAll(s, [dys[t]!, ...carried]);
    const dOutput = outputs.length === 1 ? dState : s.run('Mul', [T], [dState, share]);
    const received: NativeId[][] = nodes.map((_, j) => (outputs.includes(j) ? [dOutput] : []));
    for (let g = groups.length - 1; g >= 0; g--) {
      const { from, members } = groups[g]!;
      const parts: NativeId[] = [];
      const dInput: NativeId[] = [];
      for (const j of members) {
        const { gate, candidate, step } = values[t]![j]!;
        const d = addAll(s, received[j]!);
        const dCandidate = s.run('Mul', [T], [d, gate]);
        const dGate = s.run('Mul', [T], [d, step]);
        parts.push(
          s.run('SigmoidGrad', [T], [gate, dGate]),
          throughActivation(s, nodes[j]!.activation, candidate, dCandidate),
        );
        dInput.push(s.run('Sub', [T], [d, dCandidate]));
        s.free(dGate);
        if (parts.at(-1) !== dCandidate) s.free(dCandidate);
      }
      const slope = concat(s, parts, 1);
      slopes[g]![t] = slope;
      dInput.push(s.run('MatMul', ABt, [slope, weights[g]!]));
      if (from === undefined) carried = dInput;
      else received[from]!.push(...dInput);
      s.free(...parts);
    }
  }

  const flat = s.run('Reshape', RESHAPE, [s.idOf(x), s.constant([steps * batch, features])]);
  const joined = slopes.map((ids) => concat(s, ids, 0));
  const dKernels: NativeId[] = [];
  groups.forEach(({ from, members }, g) => {
    const inputs = concat(s, from === undefined ? states.slice(0, steps) : values.map((now) => now[from]!.y), 0);
    const products = split(s, s.run('MatMul', AtB, [inputs, joined[g]!]), members.length, 1);
    members.forEach((j, k) => (dKernels[j] = products[k]!));
  });
  dKernels[0] = concat(s, [s.run('MatMul', AtB, [flat, joined[0]!]), dKernels[0]!], 0);
  const dx = s.run('Reshape', RESHAPE, [s.run('MatMul', ABt, [joined[0]!, ofInput]), s.constant(x.shape)]);
  const gradients = [
    s.release(dx, x.shape),
    s.release(addAll(s, carried), state.shape),
    ...kernels.map(({ shape }, j) => s.release(dKernels[j]!, shape)),
  ];
  s.end();
  return gradients;
}

function rows(s: RawSession, matrix: Tensor, begin: number, size: number): NativeId {
  return s.run('Slice', SLICE, [s.idOf(matrix), s.constant([begin, 0]), s.constant([size, -1])]);
}

/** The value itself when it is the only one. */
function concat(s: RawSession, ids: readonly NativeId[], axis: number): NativeId {
  return ids.length === 1
    ? ids[0]!
    : s.run('ConcatV2', [T, typeAttribute('Tidx', 'int32'), intAttribute('N', ids.length)], [...ids, s.constant(axis)]);
}

function split(s: RawSession, id: NativeId, parts: number, axis: number): NativeId[] {
  return parts === 1 ? [id] : s.runMany('Split', [T, intAttribute('num_split', parts)], [s.constant(axis), id], parts);
}

function addAll(s: RawSession, ids: readonly NativeId[]): NativeId {
  return ids.length === 1 ? ids[0]! : s.run('AddN', [T, intAttribute('N', ids.length)], ids);
}

function mean(s: RawSession, ids: readonly NativeId[]): NativeId {
  if (ids.length === 1) return ids[0]!;
  const sum = addAll(s, ids);
  const result = s.run('Mul', [T], [sum, s.constant(1 / ids.length, 'float32')]);
  s.free(sum);
  return result;
}

function throughActivation(s: RawSession, activation: CellActivation, value: NativeId, dy: NativeId): NativeId {
  switch (activation) {
    case 'tanh':
      return s.run('TanhGrad', [T], [value, dy]);
    case 'sigmoid':
      return s.run('SigmoidGrad', [T], [value, dy]);
    case 'relu':
      return s.run('ReluGrad', [T], [dy, value]);
    case 'identity':
      return dy;
  }
}
