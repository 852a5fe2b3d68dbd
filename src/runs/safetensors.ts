/**
 * Named tensors in one file that every framework reads: 8 bytes little-endian header length, a JSON header
 * {name: {dtype, shape, data_offsets}}, the raw values. Files are byte for byte those of the reference
 * implementation, and depend on nothing but names and values.
 *
 * [Reference]: https://huggingface.co/docs/safetensors
 */
import { WeftError } from '../errors.js';
import { type NamedTensors } from '../tensor/named.js';
import { tf, type Tensor } from '../tensor/tf.js';
import { isObject } from './json.js';

export interface Safetensors {
  readonly tensors: NamedTensors;
  /** The file's `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The location of a tensor; offsets in bytes from the end of the header. */
interface Entry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

type Dtype = 'F32' | 'I32' | 'U8' | 'BOOL';

/** Bytes per value, and the order in a file: wide types come first, so that every tensor is aligned. */
const DTYPES: Readonly<Record<Dtype, { size: number; rank: number }>> = {
  F32: { size: 4, rank: 0 },
  I32: { size: 4, rank: 1 },
  U8: { size: 1, rank: 2 },
  BOOL: { size: 1, rank: 3 },
};
const LENGTH_BYTES = 8;
const ALIGNMENT = 8;
/** The reference implementation's limit. */
const MAX_HEADER_BYTES = 100_000_000;

/** The bytes of a file that holds these tensors (float32, int32 or bool; borrowed). */
export function encodeSafetensors(tensors: NamedTensors, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const items = Object.entries(tensors).map(([name, tensor]) => ({ name, tensor, dtype: dtypeOf(name, tensor) }));
  items.sort((a, b) => DTYPES[a.dtype].rank - DTYPES[b.dtype].rank || (a.name < b.name ? -1 : 1));
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [];
  let offset = 0;
  for (const { name, tensor, dtype } of items) {
    const end = offset + tensor.size * DTYPES[dtype].size;
    header.push([name, { dtype, shape: tensor.shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  // Not a single object, because that would put integer-like names first.
  const json = Buffer.from(
    `{${header.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`,
  );
  const start = LENGTH_BYTES + Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const bytes = Buffer.alloc(start + offset, ' ');
  bytes.writeBigUInt64LE(BigInt(start - LENGTH_BYTES));
  json.copy(bytes, LENGTH_BYTES);
  let position = start;
  for (const { tensor, dtype } of items) {
    const values = rawValues(tensor, dtype);
    bytes.set(values, position);
    position += values.length;
  }
  return bytes;
}

/** The tensors in the bytes of a file; `source` names it in errors. The caller owns them. */
export function decodeSafetensors(bytes: Uint8Array, source: string): Safetensors {
  const { entries, metadata, start } = parseHeader(
    bytes,
    (what) =>
      new WeftError(
        'checkpoint',
        `${source}: ${what}`,
        'the file is damaged or not a safetensors file; use another copy or an earlier checkpoint',
      ),
  );
  const tensors = entries.map(
    (entry) => [entry.name, tensorOf(entry, bytes.subarray(start + entry.begin, start + entry.end))] as const,
  );
  return { tensors: Object.fromEntries(tensors.sort(([a], [b]) => (a < b ? -1 : 1))), metadata };
}

type Fault = (what: string) => WeftError;

function parseHeader(
  bytes: Uint8Array,
  fault: Fault,
): { entries: Entry[]; metadata: Record<string, string>; start: number } {
  if (bytes.length < LENGTH_BYTES) throw fault(`${bytes.length} bytes are too few for a header`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES) throw fault(`a header of ${length} bytes is too large`);
  const start = LENGTH_BYTES + length;
  if (start > bytes.length) throw fault(`truncated: the header ends at byte ${start}, the file at ${bytes.length}`);
  const text = decodeText(bytes.subarray(LENGTH_BYTES, start), fault);
  const header = parseObject(text, fault);
  const { __metadata__: metadata = {}, ...rest } = header;
  if (!isMetadata(metadata)) throw fault('__metadata__ is not a map from text to text');
  const entries = Object.entries(rest).map(([name, value]) => parseEntry(name, value, fault));
  const keys = Object.keys(header).length + Object.keys(metadata).length + entries.length * ENTRY_KEYS;
  if (countKeys(text) !== keys) throw fault('a name occurs twice in the header');
  checkTiling(entries, bytes.length - start, fault);
  return { entries, metadata, start };
}

function decodeText(bytes: Uint8Array, fault: Fault): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw fault('the header is not UTF-8');
  }
}

function parseObject(text: string, fault: Fault): Record<string, unknown> {
  if (!text.startsWith('{')) throw fault('the header is not a JSON object');
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw fault(`the header is not JSON: ${(error as Error).message}`);
  }
}

const ENTRY_KEYS = 3;

function parseEntry(name: string, value: unknown, fault: Fault): Entry {
  const { dtype, shape, data_offsets: offsets } = isObject(value) ? value : {};
  if (!isObject(value) || Object.keys(value).length !== ENTRY_KEYS)
    throw fault(`'${name}' has not exactly dtype, shape and data_offsets`);
  if (typeof dtype !== 'string' || !isDtype(dtype))
    throw fault(`'${name}' has the type ${JSON.stringify(dtype)}; readable are ${Object.keys(DTYPES).join(', ')}`);
  if (!isCounts(shape) || shape.some((length) => length > MAX_LENGTH))
    throw fault(`'${name}' has the shape ${JSON.stringify(shape)}`);
  if (!isCounts(offsets) || offsets.length !== 2) throw fault(`'${name}' has the offsets ${JSON.stringify(offsets)}`);
  const [begin, end] = offsets as [number, number];
  const size = shape.reduce((product, length) => product * length, DTYPES[dtype].size);
  if (end - begin !== size) throw fault(`'${name}' has ${end - begin} bytes where ${dtype} [${shape}] needs ${size}`);
  return { name, dtype, shape, begin, end };
}

/** The longest axis that every backend can address. */
const MAX_LENGTH = 2 ** 31 - 1;

const isDtype = (name: string): name is Dtype => Object.hasOwn(DTYPES, name);
const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
const isMetadata = (value: unknown): value is Record<string, string> =>
  isObject(value) && Object.values(value).every((item) => typeof item === 'string');

/**
 * The number of keys in a valid JSON text: strings followed by a colon. JSON.parse drops all but the last of duplicate
 * keys.
 */
function countKeys(json: string): number {
  let count = 0;
  for (const [, colon] of json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)) if (colon) count++;
  return count;
}

/** Every byte of the data must belong to exactly one tensor. */
function checkTiling(entries: readonly Entry[], dataBytes: number, fault: Fault): void {
  let covered = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) throw fault(`'${name}' begins at byte ${begin} of the data, where ${covered} was expected`);
    covered = end;
  }
  if (covered !== dataBytes)
    throw fault(
      `${covered < dataBytes ? 'trailing bytes' : 'truncated'}: the tensors need ${covered} bytes of data, the file has ${dataBytes}`,
    );
}

function dtypeOf(name: string, { dtype }: Tensor): Dtype {
  if (dtype === 'float32') return 'F32';
  if (dtype === 'int32') return 'I32';
  if (dtype === 'bool') return 'BOOL';
  throw new WeftError('unsupported', `'${name}' is a ${dtype} tensor, which cannot be saved`, 'cast it to float32');
}

function rawValues(tensor: Tensor, dtype: Dtype): Uint8Array {
  const values = tensor.dataSync();
  if (dtype === 'BOOL') return Uint8Array.from(values);
  const typed = dtype === 'F32' ? asTyped(values, Float32Array) : asTyped(values, Int32Array);
  return new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength);
}

/** Some backends store integers in the wrong array type. */
const asTyped = <T extends Float32Array | Int32Array>(
  values: ArrayLike<number>,
  type: { new (values: ArrayLike<number>): T },
): T => (values instanceof type ? values : new type(values));

function tensorOf({ dtype, shape }: Entry, bytes: Uint8Array): Tensor {
  const own = new Uint8Array(bytes); // copied, because typed arrays must be aligned and the backend may keep them
  switch (dtype) {
    case 'F32':
      return tf.tensor(new Float32Array(own.buffer), [...shape], 'float32');
    case 'I32':
      return tf.tensor(new Int32Array(own.buffer), [...shape], 'int32');
    case 'U8':
      return tf.tensor(Int32Array.from(own), [...shape], 'int32');
    case 'BOOL':
      return tf.tensor(own, [...shape], 'bool');
  }
}
