/**
 * One run of a compiled step: the tensors that its execution is given, and what is made of those that it gives back.
 */
import { DATA_TYPES, type NativeBackend, type OutputMetadata } from '../kernels/raw-op.js';
import { disposeNamed, type NamedTensors } from '../named.js';
import { tf, type Tensor } from '../tf.js';
import { type StepResult } from './record.js';
import { type Recording, sameBits, type ValueIndex } from './recording.js';
import { type Execution } from './replay.js';
import { sessionOf } from './session.js';

function compute<M>(
  backend: NativeBackend,
  { inputs: names, declared }: Recording<M, unknown>,
  execution: Execution,
  inputs: NamedTensors,
  moment: M,
): Map<ValueIndex, OutputMetadata> {
  const ids = backend.getInputTensorIds([...names.keys()].map((name) => inputs[name]!));
  return execution.run(
    ids,
    declared.map(({ of }) => of(moment)),
  );
}

/**
 * One run of an execution. Throws what the first requirement that does not hold says; nothing comes back where the step
 * would do something else than was recorded: where it decides otherwise, or where an operation fails (a matrix that
 * cannot be factored).
 */
export function execute<M, F>(
  backend: NativeBackend,
  recording: Recording<M, F>,
  execution: Execution,
  inputs: NamedTensors,
  moment: M,
): StepResult<F> | undefined {
  let computed: Map<ValueIndex, OutputMetadata>;
  try {
    computed = compute(backend, recording, execution, inputs, moment);
  } catch {
    return undefined;
  }
  const sources = new Map([...recording.inputs].map(([name, value]) => [value, inputs[name]!]));
  const tensors = new Map<ValueIndex, Tensor>();
  const outputs: Record<string, Tensor> = {};
  for (const { name, value, shape } of recording.outputs) {
    const known = tensors.get(value) ?? sources.get(value);
    const metadata = computed.get(value);
    if (known) outputs[name] = tf.reshape(known, [...shape]);
    else outputs[name] = metadata ? backend.createOutputTensor(metadata) : givenTensor(recording, value, moment);
    tensors.set(value, outputs[name]);
  }
  const numberOf = (value: ValueIndex): number | undefined => {
    const id = computed.get(value)?.id;
    if (id !== undefined) return backend.binding.tensorDataSync(id)[0];
    return sources.get(value)?.dataSync()[0] ?? recording.declared.find((one) => one.value === value)?.of(moment)[0];
  };
  const broken = recording.requirements.find(({ value, holds }) => {
    // Constants hold as they did.
    const number = numberOf(value);
    return number !== undefined && !holds(number);
  });
  for (const [value, { id }] of computed) if (!tensors.has(value)) backend.binding.deleteTensor(id);
  if (broken) {
    const failure = broken.failure?.(outputs);
    disposeNamed(outputs);
    if (failure) throw failure;
    return undefined;
  }
  return { outputs, fixed: recording.fixed };
}

/** A result that no operation computes: a constant, or a declared value. */
function givenTensor<M>({ constants, declared }: Recording<M, unknown>, value: ValueIndex, moment: M): Tensor {
  const constant = constants.find((one) => one.value === value);
  if (constant) {
    const type = (['float32', 'int32', 'bool'] as const).find((name) => DATA_TYPES[name] === constant.dtype);
    return tf.tensor(Array.from(constant.data), [...constant.shape], type);
  }
  const { of, shape } = declared.find((one) => one.value === value)!;
  return tf.tensor(of(moment), [...shape]);
}

/** A session whose first results are those of the variant's execution bit for bit, or why there is none. */
export function checkedSession<M, F>(
  backend: NativeBackend,
  { recording, execution }: { readonly recording: Recording<M, F>; readonly execution?: Execution },
  inputs: NamedTensors,
  moment: M,
  folder: string | undefined,
): Execution | { reason: string } {
  const session = sessionOf(backend, recording, folder);
  if ('reason' in session) return session;
  const { binding } = backend;
  const resultsOf = (one: Execution): Map<ValueIndex, ArrayLike<number>> => {
    const computed = compute(backend, recording, one, inputs, moment);
    return new Map(
      [...computed].map(([value, { id }]) => {
        const data = binding.tensorDataSync(id);
        binding.deleteTensor(id);
        return [value, data];
      }),
    );
  };
  try {
    const expected = resultsOf(execution!);
    const different = [...resultsOf(session)].filter(([value, data]) => !sameBits(data, expected.get(value)!));
    if (different.length === 0) return session;
    const names = recording.outputs.filter(({ value }) => different.some(([one]) => one === value));
    session.dispose();
    return { reason: `the bits of ${names.length} results differ, first of '${names[0]?.name ?? 'a requirement'}'` };
  } catch (error) {
    session.dispose();
    return { reason: (error as Error).message };
  }
}
