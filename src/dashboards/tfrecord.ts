/**
 * TensorFlow's file of records, each with check sums of its length and of its content
 * (https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details).
 */

/** A record: length, its masked check sum, the content, its masked check sum. */
export function tfRecord(content: Uint8Array): Uint8Array {
  const record = Buffer.alloc(16 + content.length);
  record.writeBigUInt64LE(BigInt(content.length), 0);
  record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8);
  record.set(content, 12);
  record.writeUInt32LE(maskedCrc(content), 12 + content.length);
  return record;
}

/**
 * Check sums of check sums are weak, so that those that are stored are turned and moved: ((crc >> 15 | crc << 17) +
 * 0xa282ead8) mod 2^32.
 */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** The cyclic redundancy check of Castagnoli (RFC 3720, section 12.1). */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Remainders of the single bytes, for the reversed polynomial 0x82f63b78. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0x82f63b78 : remainder >>> 1;
  return remainder;
});
