/** Protocol buffers on the wire, as much as is written by hand (https://protobuf.dev/programming-guides/encoding/). */

/** A whole number of less than 2^53 in groups of seven bits, the lowest first; a negative one as its 64 bits. */
export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  if (value < 0) {
    const bits = BigInt.asUintN(64, BigInt(value));
    for (let i = 0n; i < 9n; i++) bytes.push(Number((bits >> (7n * i)) & 0x7fn) | 0x80);
    return Uint8Array.from([...bytes, Number(bits >> 63n)]);
  }
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Uint8Array.from([...bytes, rest]);
}

/** A field of a whole number: int64, uint64, bool or an enumeration. */
export const integerField = (field: number, value: number): Uint8Array => concat(varint(field * 8), varint(value));

/** A field of a double. */
export function doubleField(field: number, value: number): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setFloat64(0, value, true);
  return concat(varint(field * 8 + 1), new Uint8Array(bytes.buffer));
}

/** A field of a float. */
export function floatField(field: number, value: number): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setFloat32(0, value, true);
  return concat(varint(field * 8 + 5), new Uint8Array(bytes.buffer));
}

/** A field of a string, of bytes, or of a message that is written already. */
export function bytesField(field: number, value: string | Uint8Array): Uint8Array {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return concat(varint(field * 8 + 2), varint(bytes.length), bytes);
}

/** A message: its fields one after the other. */
export const concat = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);
