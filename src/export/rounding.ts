/** Weights at reduced precision: smaller files, which are converted back to 32-bit floats on loading. */
import { type tf } from '../tensor/tf.js';

/** `int8` is 8 bits per weight, an integer number of steps between the minimum and the maximum of a tensor. */
export type RoundedType = 'float16' | 'int8';

/**
 * Tensors with fewer values than this (offsets, scales) are not rounded: they are a small part of a file but matter a
 * lot.
 */
const FEWEST = 64;
const LARGEST_FLOAT16 = 65504;

/** Whether a tensor is rounded: large, floating-point, and within range. */
export function isRounded(type: RoundedType, dtype: string, values: ArrayLike<number>): boolean {
  if (dtype !== 'float32' || values.length < FEWEST) return false;
  return type === 'int8' || Array.prototype.every.call(values, (value: number) => Math.abs(value) <= LARGEST_FLOAT16);
}

/** value = (byte - zero) · scale */
export interface Bytes {
  readonly bytes: Uint8Array;
  readonly scale: number;
  /** The byte that stands for 0, which is represented exactly. */
  readonly zero: number;
}

/**
 * Values in 256 equal steps from the minimum to the maximum, including 0 (Jacob et al. 2018, arXiv 1712.05877, equation
 * 1).
 */
export function toBytes(values: ArrayLike<number>): Bytes {
  let [low, high] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]!);
    high = Math.max(high, values[i]!);
  }
  const scale = Math.fround((high - low) / 255) || 1;
  const zero = Math.min(255, Math.max(0, Math.round(-low / scale)));
  const bytes = Uint8Array.from(values, (value) => Math.min(255, Math.max(0, Math.round(value / scale) + zero)));
  return { bytes, scale, zero };
}

/** Values as 16-bit floats [IEEE 754-2019, binary16], rounded to the nearest, halves to even. */
export const toFloat16 = (values: ArrayLike<number>): Uint16Array => Uint16Array.from(values, float16);

const TEN_BITS = 2 ** 10;
const SMALLEST_EXPONENT = -14;

function float16(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  // Spacing of neighbours at this magnitude; below 2^-14 it no longer shrinks.
  const exponent = Math.max(SMALLEST_EXPONENT, size === 0 ? SMALLEST_EXPONENT : Math.floor(Math.log2(size)));
  const steps = roundToEven((size / 2 ** exponent) * TEN_BITS);
  // A carry into the next exponent is the same sum.
  return sign | ((exponent - SMALLEST_EXPONENT) * TEN_BITS + steps);
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

type Weights = Required<Pick<tf.io.ModelArtifacts, 'weightSpecs'>> & { readonly weightData: ArrayBuffer };

const SIZES: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1 };

/** The weights of a graph model with large tensors rounded, in the format that TensorFlow.js reads. */
export function roundWeights({ weightSpecs, weightData }: Weights, type: RoundedType): Weights {
  let offset = 0;
  const parts: Uint8Array[] = [];
  const specs = weightSpecs.map((spec) => {
    const count = spec.shape.reduce((product, length) => product * length, 1);
    const bytes = count * SIZES[spec.dtype]!;
    const raw = weightData.slice(offset, offset + bytes);
    offset += bytes;
    const values = new Float32Array(spec.dtype === 'float32' ? raw : new ArrayBuffer(0));
    if (!isRounded(type, spec.dtype, values)) {
      parts.push(new Uint8Array(raw));
      return spec;
    }
    if (type === 'float16') {
      parts.push(new Uint8Array(toFloat16(values).buffer));
      return { ...spec, quantization: { dtype: 'float16' as const, original_dtype: 'float32' as const } };
    }
    const { bytes: rounded, scale, zero } = toBytes(values);
    parts.push(rounded);
    const quantization = { dtype: 'uint8' as const, scale, min: -zero * scale, original_dtype: 'float32' as const };
    return { ...spec, quantization };
  });
  return { weightSpecs: specs, weightData: new Uint8Array(Buffer.concat(parts)).buffer };
}
