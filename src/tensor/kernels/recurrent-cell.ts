/**
 * The recurrent cell of `../recurrent-cell.ts` on the native backend, forward and backward over all time steps, as raw operations
 * on ids: thousands of small products a pass, where tensor objects and a tape would cost as much as the arithmetic.
 * The gradient of each kernel is one product over all steps together.
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

/** A node's values at one step: y = h + gate·step with step = candidate − h. */
interface NodeValues {
  h: NativeId;
  gate: NativeId;
  candidate: NativeId;
  step: NativeId;
  y: NativeId;
}

/** What the way back needs of a forward pass; disposed by whoever owns the tape. */
export interface CellMemory {
  /** By step and node. */
  readonly values: readonly (readonly NodeValues[])[];
  dispose(): void;
}

const AB = [T, boolAttribute('transpose_a', false), boolAttribute('transpose_b', false)];
const ABt = [T, boolAttribute('transpose_a', false), boolAttribute('transpose_b', true)];
const AtB = [T, boolAttribute('transpose_a', true), boolAttribute('transpose_b', false)];
const RESHAPE = [T, typeAttribute('Tshape', 'int32')];
const SLICE = [T, typeAttribute('Index', 'int32')];
const split = (parts: number) => [T, intAttribute('num_split', parts)];
const concat = (parts: number) => [T, typeAttribute('Tidx', 'int32'), intAttribute('N', parts)];

const FORWARD = { tanh: 'Tanh', relu: 'Relu', sigmoid: 'Sigmoid' } as const;

/** Outputs [T,B,H], the mean of the nodes in `outputs` at each step. */
export function cellForward(backend: NativeBackend, { x, state, kernels }: CellTensors, nodes: readonly CellNode[], outputs: readonly number[]): [y: Tensor, memory: CellMemory] {
  const s = rawSession(backend);
  const [steps, batch, features] = x.shape as [number, number, number];
  const units = state.shape[1]!;
  const { ofInput, ofState } = firstKernel(s, kernels[0]!, features);
  const weights = [ofState, ...kernels.slice(1).map(s.idOf)];
  const flat = s.run('Reshape', RESHAPE, [s.idOf(x), s.constant([steps * batch, features])]);
  const fromInput = s.runMany('Split', split(steps), [s.constant(0), s.run('MatMul', AB, [flat, ofInput])], steps);

  const values: NodeValues[][] = [];
  const means: NativeId[] = [];
  let previous = s.idOf(state);
  for (let t = 0; t < steps; t++) {
    const now: NodeValues[] = [];
    nodes.forEach(({ from, activation }, j) => {
      const h = j === 0 ? previous : now[from]!.y;
      const product = s.run('MatMul', AB, [h, weights[j]!]);
      const sum = j === 0 ? s.run('AddV2', [T], [product, fromInput[t]!]) : product;
      const [gateInput, input] = s.runMany('Split', split(2), [s.constant(1), sum], 2) as [NativeId, NativeId];
      const gate = s.run('Sigmoid', [T], [gateInput]);
      const candidate = activation === 'identity' ? input : s.run(FORWARD[activation], [T], [input]);
      const step = s.run('Sub', [T], [candidate, h]);
      const moved = s.run('Mul', [T], [gate, step]);
      now.push({ h, gate, candidate, step, y: s.run('AddV2', [T], [h, moved]) });
      s.free(product, gateInput, moved);
      if (sum !== product) s.free(sum);
      if (activation !== 'identity') s.free(input);
    });
    values.push(now);
    previous = mean(s, outputs.map((j) => now[j]!.y));
    means.push(previous);
  }
  const y = s.release(s.run('Pack', [T, intAttribute('N', steps), intAttribute('axis', 0)], means), [steps, batch, units]);
  s.free(flat, ofInput, ofState, ...fromInput);
  return [y, { values, dispose: s.end }];
}

/** Gradients of Σ dy·y with respect to x, state and kernels, in this order. */
export function cellBackward(
  backend: NativeBackend, { x, state, kernels }: CellTensors, nodes: readonly CellNode[], outputs: readonly number[], { values }: CellMemory, dy: Tensor,
): Tensor[] {
  const s = rawSession(backend);
  const [steps, batch, features] = x.shape as [number, number, number];
  const units = state.shape[1]!;
  const { ofInput, ofState } = firstKernel(s, kernels[0]!, features);
  const weights = [ofState, ...kernels.slice(1).map(s.idOf)];
  const share = s.constant(1 / outputs.length, 'float32');
  const dys = s.runMany('Split', split(steps), [s.constant(0), s.run('Reshape', RESHAPE, [s.idOf(dy), s.constant([steps * batch, units])])], steps);

  /** Gradients of each node's products, by node and step. */
  const slopes: NativeId[][] = nodes.map(() => []);
  let carried: NativeId[] = [];
  for (let t = steps - 1; t >= 0; t--) {
    const dMean = addAll(s, [dys[t]!, ...carried]);
    const dOutput = outputs.length === 1 ? dMean : s.run('Mul', [T], [dMean, share]);
    const received: NativeId[][] = nodes.map((_, j) => (outputs.includes(j) ? [dOutput] : []));
    for (let j = nodes.length - 1; j >= 0; j--) {
      const { from, activation } = nodes[j]!;
      const { gate, candidate, step } = values[t]![j]!;
      const d = addAll(s, received[j]!);
      const dCandidate = s.run('Mul', [T], [d, gate]);
      const dGate = s.run('Mul', [T], [d, step]);
      const parts = [s.run('SigmoidGrad', [T], [gate, dGate]), throughActivation(s, activation, candidate, dCandidate)];
      const slope = s.run('ConcatV2', concat(2), [...parts, s.constant(1)]);
      slopes[j]![t] = slope;
      const dh = [s.run('Sub', [T], [d, dCandidate]), s.run('MatMul', ABt, [slope, weights[j]!])];
      if (j === 0) carried = dh;
      else received[from]!.push(...dh);
      s.free(dGate, dCandidate, ...parts);
    }
  }

  const joined = new Map<NativeId, NativeId>();
  const overTime = (ids: NativeId[]): NativeId => {
    const known = joined.get(ids[0]!);
    if (known !== undefined) return known;
    const all = steps === 1 ? ids[0]! : s.run('ConcatV2', concat(steps), [...ids, s.constant(0)]);
    joined.set(ids[0]!, all);
    return all;
  };
  const flat = s.run('Reshape', RESHAPE, [s.idOf(x), s.constant([steps * batch, features])]);
  const first = overTime(slopes[0]!);
  const dKernels = nodes.map((_, j) => s.run('MatMul', AtB, [overTime(values.map((now) => now[j]!.h)), overTime(slopes[j]!)]));
  dKernels[0] = s.run('ConcatV2', concat(2), [s.run('MatMul', AtB, [flat, first]), dKernels[0]!, s.constant(0)]);
  const dx = s.run('Reshape', RESHAPE, [s.run('MatMul', ABt, [first, ofInput]), s.constant(x.shape)]);
  const gradients = [
    s.release(dx, x.shape), s.release(addAll(s, carried), state.shape),
    ...kernels.map(({ shape }, j) => s.release(dKernels[j]!, shape)),
  ];
  s.end();
  return gradients;
}

/** The rows of the first kernel that multiply the input, and those that multiply the state. */
function firstKernel(s: RawSession, kernel: Tensor, features: number): { ofInput: NativeId; ofState: NativeId } {
  const rows = (begin: number, size: number): NativeId => s.run('Slice', SLICE, [s.idOf(kernel), s.constant([begin, 0]), s.constant([size, -1])]);
  return { ofInput: rows(0, features), ofState: rows(features, -1) };
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
