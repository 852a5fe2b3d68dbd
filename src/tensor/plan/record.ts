/** Records a step at the native library's binding, through which every operation passes. */
import {
  contentOfConstant,
  DATA_TYPES,
  type NativeBackend,
  type OpAttribute,
  type OutputMetadata,
} from '../kernels/raw-op.js';
import { type NamedTensors } from '../named.js';
import { type Scalar, type Tensor, tf } from '../tf.js';
import { type Host } from './host.js';
import {
  type Choice,
  type Constant,
  type Declared,
  type RecordedOperation,
  type Recording,
  type Requirement,
  type ValueIndex,
} from './recording.js';

export interface StepResult<F> {
  readonly outputs: NamedTensors;
  readonly fixed: F;
}

/** A step that may be compiled: named tensors in and out, and whatever else it returns, the same in every run. */
export type Step<M, F> = (inputs: NamedTensors, host: Host<M>) => StepResult<F>;

type Binding = NativeBackend['binding'];

const recorders = new WeakSet<Binding>();

/** Whether a step is being recorded through this binding: a step within it is a part of it. */
export const isRecording = (binding: Binding): boolean => recorders.has(binding);

/** Runs the step as it is and records what it does. The caller owns the results. */
export function record<M, F>(
  backend: NativeBackend,
  step: Step<M, F>,
  inputs: NamedTensors,
  moment: M,
): { result: StepResult<F>; recording: Recording<M, F> } {
  const real = backend.binding;
  const values = new Map<number, ValueIndex>();
  const types: number[] = [];
  const operations: RecordedOperation[] = [];
  const constants: Constant[] = [];
  const declared: Declared<M>[] = [];
  const choices: Choice<M>[] = [];
  const requirements: Requirement[] = [];
  let undeclared: string | undefined;
  let failed = false;
  let declaring = false;

  const add = (id: number, type: number): ValueIndex => {
    const value = types.push(type) - 1;
    values.set(id, value);
    return value;
  };
  const fail = (what: string): void => {
    undeclared ??= what;
  };
  const valueOf = (id: number, reader: string): ValueIndex => {
    const known = values.get(id);
    if (known !== undefined) return known;
    const lasting = contentOfConstant(backend, id);
    const value = add(id, lasting?.dtype ?? DATA_TYPES.float32);
    if (lasting) constants.push({ value, ...lasting, lasting: id });
    else fail(`${reader} reads a tensor that is neither an input nor made by the step`);
    return value;
  };
  const read = (id: number): number => real.tensorDataSync(id)[0]!;
  const idOf = (tensor: Tensor): number => backend.getInputTensorIds([tensor])[0]!;

  const names = Object.keys(inputs);
  const ids = names.map((name) => idOf(inputs[name]!));
  const inputValues = new Map(
    names.map((name, i) => [name, values.get(ids[i]!) ?? add(ids[i]!, numberOf(inputs[name]!))]),
  );

  const watched: Partial<Binding> = {
    createTensor(shape, dtype, data) {
      const id = real.createTensor(shape, dtype, data);
      if (!declaring) constants.push({ value: add(id, dtype), shape: [...shape], dtype, data: copyOf(data) });
      return id;
    },
    executeOp(op: string, attributes: readonly OpAttribute[], inputIds: readonly number[], outputs: number) {
      const given = inputIds.map((id) => valueOf(id, `'${op}'`));
      let results: readonly OutputMetadata[];
      try {
        results = real.executeOp(op, attributes, inputIds, outputs);
      } catch (error) {
        failed = true;
        throw error;
      }
      operations.push({ op, attributes, inputs: given, outputs: results.map(({ id, dtype }) => add(id, dtype)) });
      return [...results];
    },
    tensorDataSync(id) {
      fail('it reads the values of a tensor');
      return real.tensorDataSync(id);
    },
    decide(id, of) {
      const decided = of(read(id));
      requirements.push({ value: valueOf(id, 'a decision'), holds: (value) => of(value) === decided });
      return decided;
    },
  };
  // The binding's own properties cannot be assigned to.
  const recorder = Object.create(real, Object.getOwnPropertyDescriptors(watched)) as Binding;

  recorders.add(recorder);

  const declare = <T extends Tensor>(tensor: T, of: (moment: M) => Float32Array, seen: Float32Array): T => {
    declaring = true;
    try {
      declared.push({ value: add(idOf(tensor), DATA_TYPES.float32), shape: tensor.shape, of, seen });
    } finally {
      declaring = false;
    }
    return tensor;
  };
  const host: Host<M> = {
    scalar(of) {
      const asArray = (at: M): Float32Array => Float32Array.of(of(at));
      const seen = asArray(moment);
      return declare(tf.tensor(seen, []) as Scalar, asArray, seen);
    },
    values(shape, of) {
      const seen = of(moment);
      return declare(tf.tensor(seen, [...shape]), of, seen);
    },
    choose(of) {
      const taken = of(moment);
      choices.push({ of, taken });
      return taken;
    },
    require(value, holds, failure) {
      const id = idOf(value);
      requirements.push({ value: valueOf(id, 'a requirement'), holds, failure });
      if (!holds(read(id))) throw failure();
    },
    undeclared: fail,
  };

  let result: StepResult<F>;
  backend.binding = recorder;
  try {
    result = step(inputs, host);
  } finally {
    backend.binding = real;
  }
  const outputs = Object.entries(result.outputs).map(([name, tensor]) => {
    const id = idOf(tensor);
    const known = values.get(id);
    const value = known ?? add(id, numberOf(tensor));
    // A tensor that no operation has read reaches the library only now.
    if (known === undefined)
      constants.push({ value, shape: tensor.shape, dtype: numberOf(tensor), data: copyOf(tensor.dataSync()) });
    return { name, value, shape: tensor.shape, dtype: tensor.dtype };
  });
  return {
    result,
    recording: {
      types,
      inputs: inputValues,
      declared,
      constants,
      operations,
      choices,
      requirements,
      outputs,
      fixed: result.fixed,
      undeclared,
      failed,
    },
  };
}

const copyOf = (data: ArrayLike<number>): ArrayLike<number> =>
  ArrayBuffer.isView(data) ? (data as Float32Array).slice() : Array.from(data);

/** TensorFlow's number for a tensor's type. */
const numberOf = ({ dtype }: Tensor): number => DATA_TYPES[dtype as keyof typeof DATA_TYPES];
