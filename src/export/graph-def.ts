/** TensorFlow's graph format: nodes with an operation, inputs by name, and typed attributes. */
import { type Constant } from './program.js';

export type Attribute =
  | { readonly type: string }
  | { readonly b: boolean }
  | { readonly i: string }
  | { readonly f: number }
  | { readonly s: string }
  | { readonly list: { readonly i: readonly string[] } | { readonly s: readonly string[] } }
  | { readonly shape: TensorShape }
  | { readonly tensor: { readonly dtype: string; readonly tensorShape: TensorShape } };

export interface TensorShape {
  readonly dim: readonly { readonly size: string }[];
}

export interface NodeDef {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr: Readonly<Record<string, Attribute>>;
}

/** An output of a node: its name, with `:1` and so on for those after the first. */
export type Reference = string;

const TYPES: Readonly<Record<string, string>> = { float32: 'DT_FLOAT', int32: 'DT_INT32', bool: 'DT_BOOL' };

export const typeName = (dtype: string): string => TYPES[dtype]!;
export const type = (dtype: string): Attribute => ({ type: typeName(dtype) });
export const bool = (value: unknown): Attribute => ({ b: value === true });
export const int = (value: number): Attribute => ({ i: String(value) });
export const float = (value: number): Attribute => ({ f: value });
export const string = (value: string): Attribute => ({ s: Buffer.from(value).toString('base64') });
export const ints = (values: readonly number[]): Attribute => ({ list: { i: values.map(String) } });
export const shapeDef = (shape: readonly number[]): TensorShape => ({
  dim: shape.map((length) => ({ size: String(length) })),
});

/** A graph under construction. */
export interface GraphWriter {
  /** Adds a node and returns its first output. A number is appended to the name if it is taken. */
  add(
    name: string,
    op: string,
    inputs: readonly Reference[],
    attributes: Readonly<Record<string, Attribute>>,
  ): Reference;
  /** A constant as a node; equal ones are written only once. */
  constant(constant: Constant): Reference;
  readonly nodes: readonly NodeDef[];
  /** The constants by the names of their nodes, in order: their values are stored outside the nodes. */
  readonly weights: ReadonlyMap<string, Constant>;
}

export const INPUT = 'input';

/** A graph that contains only its input. */
export function createGraphWriter(inputShape: readonly number[]): GraphWriter {
  const nodes: NodeDef[] = [
    { name: INPUT, op: 'Placeholder', attr: { dtype: type('float32'), shape: { shape: shapeDef(inputShape) } } },
  ];
  const names = new Set([INPUT]);
  const weights = new Map<string, Constant>();
  const known = new Map<Constant | string, Reference>();

  /** A name that TensorFlow allows and that is unique. */
  const unique = (wanted: string): string => {
    const legal = wanted.replace(/[^\w./-]/g, '_');
    let name = legal;
    for (let number = 1; names.has(name); number++) name = `${legal}_${number}`;
    names.add(name);
    return name;
  };
  return {
    nodes,
    weights,
    add(wanted, op, inputs, attributes) {
      const name = unique(wanted);
      nodes.push({ name, op, input: inputs, attr: attributes });
      return name;
    },
    constant(constant) {
      const { name: wanted, dtype, shape, values } = constant;
      const key =
        wanted === undefined && values.length <= MAX_COMPARED
          ? `${dtype}[${shape.join()}]${Array.from(values).join()}`
          : constant;
      let name = known.get(key);
      if (name === undefined) {
        known.set(key, (name = unique(wanted ?? 'constant')));
        nodes.push({
          name,
          op: 'Const',
          attr: { dtype: type(dtype), value: { tensor: { dtype: typeName(dtype), tensorShape: shapeDef(shape) } } },
        });
        weights.set(name, constant);
      }
      return name;
    },
  };
}

/** Axes, shapes and single numbers are compared by value, larger constants by identity. */
const MAX_COMPARED = 16;
