/**
 * A network as a graph of kernels, traced during a forward pass, so that anything made of TensorFlow.js operations can
 * be exported, including user-defined operations.
 */
import { WeftError } from '../errors.js';
import { tf, type Tensor } from '../tensor/tf.js';
import { type KernelCall, watchKernels } from '../tensor/trace.js';

/** The origin of a value. */
export type Value = Input | Constant | Result;

/** The examples; -1 in the shape stands for the batch size. */
export interface Input {
  readonly kind: 'input';
  readonly shape: readonly number[];
}

export interface Constant {
  readonly kind: 'constant';
  /** The parameter's name; absent for a value computed from parameters. */
  readonly name: string | undefined;
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** One of the outputs of a step. */
export interface Result {
  readonly kind: 'result';
  readonly step: Step;
  readonly output: number;
}

/** One kernel call that depends on the network's input. */
export interface Step {
  readonly kernel: string;
  readonly inputs: Readonly<Record<string, Value>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Shape of each output, in the same way. */
  readonly shapes: readonly (readonly number[])[];
  readonly dtypes: readonly string[];
}

/** Named results, and through them everything that they depend on. */
export type Program = Readonly<Record<string, Value>>;

export interface TraceOptions {
  /** The network's input for a given batch size. */
  readonly input: (examples: number) => Tensor;
  /** Names of the tensors that are to keep theirs. */
  readonly names: ReadonlyMap<number, string>;
  /** Kernels for which this is false are decomposed. */
  readonly isWhole: (kernel: string) => boolean;
}

/** The two batch sizes for which the traces are compared. */
const EXAMPLES = [2, 3] as const;

/**
 * Traces `f`. It runs twice, with different batch sizes and different values: any difference between the two must be
 * the batch size, or cannot be exported. Values that do not depend on the input become constants.
 */
export function traceProgram(f: (x: Tensor) => Readonly<Record<string, Tensor>>, options: TraceOptions): Program {
  const [first, second] = EXAMPLES.map((examples) => record(f, examples, options)) as [Recording, Recording];
  if (first.steps.length !== second.steps.length) throw dependsOnExamples('network');
  const twin = new Map(first.steps.map((step, index) => [step, second.steps[index]!]));
  const merged = new Map<Step, Step>();
  const merge = (a: Value, b: Value, kernel: string): Value => {
    if (a.kind === 'input' && b.kind === 'input') return { ...a, shape: mergeShapes(a.shape, b.shape, kernel) };
    if (a.kind === 'constant' && b.kind === 'constant' && sameConstant(a, b)) return a;
    if (a.kind === 'result' && b.kind === 'result' && a.output === b.output && twin.get(a.step) === b.step) {
      return { ...a, step: merged.get(a.step)! };
    }
    throw dependsOnExamples(kernel);
  };
  for (const [a, b] of twin) merged.set(a, mergeSteps(a, b, merge));
  return mapValues(first.outputs, (value, name) => merge(value, second.outputs[name]!, 'network'));
}

interface Recording {
  readonly steps: readonly Step[];
  readonly outputs: Program;
}

function record(
  f: (x: Tensor) => Readonly<Record<string, Tensor>>,
  examples: number,
  { input, names, isWhole }: TraceOptions,
): Recording {
  const steps: Step[] = [];
  const dynamic = new Map<number, Value>();
  const constants = new Map<number, Constant>();
  const valueOf = (tensor: Tensor): Value => {
    const known = dynamic.get(tensor.id) ?? constants.get(tensor.id);
    if (known) return known;
    const constant = constantOf(tensor, names.get(tensor.id));
    constants.set(tensor.id, constant);
    return constant;
  };
  const onCall = (call: KernelCall): void => {
    const { name, inputs, attributes, outputs } = call;
    if (!Object.values(inputs).some(({ id }) => dynamic.has(id))) return;
    if (passesOn(call)) {
      dynamic.set(outputs[0]!.id, valueOf(Object.values(inputs)[0]!));
      return;
    }
    const step = {
      kernel: name,
      inputs: mapValues(inputs, valueOf),
      attributes,
      shapes: outputs.map(({ shape }) => shape),
      dtypes: outputs.map(({ dtype }) => dtype),
    };
    steps.push(step);
    outputs.forEach(({ id }, output) => dynamic.set(id, { kind: 'result', step, output }));
  };
  let outputs: Program = {};
  tf.tidy(() => {
    const x = input(examples);
    dynamic.set(x.id, { kind: 'input', shape: x.shape });
    outputs = mapValues(
      watchKernels(() => f(x), onCall, isWhole),
      valueOf,
    );
  });
  return { steps, outputs };
}

/** Whether the kernel is the identity. */
const passesOn = ({ name, inputs, outputs }: KernelCall): boolean =>
  name === 'Identity' || (name === 'Cast' && inputs['x']!.dtype === outputs[0]!.dtype);

function constantOf(tensor: Tensor, name: string | undefined): Constant {
  const { dtype, shape } = tensor;
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
    throw new WeftError('export', `a constant of the network is of type ${dtype}`, 'cast it to float32');
  return { kind: 'constant', name, dtype, shape, values: tensor.dataSync() };
}

function mergeSteps(a: Step, b: Step, merge: (a: Value, b: Value, kernel: string) => Value): Step {
  const sameForm =
    a.kernel === b.kernel &&
    Object.keys(a.inputs).join() === Object.keys(b.inputs).join() &&
    a.shapes.length === b.shapes.length;
  if (!sameForm || attributeText(a) !== attributeText(b)) throw dependsOnExamples(a.kernel);
  return {
    ...a,
    inputs: mapValues(a.inputs, (value, name) => merge(value, b.inputs[name]!, a.kernel)),
    shapes: a.shapes.map((shape, output) => mergeShapes(shape, b.shapes[output]!, a.kernel)),
  };
}

function mergeShapes(a: readonly number[], b: readonly number[], kernel: string): readonly number[] {
  const [examplesOfA, examplesOfB] = EXAMPLES;
  const merged = a.map((length, axis) => {
    if (length === b[axis]) return length;
    if (length * examplesOfB === b[axis]! * examplesOfA) return -1;
    throw dependsOnExamples(kernel);
  });
  if (a.length !== b.length || merged.filter((length) => length === -1).length > 1) throw dependsOnExamples(kernel);
  return merged;
}

/** These follow from the shape of the output. */
const SHAPE_ATTRIBUTES: Readonly<Record<string, string>> = { Reshape: 'shape', Slice: 'size' };

const attributeText = ({ kernel, attributes }: Step): string =>
  JSON.stringify({ ...attributes, [SHAPE_ATTRIBUTES[kernel] ?? '']: undefined });

const sameConstant = (a: Constant, b: Constant): boolean =>
  a.dtype === b.dtype &&
  a.shape.join() === b.shape.join() &&
  Array.prototype.every.call(a.values, (value, i) => Object.is(value, b.values[i]));

const dependsOnExamples = (what: string): WeftError =>
  new WeftError(
    'export',
    `${what === 'network' ? 'the network' : `the kernel '${what}'`} computes differently for a different batch`,
    'use no random numbers, no values read into JavaScript and no shapes that contain the batch size; use -1 or tf.zerosLike instead',
  );

/** The steps that the program needs, each after its dependencies. */
export function stepsOf(program: Program): Step[] {
  const steps = new Set<Step>();
  const visit = (value: Value): void => {
    if (value.kind !== 'result' || steps.has(value.step)) return;
    Object.values(value.step.inputs).forEach(visit);
    steps.add(value.step);
  };
  Object.values(program).forEach(visit);
  return [...steps];
}

/** The same names with other values. */
export const mapValues = <T, U>(
  values: Readonly<Record<string, T>>,
  f: (value: T, name: string) => U,
): Record<string, U> => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, f(value, name)]));

/** Shape of a value; -1 stands for the batch size. */
export const shapeOf = (value: Value): readonly number[] =>
  value.kind === 'result' ? value.step.shapes[value.output]! : value.shape;

export const dtypeOf = (value: Value): string =>
  value.kind === 'result' ? value.step.dtypes[value.output]! : value.kind === 'constant' ? value.dtype : 'float32';

/** The position of a step in the network: that of the weights it uses, or otherwise of its first input. */
export function scopeOf({ inputs }: Step, scopeOfStep: (step: Step) => string): string {
  for (const value of Object.values(inputs))
    if (value.kind === 'constant' && value.name?.includes('/')) return value.name.slice(0, value.name.lastIndexOf('/'));
  for (const value of Object.values(inputs)) if (value.kind === 'result') return scopeOfStep(value.step);
  return 'normalize';
}
