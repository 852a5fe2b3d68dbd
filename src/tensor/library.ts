/**
 * TensorFlow.js, loaded at the first computation: code that only reads runs, configurations or spaces does not wait for
 * it. Only the kernels import it from here; everything else takes `tf` from `tf.js`, which installs the kernels once it
 * is loaded.
 */
import { createRequire } from 'node:module';
import type * as library from '@tensorflow/tfjs';

type Library = typeof library;

export type Tensor = library.Tensor;
export type Tensor1D = library.Tensor1D;
export type Tensor2D = library.Tensor2D;
export type Tensor4D = library.Tensor4D;
export type Scalar = library.Scalar;

const require = createRequire(import.meta.url);
const state: { loaded?: Library; prepare: () => void } = { prepare: () => undefined };

/** Registers `prepare` to be called once, when the library has been loaded and before the first tensor exists. */
export function whenLoaded(prepare: () => void): void {
  state.prepare = prepare;
}

/** The library itself; the first call loads it, which takes about a second. */
function load(): Library {
  if (state.loaded) return state.loaded;
  // Set before `prepare`, which uses `tf`.
  state.loaded = require('@tensorflow/tfjs') as Library;
  state.prepare();
  return state.loaded;
}

/** TensorFlow.js; the first use of a member loads it. */
export const tf: Library = new Proxy({} as Library, {
  get: (_, name) => Reflect.get(load(), name) as unknown,
  has: (_, name) => Reflect.has(load(), name),
  ownKeys: () => Reflect.ownKeys(load()),
  getOwnPropertyDescriptor(_, name) {
    const property = Reflect.getOwnPropertyDescriptor(load(), name);
    return property && { ...property, configurable: true };
  },
});

/** The library's types under their own names, as if all of it were imported as `tf`. */
/* eslint-disable @typescript-eslint/no-namespace -- types of a value that is not a module */
export declare namespace tf {
  type Rank = library.Rank;
  type DataType = library.DataType;
  type Tensor<R extends library.Rank = library.Rank> = library.Tensor<R>;
  type Scalar = library.Scalar;
  type Tensor1D = library.Tensor1D;
  type Tensor2D = library.Tensor2D;
  type Tensor3D = library.Tensor3D;
  type Tensor4D = library.Tensor4D;
  type Tensor5D = library.Tensor5D;
  type Variable<R extends library.Rank = library.Rank> = library.Variable<R>;
  type TensorInfo = library.TensorInfo;
  type TensorLike = library.TensorLike;
  type TensorContainer = library.TensorContainer;
  type NamedTensorMap = library.NamedTensorMap;
  type NamedAttrMap = library.NamedAttrMap;
  type KernelFunc = library.KernelFunc;
  type GradSaveFunc = library.GradSaveFunc;
  namespace io {
    type ModelArtifacts = library.io.ModelArtifacts;
  }
  namespace backend_util {
    type Conv2DInfo = library.backend_util.Conv2DInfo;
    type ExplicitPadding = library.backend_util.ExplicitPadding;
  }
}
/* eslint-enable @typescript-eslint/no-namespace */

/**
 * `tf.tidy` typed for results of any structure: records, interfaces, nothing. Arrays of numbers are kept from it,
 * because it looks at each of their entries for tensors.
 */
export const tidy = <T>(f: () => T): T => {
  let result!: T;
  tf.tidy(() => {
    result = f();
    return (ArrayBuffer.isView(result) ? null : result) as library.TensorContainer;
  });
  return result;
};
