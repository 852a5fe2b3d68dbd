/** Shared parts of the kernel writers. */
import { type Attribute, type GraphWriter, int, type Reference, type } from '../graph-def.js';
import { dtypeOf, type Step } from '../program.js';

/** Writes one kernel call as one or several nodes and returns a reference to its first output. */
export type Writer = (kernel: KernelWriter) => Reference;

/** Everything that a kernel's writer needs. */
export interface KernelWriter {
  readonly step: Step;
  /** By the kernel's names of its inputs, which are already in the graph. */
  readonly inputs: Readonly<Record<string, Reference>>;
  /** Adds a node; it gets the type of the kernel's first input. */
  add(op: string, inputs: readonly Reference[], attributes?: Readonly<Record<string, Attribute>>): Reference;
  /** An attribute of the kernel as a constant: integers, such as an axis or a shape. */
  integers(attribute: string): Reference;
  constant(shape: readonly number[], values: readonly number[], dtype?: 'float32' | 'int32'): Reference;
  number(attribute: string, fallback?: number): number;
}

export function kernelWriter(
  step: Step,
  inputs: Readonly<Record<string, Reference>>,
  graph: GraphWriter,
  scope: string,
): KernelWriter {
  const T = type(dtypeOf(Object.values(step.inputs)[0]!));
  const constant: KernelWriter['constant'] = (shape, values, dtype = 'int32') =>
    graph.constant({ kind: 'constant', name: undefined, dtype, shape, values });
  return {
    step,
    inputs,
    add: (op, references, attributes) => graph.add(`${scope}/${op}`, op, references, { T, ...attributes }),
    constant,
    integers(attribute) {
      const value = step.attributes[attribute] as number | readonly number[];
      return typeof value === 'number' ? constant([], [value]) : constant([value.length], value);
    },
    number: (attribute, fallback) => Number(step.attributes[attribute] ?? fallback),
  };
}

/** The kernel's inputs in order, and nothing else. */
export const inOrder =
  (op: string): Writer =>
  ({ add, inputs }) =>
    add(op, Object.values(inputs));

/** A list of tensors of any length. */
export const listed =
  (
    op: string,
    more: (kernel: KernelWriter) => { inputs?: Reference[]; attributes?: Record<string, Attribute> } = () => ({}),
  ): Writer =>
  (kernel) => {
    const references = Object.values(kernel.inputs);
    const { inputs = [], attributes = {} } = more(kernel);
    return kernel.add(op, [...references, ...inputs], { N: int(references.length), ...attributes });
  };

/** x, and the integers of one attribute as a constant. */
export const withIntegers =
  (op: string, attribute: string, input = 'x'): Writer =>
  ({ add, inputs, integers }) =>
    add(op, [inputs[input]!, integers(attribute)]);
