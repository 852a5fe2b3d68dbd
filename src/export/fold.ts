/**
 * Normalization with fixed statistics is a scale and an offset per channel. Several in a row merge into one, and after
 * a convolution the scale is folded into its weights: fewer kernels, the same function.
 */
import {
  type Constant,
  mapValues,
  type Program,
  type Result,
  shapeOf,
  type Step,
  stepsOf,
  type Value,
} from './program.js';

/** source·scale + offset, for each channel of the last axis. */
interface Affine {
  readonly source: Value;
  readonly scale: readonly number[];
  readonly offset: readonly number[];
  /** Number of steps it replaces. */
  readonly length: number;
  /** The origin of the constants, for example `layer1/norm`. */
  readonly folder: string | undefined;
}

/** Kernels whose weights have the output's channels on their last axes, and the name of these weights. */
const LINEAR: Readonly<Record<string, string>> = {
  Conv2D: 'filter',
  DepthwiseConv2dNative: 'filter',
  BatchMatMul: 'b',
};

/**
 * A larger offset absorbs the digits of the value it is added to: the mean of days since 1970, for example, has to be
 * subtracted first.
 */
const LARGEST_OFFSET = 64;

/** The same program with scales and offsets folded, in double precision. */
export function foldAffine(program: Program): Program {
  const users = countUsers(program);
  const isPrivate = (value: Value): boolean => value.kind !== 'result' || users.get(value.step) === 1;
  const rewritten = new Map<Step, Step>();

  const rewrite = (value: Value): Value => {
    if (value.kind !== 'result') return value;
    let step = rewritten.get(value.step);
    if (!step) rewritten.set(value.step, (step = rebuild(value.step)));
    return { ...value, step };
  };
  const rebuild = (step: Step): Step => {
    const plain = (): Step => ({ ...step, inputs: mapValues(step.inputs, rewrite) });
    const chain = affineChain(step, isPrivate);
    if (!chain) return plain();
    const weights = isPrivate(chain.source) ? linearWeights(chain.source) : undefined;
    if (weights) {
      const { step: linear } = chain.source as Result;
      const source = {
        ...linear,
        inputs: { ...mapValues(linear.inputs, rewrite), [LINEAR[linear.kernel]!]: scaled(weights, chain.scale) },
      };
      return perChannel('Add', result(source), chain.offset, named(folderOf(weights), 'bias'));
    }
    if (chain.length === 1 || chain.offset.some((offset) => Math.abs(offset) > LARGEST_OFFSET)) return plain();
    const product = perChannel('Multiply', rewrite(chain.source), chain.scale, named(chain.folder, 'scale'));
    return perChannel('Add', result(product), chain.offset, named(chain.folder, 'offset'));
  };
  return mapValues(program, rewrite);
}

function countUsers(program: Program): Map<Step, number> {
  const users = new Map<Step, number>();
  for (const value of [...stepsOf(program).flatMap(({ inputs }) => Object.values(inputs)), ...Object.values(program)]) {
    if (value.kind === 'result') users.set(value.step, (users.get(value.step) ?? 0) + 1);
  }
  return users;
}

/**
 * The combined effect of a step and its predecessors on the channels, as long as nothing else uses intermediate values.
 */
function affineChain(step: Step, isPrivate: (value: Value) => boolean): Affine | undefined {
  const own = affineOf(step);
  if (own?.source.kind !== 'result' || !isPrivate(own.source)) return own;
  const before = affineChain(own.source.step, isPrivate);
  if (!before) return own;
  return {
    source: before.source,
    scale: own.scale.map((scale, c) => scale * before.scale[c]!),
    offset: own.offset.map((offset, c) => own.scale[c]! * before.offset[c]! + offset),
    length: before.length + 1,
    folder: before.folder ?? own.folder,
  };
}

/** The step as a scale and an offset, if it is an arithmetic one with a constant per channel, or a single one. */
function affineOf({ kernel, inputs, shapes }: Step): Affine | undefined {
  const { a, b } = inputs;
  if (!a || !b || !Object.hasOwn(ARITHMETIC, kernel)) return undefined;
  const [source, constant, reversed] = b.kind === 'constant' ? [a, b, false] : [b, a, true];
  const shape = shapes[0]!;
  if (
    constant.kind !== 'constant' ||
    constant.dtype !== 'float32' ||
    shape.length < 2 ||
    shapeOf(source).join() !== shape.join()
  )
    return undefined;
  const channels = shape.at(-1)!;
  if (constant.values.length !== 1 && (constant.values.length !== channels || constant.shape.at(-1) !== channels))
    return undefined;
  const pairs = Array.from({ length: channels }, (_, c) =>
    ARITHMETIC[kernel]!(constant.values[constant.values.length === 1 ? 0 : c]!, reversed),
  );
  if (pairs.includes(undefined)) return undefined;
  return {
    source,
    scale: pairs.map((pair) => pair![0]),
    offset: pairs.map((pair) => pair![1]),
    length: 1,
    folder: folderOf(constant),
  };
}

/** Scale and offset of an operation with the constant k; `reversed` when k is the first operand. */
const ARITHMETIC: Readonly<
  Record<string, (k: number, reversed: boolean) => readonly [scale: number, offset: number] | undefined>
> = {
  Add: (k) => [1, k],
  Sub: (k, reversed) => (reversed ? [-1, k] : [1, -k]),
  Multiply: (k) => [k, 0],
  RealDiv: (k, reversed) => (reversed ? undefined : [1 / k, 0]),
};

/** The weights of the linear kernel that produced this value, if they can absorb a scale per channel. */
function linearWeights(value: Value): Constant | undefined {
  if (value.kind !== 'result') return undefined;
  const { kernel, inputs, attributes, shapes } = value.step;
  const weights = Object.hasOwn(LINEAR, kernel) ? inputs[LINEAR[kernel]!] : undefined;
  const inOrder = attributes['transposeB'] !== true && attributes['dataFormat'] !== 'NCHW';
  return weights?.kind === 'constant' && inOrder && (kernel !== 'BatchMatMul' || shapes[0]!.length === 2)
    ? weights
    : undefined;
}

function scaled(weights: Constant, scale: readonly number[]): Constant {
  return { ...weights, values: Float32Array.from(weights.values, (value, i) => value * scale[i % scale.length]!) };
}

function perChannel(kernel: 'Add' | 'Multiply', a: Value, values: readonly number[], name: string | undefined): Step {
  const b: Constant = {
    kind: 'constant',
    name,
    dtype: 'float32',
    shape: [values.length],
    values: Float32Array.from(values),
  };
  return { kernel, inputs: { a, b }, attributes: {}, shapes: [shapeOf(a)], dtypes: ['float32'] };
}

const result = (step: Step): Result => ({ kind: 'result', step, output: 0 });
const folderOf = ({ name }: Constant): string | undefined => name?.replace(/\/[^/]*$/, '');
const named = (folder: string | undefined, local: string): string | undefined => folder && `${folder}/${local}`;
