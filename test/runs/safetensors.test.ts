import { expect } from 'chai';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { WeftError } from '../../src/errors.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/runs/safetensors.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { disposeNamed, type NamedTensors } from '../../src/tensor/named.js';
import { tf } from '../../src/tensor/tf.js';
import { readSafetensors } from './safetensors-file.js';

const fixture = new URL('../fixtures/safetensors/reference.safetensors', import.meta.url);

/** A file with any header text, for files that no writer would write. */
function fileOf(header: string, data: Uint8Array = new Uint8Array()): Uint8Array {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
}

const entry = (shape: number[], begin: number, end: number, dtype = 'F32'): string =>
  JSON.stringify({ dtype, shape, data_offsets: [begin, end] });

describe('safetensors', () => {
  before(() => loadBackend('cpu'));

  it('reads what the reference implementation wrote', () => {
    const { tensors, metadata } = readSafetensors(fixture.pathname);
    expect(metadata).to.deep.equal({ format: 'weft' });
    expect(Object.keys(tensors)).to.have.members([
      'layer1/conv/kernel',
      'layer1/bias',
      'step',
      'mask',
      'empty',
      'größe "x"\n',
      '10',
    ]);
    const kernel = tensors['layer1/conv/kernel']!;
    expect(kernel.shape).to.deep.equal([2, 3]);
    expect([...kernel.dataSync()].map((value) => (Object.is(value, -0) ? '-0' : String(value)))).to.deep.equal([
      '0.5',
      '-1.5',
      String(Math.fround(Math.PI)),
      'NaN',
      'Infinity',
      '-0',
    ]);
    expect([...tensors['layer1/bias']!.dataSync()]).to.deep.equal([1e-40, 3.4e38].map(Math.fround));
    expect(tensors['step']!.dtype).to.equal('int32');
    expect(tensors['step']!.shape).to.deep.equal([]);
    expect([...tensors['step']!.dataSync()]).to.deep.equal([-7]);
    expect(tensors['mask']!.dtype).to.equal('bool');
    expect([...tensors['mask']!.dataSync()]).to.deep.equal([1, 0, 1]);
    expect(tensors['empty']!.shape).to.deep.equal([0, 4]);
    disposeNamed(tensors);
  });

  it('writes the bytes that the reference implementation writes', () => {
    const { tensors, metadata } = readSafetensors(fixture.pathname);
    expect(Buffer.from(encodeSafetensors(tensors, metadata)).equals(readFileSync(fixture))).to.equal(true);
    disposeNamed(tensors);
  });

  it('reads bytes as integers', () => {
    const { tensors } = decodeSafetensors(
      fileOf(`{"pixels":${entry([2, 1], 0, 2, 'U8')}}`, Uint8Array.of(0, 255)),
      'memory',
    );
    expect(tensors['pixels']!.dtype).to.equal('int32');
    expect([...tensors['pixels']!.dataSync()]).to.deep.equal([0, 255]);
    disposeNamed(tensors);
  });

  it('returns every bit of every tensor, and writes the same bytes in whatever order they are given', () => {
    const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
    const named = fc.dictionary(
      fc.string({ unit: 'grapheme' }).filter((name) => name !== '__metadata__'),
      fc.tuple(shape, fc.constantFrom('float32', 'int32', 'bool'), fc.infiniteStream(fc.integer())),
      { maxKeys: 6, noNullPrototype: true },
    );
    fc.assert(
      fc.property(named, (specification) => {
        const before = tf.memory().numTensors;
        const tensors: NamedTensors = Object.fromEntries(
          Object.entries(specification).map(([name, [lengths, dtype, bits]]) => {
            const size = lengths.reduce((product, length) => product * length, 1);
            const raw = Int32Array.from({ length: size }, () => bits.next().value as number);
            const values =
              dtype === 'float32'
                ? new Float32Array(raw.buffer)
                : dtype === 'bool'
                  ? Uint8Array.from(raw, (bit) => bit & 1)
                  : raw;
            return [name, tf.tensor(values, lengths, dtype)];
          }),
        );
        const bytes = encodeSafetensors(tensors);
        expect(Number(Buffer.from(bytes).readBigUInt64LE()) % 8).to.equal(0);
        const decoded = decodeSafetensors(bytes, 'memory').tensors;
        expect(Object.keys(decoded)).to.have.members(Object.keys(tensors));
        for (const [name, tensor] of Object.entries(tensors)) {
          expect(decoded[name]!.shape).to.deep.equal(tensor.shape);
          expect(decoded[name]!.dtype).to.equal(tensor.dtype);
        }
        const reversed = Object.fromEntries(Object.entries(decoded).reverse());
        expect(Buffer.from(encodeSafetensors(reversed)).equals(Buffer.from(bytes))).to.equal(true);
        disposeNamed(tensors);
        disposeNamed(decoded);
        expect(tf.memory().numTensors).to.equal(before);
      }),
      { numRuns: 200 },
    );
  });

  describe('refuses', () => {
    const refusals: readonly [string, Uint8Array, RegExp][] = [
      ['an empty file', new Uint8Array(), /too few/],
      ['a header length beyond the limit', Buffer.from('ffffffffffffff7f', 'hex'), /too large/],
      ['a header that is cut off', fileOf(`{"a":${entry([1], 0, 4)}}`).subarray(0, 30), /truncated/],
      ['a header that is not UTF-8', Buffer.concat([fileOf('').fill(2, 0, 1), Buffer.from([0xff, 0xfe])]), /UTF-8/],
      ['a header that is not JSON', fileOf('{"a":}'), /not JSON/],
      ['a header that is a list', fileOf('[1,2]'), /not a JSON object/],
      ['metadata that is not text', fileOf('{"__metadata__":{"a":1}}'), /__metadata__/],
      ['an entry without a shape', fileOf('{"a":{"dtype":"F32","data_offsets":[0,4]}}'), /'a' has not exactly/],
      [
        'a type that tensors here cannot hold',
        fileOf(`{"a":${entry([1], 0, 8, 'F64')}}`, new Uint8Array(8)),
        /'a' has the type "F64"/,
      ],
      ['a type that is a name of every object', fileOf(`{"a":${entry([1], 0, 8, 'constructor')}}`), /the type/],
      ['a negative length', fileOf(`{"a":${entry([-1], 0, 4)}}`), /the shape \[-1\]/],
      [
        'a wrong size',
        fileOf(`{"a":${entry([2], 0, 4)}}`, new Uint8Array(4)),
        /'a' has 4 bytes where F32 \[2\] needs 8/,
      ],
      ['offsets that run backwards', fileOf(`{"a":${entry([1], 4, 0)}}`, new Uint8Array(4)), /'a' has -4 bytes/],
      [
        'overlapping tensors',
        fileOf(`{"a":${entry([2], 0, 8)},"b":${entry([1], 4, 8)}}`, new Uint8Array(8)),
        /'b' begins at byte 4 of the data, where 8/,
      ],
      [
        'a hole between tensors',
        fileOf(`{"a":${entry([1], 0, 4)},"b":${entry([1], 8, 12)}}`, new Uint8Array(12)),
        /'b' begins at byte 8/,
      ],
      ['missing data', fileOf(`{"a":${entry([2], 0, 8)}}`, new Uint8Array(5)), /truncated/],
      ['trailing data', fileOf(`{"a":${entry([1], 0, 4)}}`, new Uint8Array(5)), /trailing/],
      [
        'a name that occurs twice',
        fileOf(`{"a":${entry([1], 0, 4)},"\\u0061":${entry([1], 0, 4)}}`, new Uint8Array(4)),
        /twice/,
      ],
      [
        'a key of an entry that occurs twice',
        fileOf('{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', new Uint8Array(4)),
        /twice/,
      ],
    ];
    for (const [what, bytes, message] of refusals) {
      it(what, () => {
        const path = 'x.safetensors';
        expect(() => decodeSafetensors(bytes, path))
          .to.throw(WeftError, message)
          .that.includes({ code: 'checkpoint' })
          .with.property('message')
          .that.includes(path);
      });
    }
  });

  it('parses keys in strings, escapes and spaces correctly', () => {
    const { tensors } = decodeSafetensors(
      fileOf(`{"a\\":{" : ${entry([1], 0, 4)}, "__proto__":${entry([], 4, 8)}  }  `, new Uint8Array(8)),
      'memory',
    );
    expect(Object.keys(tensors)).to.have.members(['a":{', '__proto__']);
    disposeNamed(tensors);
  });

  it('survives any damage with a valid result or a WeftError, and leaves no tensor behind', () => {
    const whole = readFileSync(fixture);
    const damage = fc.oneof(
      fc
        .record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) })
        .map(({ at, byte }) => Buffer.from(whole).fill(byte, at, at + 1)),
      fc.nat(whole.length).map((length) => whole.subarray(0, length)),
      fc
        .record({ at: fc.nat(whole.length), junk: fc.uint8Array({ maxLength: 9 }) })
        .map(({ at, junk }) => Buffer.concat([whole.subarray(0, at), junk, whole.subarray(at)])),
      fc
        .record({ from: fc.nat(whole.length), to: fc.nat(whole.length) })
        .map(({ from, to }) => Buffer.concat([whole.subarray(0, from), whole.subarray(to)])),
      fc.tuple(fc.json(), fc.uint8Array({ maxLength: 16 })).map(([json, data]) => fileOf(json, data)),
      fc
        .dictionary(
          fc.string(),
          fc.record({
            dtype: fc.constantFrom('F32', 'BOOL', 'I32', 'U8'),
            shape: fc.array(fc.nat(3)),
            data_offsets: fc.tuple(fc.nat(12), fc.nat(12)),
          }),
        )
        .chain((header) => fc.uint8Array({ maxLength: 16 }).map((data) => fileOf(JSON.stringify(header), data))),
      fc.uint8Array({ maxLength: 40 }),
    );
    let valid = 0;
    let refused = 0;
    fc.assert(
      fc.property(damage, (bytes) => {
        const before = tf.memory().numTensors;
        try {
          const { tensors } = decodeSafetensors(bytes, 'memory');
          valid++;
          for (const tensor of Object.values(tensors)) expect(tensor.dataSync().length).to.equal(tensor.size);
          disposeNamed(tensors);
        } catch (error) {
          refused++;
          expect(error).to.be.instanceOf(WeftError).with.property('code', 'checkpoint');
        }
        expect(tf.memory().numTensors).to.equal(before);
      }),
      { numRuns: 3000 },
    );
    expect(Math.min(valid, refused)).to.be.greaterThan(50);
  });

  it('keeps metadata, sorts by name, and refuses types that it cannot hold', () => {
    const tensors = { b: tf.tensor1d([1, 2]), a: tf.scalar(3, 'int32') };
    const read = decodeSafetensors(encodeSafetensors(tensors, { space: 'mlp' }), 'x.safetensors');
    expect(read.metadata).to.deep.equal({ space: 'mlp' });
    expect(Object.keys(read.tensors)).to.deep.equal(['a', 'b']);
    const text = { words: tf.tensor1d(['x']) };
    expect(() => encodeSafetensors(text)).to.throw(WeftError, /'words' is a string tensor/);
    for (const each of [tensors, read.tensors, text]) disposeNamed(each);
  });
});
