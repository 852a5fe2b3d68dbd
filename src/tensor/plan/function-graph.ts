/**
 * A SavedModel, byte by byte: one function, called from a graph of placeholders. Field numbers are those of
 * TensorFlow's .proto files (tensorflow/core/framework, version 2.15).
 */
import { bytesField, concat, floatField, integerField } from '../../protobuf.js';
import { DATA_TYPES, type OpAttribute } from '../kernels/raw-op.js';

/** The name of a value within the function: `node:output:index`, or an argument's name. */
export type ValueName = string;

export interface TensorContent {
  readonly shape: readonly number[];
  /** TensorFlow's number for the type. */
  readonly dtype: number;
  readonly data: ArrayLike<number>;
}

export type AttributeValue = Uint8Array;

/** A function under construction. */
export interface FunctionGraph {
  /** An argument of this type. */
  argument(dtype: number): ValueName;
  /**
   * A node; its outputs are read as `name:output:index`. `after` names nodes that must run before it although it reads
   * nothing of theirs.
   */
  node(
    op: string,
    inputs: readonly ValueName[],
    attributes?: Readonly<Record<string, AttributeValue>>,
    after?: readonly string[],
  ): string;
  constant(content: TensorContent, after?: readonly string[]): ValueName;
  /** A result of the function. */
  result(value: ValueName, dtype: number): void;
  /** Nodes so far. */
  readonly size: number;
  finish(): StepGraph;
}

export interface StepGraph {
  /** The content of `saved_model.pb`. */
  readonly bytes: Uint8Array;
  /** Names of the inputs and of the outputs, joined by commas, as the binding takes them. */
  readonly feeds: string;
  readonly fetches: string;
}

const PRODUCER = 1645;
const OLDEST_CONSUMER = 12;
/** The node that calls the function. */
const CALL = 'c';

/** A function without nodes. */
export function functionGraph(): FunctionGraph {
  const argumentTypes: number[] = [];
  const results: { value: ValueName; dtype: number }[] = [];
  const nodes: Uint8Array[] = [];
  let branches = false;
  const add: FunctionGraph['node'] = (op, inputs, attributes = {}, after = []) => {
    branches ||= op === 'Switch';
    const name = `n${nodes.length}`;
    nodes.push(bytesField(3, nodeDefinition(name, op, [...inputs, ...after.map((one) => `^${one}`)], attributes)));
    return name;
  };
  return {
    argument: (dtype) => `a${argumentTypes.push(dtype) - 1}`,
    node: add,
    constant(content, after) {
      const attributes = { dtype: type(content.dtype), value: bytesField(8, tensorProto(content)) };
      return `${add('Const', [], attributes, after)}:output:0`;
    },
    result: (value, dtype) => void results.push({ value, dtype }),
    get size() {
      return nodes.length;
    },
    finish() {
      const outputTypes = results.map(({ dtype }) => dtype);
      const signature = concat(
        bytesField(1, 'step'),
        ...argumentTypes.map((dtype, i) => bytesField(2, concat(bytesField(1, `a${i}`), integerField(3, dtype)))),
        ...outputTypes.map((dtype, i) => bytesField(3, concat(bytesField(1, `r${i}`), integerField(3, dtype)))),
      );
      const step = concat(
        bytesField(1, signature),
        ...nodes,
        ...results.map(({ value }, i) => bytesField(4, concat(bytesField(1, `r${i}`), bytesField(2, value)))),
        // Grappler would merge sums and change their order; it leaves functions with this attribute alone.
        mapEntry(5, '_noinline', boolean(true)),
        mapEntry(5, '_tf_data_function', boolean(true)),
      );
      const feeds = argumentTypes.map((_, i) => `a${i}`);
      const placeholders = feeds.map((name, i) =>
        nodeDefinition(name, 'Placeholder', [], { dtype: type(argumentTypes[i]!) }),
      );
      const call = nodeDefinition(CALL, 'PartitionedCall', feeds, {
        Tin: types(argumentTypes),
        Tout: types(outputTypes),
        f: bytesField(10, bytesField(1, 'step')),
        config: bytesField(2, ''),
        config_proto: bytesField(2, WITHOUT_OPTIMIZER),
        executor_type: bytesField(2, branches ? '' : IN_ORDER),
      });
      const graph = concat(
        ...[...placeholders, call].map((one) => bytesField(1, one)),
        bytesField(2, bytesField(1, step)),
        bytesField(4, concat(integerField(1, PRODUCER), integerField(2, OLDEST_CONSUMER))),
      );
      const meta = concat(bytesField(1, bytesField(4, 'serve')), bytesField(2, graph));
      return {
        bytes: concat(integerField(1, 1), bytesField(2, meta)),
        // The binding copies the whole text for every name in it, so both are kept short.
        feeds: feeds.join(','),
        fetches: results.map((_, i) => `${CALL}:${i}`).join(','),
      };
    },
  };
}

/** Runs one operation after the other, without the overhead of a pool. It does not support Switch and Merge. */
const IN_ORDER = 'SINGLE_THREADED_EXECUTOR';

/** ConfigProto { graph_options { rewrite_options { disable_meta_optimizer } } } */
const WITHOUT_OPTIMIZER = bytesField(10, bytesField(10, integerField(19, 1)));

function nodeDefinition(
  name: string,
  op: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>>,
): Uint8Array {
  return concat(
    bytesField(1, name),
    bytesField(2, op),
    ...inputs.map((input) => bytesField(3, input)),
    ...Object.entries(attributes).map(([key, value]) => mapEntry(5, key, value)),
  );
}

/** An entry of a map from names to attribute values. */
const mapEntry = (field: number, key: string, value: AttributeValue): Uint8Array =>
  bytesField(field, concat(bytesField(1, key), bytesField(2, value)));

export const boolean = (value: boolean): AttributeValue => integerField(5, value ? 1 : 0);
export const integer = (value: number): AttributeValue => integerField(3, value);
export const type = (value: number): AttributeValue => integerField(6, value);
const types = (values: readonly number[]): AttributeValue =>
  bytesField(1, concat(...values.map((value) => integerField(6, value))));

/** The attribute value for an attribute in the binding's form, with the binding's numbers for attribute types. */
export function attributeValue({ type: kind, value }: OpAttribute): AttributeValue {
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
        return bytesField(7, shapeProto(one as number[]));
      default:
        throw new Error(`an attribute of the kind ${kind} cannot be written to a graph`);
    }
  };
  // A shape is itself an array.
  return Array.isArray(value) && kind !== 5 ? bytesField(1, concat(...value.map(field))) : field(value);
}

const shapeProto = (shape: readonly number[]): Uint8Array =>
  concat(...shape.map((size) => bytesField(2, integerField(1, size))));

function tensorProto({ shape, dtype, data }: TensorContent): Uint8Array {
  const values =
    dtype === DATA_TYPES.float32
      ? Float32Array.from(data)
      : dtype === DATA_TYPES.bool
        ? Uint8Array.from(data)
        : Int32Array.from(data);
  return concat(integerField(1, dtype), bytesField(2, shapeProto(shape)), bytesField(4, new Uint8Array(values.buffer)));
}
