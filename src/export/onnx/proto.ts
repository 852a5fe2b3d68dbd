/**
 * The messages of ONNX, written field by field (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto; numbers in
 * brackets are its fields).
 */
import { bytesField, concat, floatField, integerField } from '../../protobuf.js';

/** Types of tensors as TensorProto.DataType numbers them. */
export const DATA_TYPES = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float16: 10 } as const;
export type DataType = keyof typeof DATA_TYPES;

/** An attribute of a node: an integer, a float, a text, or a list of integers; none of them negative. */
export type OnnxAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly text: string }
  | { readonly ints: readonly number[] };

export interface OnnxNode {
  readonly name: string;
  readonly op: string;
  /** An empty name stands for an omitted optional input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxTensor {
  readonly name: string;
  readonly type: DataType;
  readonly shape: readonly number[];
  /** Little-endian, row by row. */
  readonly bytes: Uint8Array;
}

export interface OnnxValue {
  readonly name: string;
  readonly type: DataType;
  /** -1 stands for the batch size. */
  readonly shape: readonly number[];
}

export interface OnnxModel {
  readonly opset: number;
  readonly producer: readonly [name: string, version: string];
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Of onnx 1.13, the release of opset 18. */
const IR_VERSION = 8;
/** The name of the batch dimension. */
const EXAMPLES = 'N';

/** A ModelProto. */
export function encodeModel({ opset, producer, metadata, ...graph }: OnnxModel): Uint8Array {
  return concat(
    integerField(1, IR_VERSION),
    bytesField(2, producer[0]),
    bytesField(3, producer[1]),
    bytesField(7, encodeGraph(graph)),
    bytesField(8, concat(bytesField(1, ''), integerField(2, opset))),
    ...Object.entries(metadata).map(([key, value]) => bytesField(14, concat(bytesField(1, key), bytesField(2, value)))),
  );
}

const encodeGraph = ({
  name,
  nodes,
  initializers,
  inputs,
  outputs,
}: Omit<OnnxModel, 'opset' | 'producer' | 'metadata'>): Uint8Array =>
  concat(
    ...nodes.map((node) => bytesField(1, encodeNode(node))),
    bytesField(2, name),
    ...initializers.map((tensor) => bytesField(5, encodeTensor(tensor))),
    ...inputs.map((value) => bytesField(11, encodeValue(value))),
    ...outputs.map((value) => bytesField(12, encodeValue(value))),
  );

const encodeNode = ({ name, op, inputs, outputs, attributes }: OnnxNode): Uint8Array =>
  concat(
    ...inputs.map((input) => bytesField(1, input)),
    ...outputs.map((output) => bytesField(2, output)),
    bytesField(3, name),
    bytesField(4, op),
    ...Object.entries(attributes).map(([key, value]) =>
      bytesField(5, concat(bytesField(1, key), encodeAttribute(value))),
    ),
  );

/** The value and its kind as AttributeProto.AttributeType [20] numbers it. */
function encodeAttribute(value: OnnxAttribute): Uint8Array {
  if ('float' in value) return concat(floatField(2, value.float), integerField(20, 1));
  if ('int' in value) return concat(integerField(3, value.int), integerField(20, 2));
  if ('text' in value) return concat(bytesField(4, value.text), integerField(20, 3));
  return concat(...value.ints.map((one) => integerField(8, one)), integerField(20, 7));
}

const encodeTensor = ({ name, type, shape, bytes }: OnnxTensor): Uint8Array =>
  concat(
    ...shape.map((length) => integerField(1, length)),
    integerField(2, DATA_TYPES[type]),
    bytesField(8, name),
    bytesField(9, bytes),
  );

/** A ValueInfoProto with its TypeProto. */
function encodeValue({ name, type, shape }: OnnxValue): Uint8Array {
  const dimensions = shape.map((length) =>
    bytesField(1, length < 0 ? bytesField(2, EXAMPLES) : integerField(1, length)),
  );
  const tensor = concat(integerField(1, DATA_TYPES[type]), bytesField(2, concat(...dimensions)));
  return concat(bytesField(1, name), bytesField(2, bytesField(1, tensor)));
}
