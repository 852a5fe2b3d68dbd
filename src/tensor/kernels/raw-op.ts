/**
 * Any TensorFlow operation by name, through tfjs-node's backend. The numbers are those of TensorFlow's C API
 * (`TF_AttrType`, `TF_DataType`), which are part of its stable interface.
 */
import { type Tensor } from '../library.js';

export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** A tensor that lives in the native library only, and forever: the engine neither counts nor disposes it. */
export interface NativeConstant {
  readonly nativeId: number;
}

export interface OutputMetadata {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: number;
}

/** What the kernels use of tfjs-node's backend. */
export interface NativeBackend {
  readonly isUsingGpuDevice: boolean;
  binding: {
    createTensor(shape: readonly number[], dtype: number, values: ArrayLike<number>): number;
    deleteTensor(id: number): void;
    tensorDataSync(id: number): ArrayLike<number>;
    executeOp(
      op: string,
      attributes: readonly OpAttribute[],
      inputIds: readonly number[],
      outputs: number,
    ): OutputMetadata[];
    loadSavedModel(folder: string, tags: string): number;
    /** Names are joined by commas. */
    runSavedModel(session: number, inputIds: readonly number[], inputs: string, outputs: string): OutputMetadata[];
    deleteSavedModel(session: number): void;
    /** What `of` says of a scalar's value; present while a step is recorded. */
    decide?(id: number, of: (value: number) => boolean): boolean;
  };
  getInputTensorIds(tensors: readonly Tensor[]): number[];
  createOutputTensor(metadata: OutputMetadata): Tensor;
}

/** TensorFlow's numbers of the types. */
export const DATA_TYPES = { float32: 1, float64: 2, int32: 3, int64: 9, bool: 10, bfloat16: 14 } as const;
type DataType = keyof typeof DATA_TYPES;

export const stringAttribute = (name: string, value: string): OpAttribute => ({ name, type: 0, value });
export const intAttribute = (name: string, value: number | readonly number[]): OpAttribute => ({
  name,
  type: 1,
  value,
});
export const floatAttribute = (name: string, value: number): OpAttribute => ({ name, type: 2, value });
export const boolAttribute = (name: string, value: boolean): OpAttribute => ({ name, type: 3, value });
export const typeAttribute = (name: string, value: DataType): OpAttribute => ({
  name,
  type: 4,
  value: DATA_TYPES[value],
});

/** The attribute that almost every operation has: its numbers are float32. */
export const T = typeAttribute('T', 'float32');

/** Runs an operation of which the first `outputs` outputs are wanted; `total` is how many it has. */
export function rawOps(
  backend: NativeBackend,
  op: string,
  attributes: readonly OpAttribute[],
  inputs: readonly (Tensor | NativeConstant)[],
  outputs: readonly number[],
  total: number,
): Tensor[] {
  const { binding } = backend;
  const ids = inputs.map((input) => ('nativeId' in input ? input.nativeId : backend.getInputTensorIds([input])[0]!));
  const results = binding.executeOp(op, attributes, ids, total);
  const wanted = outputs.map((index) => backend.createOutputTensor(results[index]!));
  if (outputs.length < total) results.forEach(({ id }, index) => outputs.includes(index) || binding.deleteTensor(id));
  return wanted;
}

/** Runs an operation with one output. */
export function rawOp(
  backend: NativeBackend,
  op: string,
  attributes: readonly OpAttribute[],
  inputs: readonly (Tensor | NativeConstant)[],
): Tensor {
  return rawOps(backend, op, attributes, inputs, [0], 1)[0]!;
}

/** The same function, remembering its results by the text of its arguments: for what recurs at every step. */
export function memoize<A extends readonly unknown[], R>(f: (...args: A) => R): (...args: A) => R {
  const results = new Map<string, R>();
  return (...args) => {
    const key = args.map(String).join(';');
    let result = results.get(key);
    if (result === undefined) results.set(key, (result = f(...args)));
    return result;
  };
}

/** What a constant holds; `dtype` is TensorFlow's number of the type. */
interface ConstantContent {
  readonly shape: readonly number[];
  readonly dtype: number;
  readonly data: Int32Array | Float32Array;
}

interface Constants {
  readonly byText: Map<string, NativeConstant>;
  readonly byId: Map<number, ConstantContent>;
}

const constants = new WeakMap<NativeBackend, Constants>();

/** A constant tensor, made once: a vector, or a scalar. For shapes, axes and other numbers from a small set. */
export function constant(
  backend: NativeBackend,
  value: number | readonly number[],
  dtype: DataType = 'int32',
): NativeConstant {
  let known = constants.get(backend);
  if (!known) constants.set(backend, (known = { byText: new Map(), byId: new Map() }));
  const key = `${dtype}${Array.isArray(value) ? `[${value}]` : value}`;
  let result = known.byText.get(key);
  if (!result) {
    const values = typeof value === 'number' ? [value] : value;
    const content = {
      shape: typeof value === 'number' ? [] : [value.length],
      dtype: DATA_TYPES[dtype],
      data: dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values),
    };
    const nativeId = backend.binding.createTensor(content.shape, content.dtype, content.data);
    known.byText.set(key, (result = { nativeId }));
    known.byId.set(nativeId, content);
  }
  return result;
}

/** What the constant of this id holds; undefined where the id is no constant's. */
export function contentOfConstant(backend: NativeBackend, id: number): ConstantContent | undefined {
  return constants.get(backend)?.byId.get(id);
}
