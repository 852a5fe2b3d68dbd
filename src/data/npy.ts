/**
 * Arrays as NumPy stores them: a single one in a `.npy` file, several by name in a `.npz` archive. Pickled data is
 * never read.
 */
import { WeftError } from '../errors.js';
import type { Source } from './dataset.js';
import { readSource } from './source.js';
import { unzip } from './zip.js';

export interface NumpyArray {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: Uint8Array | Float32Array | Float64Array | Int32Array | readonly string[];
}

const MAGIC = '\x93NUMPY';

/** The arrays of a `.npz` archive by name, or the one of a `.npy` file under the empty name, together with the file. */
export function readNumpy(path: string): { arrays: ReadonlyMap<string, NumpyArray>; source: Source } {
  const { bytes, source } = readSource(path);
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.toString('latin1', 0, MAGIC.length) === MAGIC)
    return { arrays: new Map([['', parseNpy(file, path)]]), source };
  const arrays = new Map<string, NumpyArray>();
  for (const { name, content } of unzip(file, path, 'write it again with numpy.savez'))
    if (name.endsWith('.npy')) arrays.set(name.slice(0, -'.npy'.length), parseNpy(content(), `${path} (${name})`));
  if (arrays.size === 0)
    throw new WeftError('data', `${path} contains no NumPy array`, 'write it with numpy.savez or numpy.save');
  return { arrays, source };
}

/** The array in the bytes of a `.npy` file (NumPy Enhancement Proposal 1). */
function parseNpy(file: Buffer, where: string): NumpyArray {
  const broken = (what: string): WeftError =>
    new WeftError(
      'data',
      `${where} is not a valid NumPy array: ${what}`,
      'write it again with numpy.save or numpy.savez',
    );
  if (file.length < 12 || file.toString('latin1', 0, MAGIC.length) !== MAGIC) throw broken('it does not begin as one');
  const begin = file[6]! >= 2 ? 12 : 10;
  const length = file[6]! >= 2 ? file.readUInt32LE(8) : file.readUInt16LE(8);
  const header = file.toString('latin1', begin, begin + length);
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const sizes = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  if (sizes === undefined || order === undefined) throw broken('its header is damaged');
  if (descr === undefined || /O/.test(descr))
    throw new WeftError(
      'data',
      `${where} contains Python objects or records, which are not supported`,
      'give it a type of numbers or texts, for example array.astype("float32")',
    );
  const shape = sizes
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number);
  if (!shape.every((size) => Number.isInteger(size) && size >= 0)) throw broken(`its shape is (${sizes})`);
  const count = shape.reduce((product, size) => product * size, 1);
  const data = file.subarray(begin + length);
  const [, endian, kind, size] = /^([<>|=])([a-zA-Z])(\d+)$/.exec(descr) ?? [];
  const width = kind === 'U' ? 4 * Number(size) : Number(size);
  if (data.length !== count * width) throw broken(`it has ${data.length} bytes, and its shape needs ${count * width}`);
  const values = decode(data, `${kind}${size}`, { count, big: endian === '>' });
  if (!values)
    throw new WeftError(
      'data',
      `${where} has the type '${descr}', which is not supported`,
      'give it a type of numbers or texts, for example array.astype("float32")',
    );
  return { shape, values: order === 'True' && shape.length > 1 ? rowByRow(values, shape) : values };
}

/** Reorders column-major values (Fortran order, as pandas often writes) to row-major. */
function rowByRow(values: NumpyArray['values'], shape: readonly number[]): NumpyArray['values'] {
  const turned = values.slice() as (number | string)[] | Float64Array;
  const index = shape.map(() => 0);
  for (let to = 0; to < values.length; to++) {
    const from = index.reduceRight((sum, at, axis) => sum * shape[axis]! + at, 0);
    turned[to] = values[from] as never;
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  return turned as NumpyArray['values'];
}

/** 64-bit integers are read as doubles: beyond 2^53 not all integers are distinguishable. */
function decode(
  data: Buffer,
  type: string,
  { count, big }: { count: number; big: boolean },
): NumpyArray['values'] | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const into = <T extends Float32Array | Float64Array | Int32Array>(array: T, read: (i: number) => number): T => {
    for (let i = 0; i < count; i++) array[i] = read(i);
    return array;
  };
  switch (type) {
    case 'b1':
    case 'u1':
      return Uint8Array.from(data);
    case 'i1':
      return into(new Int32Array(count), (i) => view.getInt8(i));
    case 'u2':
      return into(new Int32Array(count), (i) => view.getUint16(2 * i, !big));
    case 'i2':
      return into(new Int32Array(count), (i) => view.getInt16(2 * i, !big));
    case 'i4':
      return into(new Int32Array(count), (i) => view.getInt32(4 * i, !big));
    case 'u4':
      return into(new Float64Array(count), (i) => view.getUint32(4 * i, !big));
    case 'i8':
      return into(new Float64Array(count), (i) => Number(view.getBigInt64(8 * i, !big)));
    case 'u8':
      return into(new Float64Array(count), (i) => Number(view.getBigUint64(8 * i, !big)));
    case 'f4':
      return into(new Float32Array(count), (i) => view.getFloat32(4 * i, !big));
    case 'f8':
      return into(new Float64Array(count), (i) => view.getFloat64(8 * i, !big));
  }
  const size = Number(type.slice(1));
  if (type.startsWith('S'))
    return Array.from({ length: count }, (_, i) => text(data.toString('latin1', size * i, size * (i + 1))));
  if (!type.startsWith('U')) return undefined;
  return Array.from({ length: count }, (_, i) =>
    text(
      Array.from({ length: size }, (_, k) => String.fromCodePoint(view.getUint32(4 * (size * i + k), !big))).join(''),
    ),
  );
}

/** Strings are padded with zeros. */
const text = (padded: string): string => padded.replace(/\0+$/, '');
