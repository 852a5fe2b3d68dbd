/** An ONNX graph under construction. */
import { type Constant } from '../program.js';
import { isRounded, type RoundedType, toBytes, toFloat16 } from '../rounding.js';
import { DATA_TYPES, type OnnxAttribute, type OnnxNode, type OnnxTensor } from './proto.js';

/** The name of an output of a node, of the input, or of an initializer. */
export type OnnxReference = string;

export interface OnnxWriter {
  /** Adds a node and returns its outputs. A number is appended to the name if it is taken. */
  add(
    name: string,
    op: string,
    inputs: readonly OnnxReference[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
    outputs?: number,
  ): OnnxReference[];
  /** A node whose output has exactly this name. */
  output(name: string, source: OnnxReference): void;
  /** A constant of the network; the same one is written only once. */
  constant(constant: Constant): OnnxReference;
  /** Integers that control the computation: axes, shapes, indices. Equal ones are written only once. */
  integers(values: readonly number[], shape?: readonly number[]): OnnxReference;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
}

/**
 * A graph that contains only its input and the names of its outputs. Large weights are written at reduced precision if
 * requested.
 */
export function createOnnxWriter(reserved: readonly string[], rounded?: RoundedType): OnnxWriter {
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
  /** Weights at reduced precision, and a node that converts them to floats. */
  const roundedConstant = ({ name = 'constant', shape, values }: Constant, type: RoundedType): OnnxReference => {
    const output = unique(name);
    const add = (part: string, tensor: Omit<OnnxTensor, 'name'>): OnnxReference => {
      const added = unique(`${output}/${part}`);
      initializers.push({ name: added, ...tensor });
      return added;
    };
    if (type === 'float16') {
      const half = add('float16', { type: 'float16', shape, bytes: new Uint8Array(toFloat16(values).buffer) });
      nodes.push({
        name: output,
        op: 'Cast',
        inputs: [half],
        outputs: [output],
        attributes: { to: { int: DATA_TYPES.float32 } },
      });
      return output;
    }
    const { bytes, scale, zero } = toBytes(values);
    const inputs = [
      add('bytes', { type: 'uint8', shape, bytes }),
      add('scale', { type: 'float32', shape: [], bytes: bytesOf([scale], 'float32') }),
      add('zero', { type: 'uint8', shape: [], bytes: Uint8Array.of(zero) }),
    ];
    nodes.push({ name: output, op: 'DequantizeLinear', inputs, outputs: [output], attributes: {} });
    return output;
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
      if (rounded && isRounded(rounded, dtype, values)) {
        if (!known.has(constant)) known.set(constant, roundedConstant(constant, rounded));
        return known.get(constant)!;
      }
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

function bytesOf(values: ArrayLike<number>, type: 'float32' | 'int32' | 'bool' | 'int64'): Uint8Array {
  const array =
    type === 'int64'
      ? BigInt64Array.from(Array.from(values), BigInt)
      : { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[type].from(values);
  return new Uint8Array(array.buffer);
}
