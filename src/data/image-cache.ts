/**
 * Decoded and resized images in the user's cache folder ($XDG_CACHE_HOME/weft/images), keyed by the hash of the file's
 * content, the size and the decoder. Entries that are damaged, or cannot be read or written, are treated as missing.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { type RgbImage } from './decode-image.js';

export interface ImageCache {
  get(sha256: string, size: readonly [number, number]): RgbImage | undefined;
  put(sha256: string, image: RgbImage): void;
  /** Evicts the least recently used entries, down to `BYTES_KEPT`, once there is more than `MOST_BYTES`. */
  trim(): void;
}

/** Maximum size of all entries together. */
const MOST_BYTES = 2 ** 31;
const BYTES_KEPT = 2 ** 30;
/** Reading larger entries is no faster than decoding them. */
export const MOST_ENTRY_BYTES = 2 ** 18;
/** Incremented when the same decoder produces different pixels than before. */
const FORMAT = 1;
const HASH_BYTES = 16;
const HEAD = 4 * 4;

/** The user's cache folder; undefined if the environment sets $WEFT_CACHE=off. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  if (env['WEFT_CACHE'] === 'off') return undefined;
  const named = env['XDG_CACHE_HOME'];
  // A relative path is to be ignored [XDG Base Directory Specification 0.8].
  if (named !== undefined && isAbsolute(named)) return join(named, 'weft');
  if (platform() === 'win32') return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'weft', 'cache');
  return platform() === 'darwin' ? join(homedir(), 'Library', 'Caches', 'weft') : join(homedir(), '.cache', 'weft');
}

/** The entries of a decoder in `folder`. */
export function imageCache(folder: string, decoder: string): ImageCache {
  const root = join(folder, 'images');
  const tag = `${decoder.replaceAll(/[^\w.]+/g, '-')}-${FORMAT}`;
  const pathOf = (sha256: string, [height, width]: readonly [number, number]): string =>
    join(root, sha256.slice(0, 2), `${sha256}-${height}x${width}-${tag}`);
  let written = 0;
  return {
    get(sha256, size) {
      const path = pathOf(sha256, size);
      return quietly(() => {
        const image = decoded(readFileSync(path));
        return image.height === size[0] && image.width === size[1] ? image : undefined;
      });
    },
    put(sha256, image) {
      quietly(() => {
        const path = pathOf(sha256, [image.height, image.width]);
        const bytes = encoded(image);
        mkdirSync(join(root, sha256.slice(0, 2)), { recursive: true, mode: 0o700 });
        const temporary = `${path}.${process.pid}.part`;
        writeFileSync(temporary, bytes, { mode: 0o600 });
        renameSync(temporary, path);
        written += bytes.length;
      });
    },
    trim() {
      if (written > 0) quietly(() => trimFolder(root));
      written = 0;
    },
  };
}

function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined; // a cache that fails only costs time
  }
}

/** Hash of everything after it; height, width, bytes per sample, transparent; pixels. */
function encoded({ height, width, pixels, transparent = false }: RgbImage): Buffer {
  const head = Buffer.from(Uint32Array.of(height, width, pixels.BYTES_PER_ELEMENT, transparent ? 1 : 0).buffer);
  const rest = Buffer.concat([head, Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength)]);
  return Buffer.concat([hashOf(rest), rest]);
}

function decoded(bytes: Buffer): RgbImage {
  const rest = bytes.subarray(HASH_BYTES);
  if (!hashOf(rest).equals(bytes.subarray(0, HASH_BYTES))) throw new Error('damaged');
  const [height, width, sampleBytes, transparent] = [0, 4, 8, 12].map((at) => rest.readUInt32LE(at));
  const content = Uint8Array.from(rest.subarray(HEAD));
  return {
    height: height!,
    width: width!,
    transparent: transparent === 1,
    pixels: sampleBytes === 4 ? new Float32Array(content.buffer) : content,
  };
}

const hashOf = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest().subarray(0, HASH_BYTES);

function trimFolder(root: string): void {
  const entries = readdirSync(root, { recursive: true, encoding: 'utf8' }).flatMap(
    (name) =>
      quietly(() => {
        const path = join(root, name);
        const found = statSync(path);
        return found.isFile() ? [{ path, bytes: found.size, used: Math.max(found.atimeMs, found.mtimeMs) }] : [];
      }) ?? [],
  );
  let total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= MOST_BYTES) return;
  entries.sort((a, b) => a.used - b.used);
  for (const { path, bytes } of entries) {
    if (total <= BYTES_KEPT) return;
    quietly(() => rmSync(path));
    total -= bytes;
  }
}
