/**
 * Slices of shared tensors. A child that needs only part of a parameter reads its leading entries along each axis, or
 * for a convolution window the centre (Cai et al. 2020, arXiv 1908.09791, section 3.2; without the kernel transform). A
 * step trains slices as parameters in their own right, named after the parameter and the shape: their slots, counts and
 * statistics are the slice's, so that whatever the optimizer does, entries outside the slice and their state do not
 * change.
 */
import { WeftError } from '../errors.js';
import { type ParameterSpec, type StatisticSpec } from '../operations/operation.js';
import { sameShape } from '../operations/shapes.js';
import { type NamedTensors } from '../tensor/named.js';
import { tf, tidy, type Tensor } from '../tensor/tf.js';
import { type Child } from './child.js';
import { type ParameterStore } from './parameter-store.js';

type Spec = ParameterSpec | StatisticSpec;

/** The name of a slice of a parameter, for example `block1/conv/kernel[3x3x8x4]`. */
export function sliceKey(name: string, shape: readonly number[]): string {
  return `${name}[${shape.join('x')}]`;
}

/** The name of the parameter, from the key of a slice or of the whole. */
export function wholeName(key: string): string {
  return key.endsWith(']') ? key.slice(0, key.lastIndexOf('[')) : key;
}

/** The spec of the slice with this key, given the specs of whole parameters; undefined for the name of a whole one. */
export function sliceSpec(key: string, whole: ReadonlyMap<string, ParameterSpec>): ParameterSpec | undefined {
  const name = wholeName(key);
  const spec = whole.get(name);
  if (name === key || !spec) return undefined;
  return {
    ...spec,
    shape: key
      .slice(name.length + 1, -1)
      .split('x')
      .map(Number),
  };
}

/** Where a slice begins along each axis: at the first channel, and in a window so that its centre stays the centre. */
function beginOf(whole: readonly number[], { shape, ...spec }: Spec): number[] {
  const isWindow = 'role' in spec && /kernel/.test(spec.role) && whole.length === 4;
  return whole.map((length, axis) => (isWindow && axis < 2 ? Math.floor((length - shape[axis]!) / 2) : 0));
}

/**
 * The part of a tensor that a child with this spec reads; the tensor itself if that is all of it. Throws
 * WeftError('operation') if it would be larger.
 */
export function readSlice(whole: Tensor, spec: Spec): Tensor {
  if (sameShape(whole.shape, spec.shape)) return whole;
  requireSlice(whole.shape, spec);
  return tf.slice(whole, beginOf(whole.shape, spec), [...spec.shape]);
}

/** A copy of `whole` with `part` in place of the slice; every other entry keeps its bits. */
export function writeSlice(whole: Tensor, spec: Spec, part: Tensor): Tensor {
  if (sameShape(whole.shape, spec.shape)) return tf.clone(part);
  requireSlice(whole.shape, spec);
  return tidy(() => {
    const begin = beginOf(whole.shape, spec);
    const around = whole.shape.map((length, axis): [number, number] => [
      begin[axis]!,
      length - begin[axis]! - spec.shape[axis]!,
    ]);
    const inside = tf.cast(tf.pad(tf.ones([...spec.shape]), around), 'bool');
    return tf.where(inside, tf.pad(part, around), whole);
  });
}

function requireSlice(whole: readonly number[], { shape }: Spec): void {
  if (shape.length === whole.length && shape.every((length, axis) => length <= whole[axis]!)) return;
  throw new WeftError(
    'operation',
    `a slice [${shape.join(', ')}] of a tensor [${whole.join(', ')}]`,
    'a slice must have as many dimensions as its tensor, each at most as long',
  );
}

/** The slices of these parameters that have slots among those of an optimizer's state; owned by the caller. */
export function trainedSlices(
  { catalogue, parameters }: Pick<ParameterStore, 'catalogue' | 'parameters'>,
  names: readonly string[],
  slots: readonly string[],
): NamedTensors {
  const wanted = new Set(names);
  const keys = new Set(slots.filter((slot) => slot.endsWith(']')).map((slot) => slot.split('/').slice(2).join('/')));
  return Object.fromEntries(
    [...keys].flatMap((key) => {
      const name = wholeName(key);
      const spec = sliceSpec(key, catalogue.parameters);
      if (!spec || !wanted.has(name)) return [];
      return [[key, tidy(() => tf.clone(readSlice(parameters[name]!, spec)))]];
    }),
  );
}

/** The weights that one step trains. */
export interface ActiveWeights {
  /** By parameter, or by slice of a parameter; borrowed, but for the slices, which `dispose` disposes. */
  readonly values: NamedTensors;
  /**
   * The full parameters, for the store, from new values of them, whose ownership it takes; the caller owns the result.
   */
  whole(values: NamedTensors): NamedTensors;
  dispose(): void;
}

/**
 * The weights of these children; if all of them read the same slice of a parameter, that slice. Throws
 * WeftError('unsupported') if several read different slices and none reads it whole, since some entries would then move
 * without being trained.
 */
export function activeWeights(children: readonly Child[], parameters: NamedTensors): ActiveWeights {
  const values: Record<string, Tensor> = {};
  const slices = new Map<string, { name: string; spec: ParameterSpec }>();
  for (const { slices: read, parameterNames } of children) {
    for (const name of parameterNames) {
      const whole = parameters[name]!;
      const spec = read?.get(name);
      if (!spec || sameShape(spec.shape, whole.shape)) values[name] = whole;
      else slices.set(sliceKey(name, spec.shape), { name, spec });
    }
  }
  const owned: Tensor[] = [];
  for (const [key, { name, spec }] of slices) {
    if (values[name]) {
      slices.delete(key);
      continue;
    }
    const rival = [...slices.values()].find((other) => other.name === name && other.spec !== spec);
    if (rival && !sameShape(rival.spec.shape, spec.shape)) {
      tf.dispose(owned);
      throw new WeftError(
        'unsupported',
        `networks that share a step read different slices of '${name}': [${spec.shape.join(', ')}] and [${rival.spec.shape.join(', ')}]`,
        'include the largest of them in the step, or train one network per step',
      );
    }
    values[key] = readSlice(parameters[name]!, spec);
    owned.push(values[key]);
  }
  return {
    values,
    whole(moved) {
      if (slices.size === 0) return moved;
      return Object.fromEntries(
        Object.entries(moved).map(([key, value]) => {
          const slice = slices.get(key);
          if (!slice) return [key, value];
          const whole = writeSlice(parameters[slice.name]!, slice.spec, value);
          value.dispose();
          return [slice.name, whole];
        }),
      );
    },
    dispose: () => tf.dispose(owned),
  };
}
