/** A graph of ONNX being written. */
import { type Constant } from '../program.js';
import { type DataType, type OnnxAttribute, type OnnxNode, type OnnxTensor } from './proto.js';

/** The name of an output of a node, of the input, or of an initializer. */
export type OnnxReference = string;

export interface OnnxWriter {
  /** Adds a node and returns its outputs. A number is added to the name where it is taken. */
  add(
    name: string,
    op: string,
    inputs: readonly OnnxReference[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
    outputs?: number,
  ): OnnxReference[];
  /** A node whose output has just this name. */
  output(name: string, source: OnnxReference): void;
  /** A constant of the network; the same one is written once. */
  constant(constant: Constant): OnnxReference;
  /** Whole numbers that say how to compute: axes, shapes, places. Equal ones are written once. */
  integers(values: readonly number[], shape?: readonly number[]): OnnxReference;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
}

/** A graph that has nothing but its input and the names of its outputs. */
export function createOnnxWriter(reserved: readonly string[]): OnnxWriter {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const names = new Set(reserved);
  const known = new Map<Constant | string, OnnxReference>();

  const unique = (wanted: string): string => {
    let name = wanted;
    for (let number = 1; names.has(name); number++) name = `${wanted}_${number}`;
    names.add(name);
    return name;
  };
  const initializer = (key: Constant | string, wanted: string, tensor: Omit<OnnxTensor, 'name'>): OnnxReference => {
    let name = known.get(key);
    if (name === undefined) {
      known.set(key, (name = unique(wanted)));
      initializers.push({ name, ...tensor });
    }
    return name;
  };
  return {
    nodes,
    initializers,
    add(wanted, op, inputs, attributes = {}, outputs = 1) {
      const name = unique(wanted);
      const made = Array.from({ length: outputs }, (_, i) => (i === 0 ? name : unique(`${name}:${i}`)));
      nodes.push({ name, op, inputs, outputs: made, attributes });
      return made;
    },
    output(name, source) {
      nodes.push({ name, op: 'Identity', inputs: [source], outputs: [name], attributes: {} });
    },
    constant(constant) {
      const { name, dtype, shape, values } = constant;
      const key = name === undefined && values.length <= 1 ? `${dtype}[${shape.join()}]${values[0]}` : constant;
      return initializer(key, name ?? 'constant', { type: dtype, shape, bytes: bytesOf(values, dtype) });
    },
    integers: (values, shape = [values.length]) =>
      initializer(`int64[${shape.join()}]${values.join()}`, 'integers', {
        type: 'int64',
        shape,
        bytes: bytesOf(values, 'int64'),
      }),
  };
}

function bytesOf(values: ArrayLike<number>, type: DataType): Uint8Array {
  const array =
    type === 'int64'
      ? BigInt64Array.from(Array.from(values), BigInt)
      : { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[type].from(values);
  return new Uint8Array(array.buffer);
}
