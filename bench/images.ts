/**
 * Photos opened to 64x64, the first time and from the cache: processor seconds of this process and of the decoders.
 *
 *     node --import tsx --conditions=@weft-nas/source bench/images.ts [COUNT]
 *
 * The photos have 1 megapixel (1,152 x 868, 250 kB): 20 of them, each written again and again with another comment, so
 * that all differ.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { readImageFolder } from '../src/data/index.js';
import { stream } from '../src/tensor/rng.js';

const [WIDTH, HEIGHT] = [1152, 868];
const DIFFERENT = 20;
const TICKS_PER_SECOND = 100;

/** Soft colours with noise, about as hard to compress as a photo. */
async function photo(seed: number): Promise<Buffer> {
  const rng = stream(seed, 'photo');
  const coarse = Uint8Array.from({ length: 48 * 36 * 3 }, () => rng.int(256));
  const smooth = await sharp(coarse, { raw: { width: 48, height: 36, channels: 3 } })
    .resize(WIDTH, HEIGHT, { kernel: 'cubic' })
    .raw()
    .toBuffer();
  const noise = Int8Array.from({ length: 65_521 }, () => rng.int(33) - 16);
  const noisy = Uint8Array.from(smooth, (value, i) => Math.max(0, Math.min(255, value + noise[i % noise.length]!)));
  return sharp(noisy, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();
}

/** The JPEG with a comment. */
function withComment(jpeg: Buffer, text: string): Buffer {
  const content = Buffer.from(text);
  return Buffer.concat([
    jpeg.subarray(0, 2),
    Buffer.from([0xff, 0xfe, 0, content.length + 2]),
    content,
    jpeg.subarray(2),
  ]);
}

/** Of this process and of those that it has waited for (proc(5): utime, stime, cutime, cstime). */
function processorSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ').slice(11, 15);
  return fields.reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND;
}

const count = Number(process.argv[2] ?? 1000);
const folder = mkdtempSync(join(tmpdir(), 'weft-photos-'));
try {
  process.env['XDG_CACHE_HOME'] = join(folder, 'cache');
  for (let i = 0; i < DIFFERENT; i++) {
    const jpeg = await photo(i);
    mkdirSync(join(folder, 'photos', String(i % 2)), { recursive: true });
    for (let copy = i; copy < count; copy += DIFFERENT)
      writeFileSync(join(folder, 'photos', String(i % 2), `${copy}.jpg`), withComment(jpeg, String(copy)));
  }
  for (const time of ['first', 'second']) {
    const before = processorSeconds();
    const { train } = readImageFolder(join(folder, 'photos'), 'photos', { size: [64, 64] });
    const seconds = processorSeconds() - before;
    process.stdout.write(
      `${time} time: ${train.count} photos in ${seconds.toFixed(1)} processor seconds, ${((1e7 / 1e3 / train.count) * seconds).toFixed(0)} s for 10,000\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
