/** Writes the operations of a recording as nodes of a function. */
import { DATA_TYPES } from '../kernels/raw-op.js';
import {
  attributeValue,
  type FunctionGraph,
  functionGraph,
  integer,
  type StepGraph,
  type,
  type ValueName,
} from './function-graph.js';
import { outputName } from './output-names.js';
import { type Declared, type RecordedOperation, type Recording, type ValueIndex } from './recording.js';
import { neededOperations, wantedValues } from './replay.js';

/**
 * The SavedModel of a recording, or the name of an operation that cannot be written to it. Its arguments are the
 * inputs, the declared values that are not scalars, and the scalars as one vector, because each argument has a cost.
 */
export function savedModel(recording: Recording<never, unknown>): StepGraph | { missing: string } {
  const graph = functionGraph();
  const { inputs, declared, types } = recording;
  const argument = (value: ValueIndex): [ValueIndex, ValueName] => [value, graph.argument(types[value]!)];
  const names = new Map([...inputs.values(), ...declared.filter(isNoScalar).map(({ value }) => value)].map(argument));
  addScalars(graph, declared.filter(isScalar), names);
  const missing = addOperations(graph, recording, names);
  if (missing !== undefined) return { missing };
  for (const value of wantedValues(recording)) graph.result(names.get(value)!, types[value]!);
  return graph.finish();
}

/** Whether a declared value is one number. */
export const isScalar = ({ shape }: Pick<Declared<never>, 'shape'>): boolean => shape.length === 0;
const isNoScalar = (one: Pick<Declared<never>, 'shape'>): boolean => !isScalar(one);

/** Unpacks these numbers from one vector, a further argument; there is none if there are no numbers. */
export function addScalars(
  graph: FunctionGraph,
  scalars: readonly Pick<Declared<never>, 'value'>[],
  names: Map<ValueIndex, ValueName>,
): void {
  if (scalars.length === 0) return;
  const vector = graph.argument(DATA_TYPES.float32);
  const attributes = { T: type(DATA_TYPES.float32), num: integer(scalars.length), axis: integer(0) };
  const parts = graph.node('Unpack', [vector], attributes);
  scalars.forEach(({ value }, i) => names.set(value, `${parts}:output:${i}`));
}

/**
 * Adds what the wanted values of a recording depend on. `names` holds the sources' names, and receives those of
 * everything that is computed. `after` is a node that everything waits for. Returns the operation that cannot be
 * written to a graph, if there is one.
 */
export function addOperations(
  graph: FunctionGraph,
  recording: Recording<never, unknown>,
  names: Map<ValueIndex, ValueName>,
  after: readonly string[] = [],
): string | undefined {
  const operations = neededOperations(recording);
  const unknown = operations.find(({ op }) => outputName(op, 0) === undefined);
  if (unknown) return unknown.op;
  const read = new Set([...operations.flatMap(({ inputs }) => inputs), ...recording.outputs.map(({ value }) => value)]);
  for (const constant of recording.constants)
    if (read.has(constant.value) && !names.has(constant.value))
      names.set(constant.value, graph.constant(constant, after));
  const order = inPlaceOrder(operations);
  const nodes: string[] = [];
  for (const [i, operation] of operations.entries()) {
    const inputs = operation.inputs.map((value) => names.get(value)!);
    const attributes = Object.fromEntries(operation.attributes.map((one) => [one.name, attributeValue(one)]));
    if (operation.op === 'AddN' && inputs.length > 2) {
      const add = (a: ValueName, b: ValueName): ValueName =>
        `${graph.node('AddV2', [a, b], { T: attributes['T']! })}:z:0`;
      const sum = sumInOrder(inputs, add);
      names.set(operation.outputs[0]!, sum);
      nodes.push(sum.slice(0, sum.indexOf(':')));
      continue;
    }
    // The library leaves this type to be inferred from the input, which a function does not do.
    if (operation.op === 'ExpandDims') attributes['T'] ??= type(recording.types[operation.inputs[0]!]!);
    const earlier = order.get(i)?.map((one) => nodes[one]!) ?? [];
    nodes.push(graph.node(operation.op, inputs, attributes, earlier));
    operation.outputs.forEach((value, j) => names.set(value, `${nodes[i]}:${outputName(operation.op, j)}`));
    const kept = OVERWRITTEN[operation.op];
    if (kept === undefined) continue;
    // Something reads the input after the operation, and its result waits for that, so that the memory stays in use.
    const [input, output] = [operation.inputs[kept]!, operation.outputs[0]!];
    const int32 = type(DATA_TYPES.int32);
    const reader = graph.node('Shape', [names.get(input)!], { T: type(recording.types[input]!), out_type: int32 }, [
      nodes[i]!,
    ]);
    const result = graph.node('Identity', [names.get(output)!], { T: type(recording.types[output]!) }, [reader]);
    names.set(output, `${result}:output:0`);
  }
  return undefined;
}

/**
 * Operations that write their first result over this input of the same shape if nothing else will read it, which a
 * session can know, but that clear the result before they have read the input (TensorFlow 2.15).
 */
const OVERWRITTEN: Readonly<Record<string, number>> = { MaxPoolGradGrad: 2 };

/**
 * The sum of three or more terms in the order of TensorFlow's AddN: the first `count mod 8` from left to right (8 or 9
 * for 0 or 1), then the sum of each following eight. In a graph AddN may add them in any order, to save memory.
 */
function sumInOrder(terms: readonly ValueName[], add: (a: ValueName, b: ValueName) => ValueName): ValueName {
  const rest = terms.length % WIDTH;
  const first = rest < 2 ? rest + WIDTH : rest;
  const sumOf = (some: readonly ValueName[]): ValueName => some.reduce((a, b) => add(a, b));
  let sum = sumOf(terms.slice(0, first));
  for (let at = first; at < terms.length; at += WIDTH) sum = add(sum, sumOf(terms.slice(at, at + WIDTH)));
  return sum;
}

/** Terms that AddN adds at a time. */
const WIDTH = 8;

/**
 * Operations that have to wait for others although they read nothing of theirs: one that writes to its input in place
 * comes after all that have read that memory before it.
 */
function inPlaceOrder(operations: readonly RecordedOperation[]): Map<number, number[]> {
  const order = new Map<number, number[]>();
  if (!operations.some(({ op }) => op.startsWith('Inplace'))) return order;
  const memory = new Map<ValueIndex, ValueIndex>();
  const memoryOf = (value: ValueIndex): ValueIndex => memory.get(value) ?? value;
  const readers = new Map<ValueIndex, number[]>();
  for (const [i, { op, inputs, outputs }] of operations.entries()) {
    const first = memoryOf(inputs[0]!);
    if (op.startsWith('Inplace')) order.set(i, [...(readers.get(first) ?? [])]);
    for (const value of new Set(inputs.map(memoryOf))) readers.set(value, [...(readers.get(value) ?? []), i]);
    if (op.startsWith('Inplace') || op === 'Reshape' || op === 'Identity') memory.set(outputs[0]!, first);
  }
  return order;
}
