/**
 * A recorded step as a SavedModel, byte by byte: one function with the step's operations, called from a graph of placeholders. Field numbers
 * are those of TensorFlow's .proto files (tensorflow/core/framework, version 2.15).
 */
import { bytesField, concat, floatField, integerField } from '../../protobuf.js';
import { type OpAttribute } from '../kernels/raw-op.js';
import { type Constant, type RecordedOperation, type Recording, type ValueIndex } from './recording.js';
import { neededOperations, sourceValues, wantedValues } from './replay.js';
import { outputName } from './output-names.js';

export interface StepGraph {
  /** The content of `saved_model.pb`. */
  readonly bytes: Uint8Array;
  /** Names of the inputs and of the outputs, joined by commas, as the binding takes them. */
  readonly feeds: string;
  readonly fetches: string;
}

const FLOAT = 1;
const PRODUCER = 1645;

/** The SavedModel of a recording, or the name of an operation that it has no form for. */
export function savedModel(recording: Recording<never, unknown>): StepGraph | { missing: string } {
  const typeOf = (value: ValueIndex): number => recording.types[value]!;
  const sources = sourceValues(recording);
  const wanted = wantedValues(recording);
  const body = functionBody(recording, sources);
  if ('missing' in body) return body;
  const inputTypes = sources.map(typeOf);
  const outputTypes = wanted.map(typeOf);
  const signature = concat(
    bytesField(1, 'step'),
    ...inputTypes.map((type, i) => bytesField(2, concat(bytesField(1, `a${i}`), integerField(3, type)))),
    ...outputTypes.map((type, i) => bytesField(3, concat(bytesField(1, `r${i}`), integerField(3, type)))),
  );
  const step = concat(
    bytesField(1, signature),
    ...body.nodes.map((node) => bytesField(3, node)),
    ...wanted.map((value, i) => bytesField(4, concat(bytesField(1, `r${i}`), bytesField(2, body.names.get(value)!)))),
    // Grappler would put sums together and change their order: it leaves functions alone that say so.
    mapEntry(5, '_noinline', boolean(true)),
    mapEntry(5, '_tf_data_function', boolean(true)),
  );
  const placeholders = sources.map((_, i) => node(`a${i}`, 'Placeholder', [], { dtype: type(inputTypes[i]!) }));
  const call = node(
    'call',
    'PartitionedCall',
    sources.map((_, i) => `a${i}`),
    {
      Tin: types(inputTypes),
      Tout: types(outputTypes),
      f: bytesField(10, bytesField(1, 'step')),
      config: bytesField(2, ''),
      config_proto: bytesField(2, WITHOUT_OPTIMIZER),
      executor_type: bytesField(2, ''),
    },
  );
  const graph = concat(
    ...[...placeholders, call].map((entry) => bytesField(1, entry)),
    bytesField(2, bytesField(1, step)),
    bytesField(4, concat(integerField(1, PRODUCER), integerField(2, 12))),
  );
  const meta = concat(bytesField(1, bytesField(4, 'serve')), bytesField(2, graph));
  return {
    bytes: concat(integerField(1, 1), bytesField(2, meta)),
    feeds: sources.map((_, i) => `a${i}:0`).join(','),
    fetches: wanted.map((_, i) => `call:${i}`).join(','),
  };
}

/** ConfigProto { graph_options { rewrite_options { disable_meta_optimizer } } } */
const WITHOUT_OPTIMIZER = bytesField(10, bytesField(10, integerField(19, 1)));

/** Nodes of the function, and how each value is named in it. */
function functionBody(
  recording: Recording<never, unknown>,
  sources: readonly ValueIndex[],
): { nodes: Uint8Array[]; names: Map<ValueIndex, string> } | { missing: string } {
  const operations = neededOperations(recording);
  const names = new Map(sources.map((value, i) => [value, `a${i}`]));
  const nodes: Uint8Array[] = [];
  const read = new Set(operations.flatMap(({ inputs }) => inputs));
  for (const constant of recording.constants) {
    if (!read.has(constant.value) || names.has(constant.value)) continue;
    const name = `c${constant.value}`;
    nodes.push(node(name, 'Const', [], { dtype: type(constant.dtype), value: bytesField(8, tensor(constant)) }));
    names.set(constant.value, `${name}:output:0`);
  }
  const order = inPlaceOrder(operations);
  for (const [i, operation] of operations.entries()) {
    const inputs = operation.inputs.map((value) => names.get(value)!);
    const after = order.get(i)?.map((earlier) => `^n${earlier}`) ?? [];
    const attributes = Object.fromEntries(operation.attributes.map((one) => [one.name, attribute(one)]));
    if (operation.op === 'AddN' && inputs.length > 2) {
      let count = 0;
      const add = (a: string, b: string): string => {
        const name = `n${i}_${count++}`;
        nodes.push(node(name, 'AddV2', [a, b], { T: attributes['T']! }));
        return `${name}:z:0`;
      };
      names.set(operation.outputs[0]!, sumInOrder(inputs, add));
      continue;
    }
    // The library leaves this type to be found from the input, which a function does not do.
    if (operation.op === 'ExpandDims') attributes['T'] ??= type(recording.types[operation.inputs[0]!]!);
    nodes.push(node(`n${i}`, operation.op, [...inputs, ...after], attributes));
    for (const [j, value] of operation.outputs.entries()) {
      const output = outputName(operation.op, j);
      if (!output) return { missing: operation.op };
      names.set(value, `n${i}:${output}`);
    }
  }
  return { nodes, names };
}

/**
 * The sum of three and more terms in the order of TensorFlow's AddN: the first `count mod 8` from left to right (8 or 9 for 0 or 1), then
 * the sum of each eight that follow. In a graph AddN may add them in any order, for the sake of memory.
 */
function sumInOrder(terms: readonly string[], add: (a: string, b: string) => string): string {
  const rest = terms.length % WIDTH;
  const first = rest < 2 ? rest + WIDTH : rest;
  let sum = terms.slice(0, first).reduce((a, b) => add(a, b));
  for (let at = first; at < terms.length; at += WIDTH)
    sum = add(
      sum,
      terms.slice(at, at + WIDTH).reduce((a, b) => add(a, b)),
    );
  return sum;
}

/** Terms that AddN adds at a time. */
const WIDTH = 8;

/**
 * Operations that have to wait for others though they read nothing of theirs: one that writes to its input in place comes after all that
 * have read that memory before it.
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

/** A node definition. */
function node(
  name: string,
  op: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, Uint8Array>>,
): Uint8Array {
  return concat(
    bytesField(1, name),
    bytesField(2, op),
    ...inputs.map((input) => bytesField(3, input)),
    ...Object.entries(attributes).map(([key, value]) => mapEntry(5, key, value)),
  );
}

/** An entry of a map from names to attribute values. */
const mapEntry = (field: number, key: string, value: Uint8Array): Uint8Array =>
  bytesField(field, concat(bytesField(1, key), bytesField(2, value)));

const boolean = (value: boolean): Uint8Array => integerField(5, value ? 1 : 0);
const type = (value: number): Uint8Array => integerField(6, value);
const types = (values: readonly number[]): Uint8Array =>
  bytesField(1, concat(...values.map((value) => integerField(6, value))));

/** The attribute value of what the binding takes, by its numbers of attribute types. */
function attribute({ type: kind, value }: OpAttribute): Uint8Array {
  const list = Array.isArray(value) ? (value as unknown[]) : undefined;
  const field = (one: unknown): Uint8Array => {
    switch (kind) {
      case 0:
        return bytesField(2, String(one));
      case 1:
        return integerField(3, Number(one));
      case 2:
        return floatField(4, Number(one));
      case 3:
        return integerField(5, one ? 1 : 0);
      case 4:
        return integerField(6, Number(one));
      case 5:
        return bytesField(7, concat(...(one as number[]).map((size) => bytesField(2, integerField(1, size)))));
      default:
        throw new Error(`an attribute of the kind ${kind} has no form in a graph`);
    }
  };
  // A shape is itself an array.
  if (kind === 5) return field(value);
  return list ? bytesField(1, concat(...list.map(field))) : field(value);
}

/** A tensor with its content. */
function tensor({ shape, dtype, data }: Constant): Uint8Array {
  const bytes =
    dtype === FLOAT ? Float32Array.from(data) : dtype === 10 ? Uint8Array.from(data) : Int32Array.from(data);
  return concat(
    integerField(1, dtype),
    bytesField(2, concat(...shape.map((size) => bytesField(2, integerField(1, size))))),
    bytesField(4, new Uint8Array(bytes.buffer)),
  );
}
