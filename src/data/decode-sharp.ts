/**
 * Images by sharp (libvips), if it loads. It decodes asynchronously while data sets are read synchronously, and a
 * broken file may crash a decoder: batches of files are therefore decoded in a separate process, as many at once as
 * there are processors. Everything besides the decoder that affects pixel values (transparency over white, the size) is
 * computed by the functions of `pixels.ts`, as everywhere.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { WeftError } from '../errors.js';
import { threadsFromEnvironment } from '../tensor/environment.js';
import { MOST_MEGAPIXELS, type RgbImage } from './decode-image.js';
import { embedded } from './embedded.js';
import { type ImageForm } from './image-header.js';
import { nameAndVersion, resolvePackage } from './package-version.js';
import { resizePixels, rgbOverWhite } from './pixels.js';

export interface ImageJob {
  readonly path: string;
  readonly form: ImageForm;
  /** What the file is still required to contain. */
  readonly sha256: string;
  /** Undefined: its original size. */
  readonly size?: readonly [height: number, width: number] | undefined;
}

/** Why a file could not be decoded. */
export interface DecodingFailure {
  readonly reason: string;
}

const MOST_BYTES = 2 ** 30;
/** The exit status of the process if sharp does not load. */
const NOT_LOADED = 86;

/**
 * One answer per job, in any order: its number, status, width, height, bytes per sample, transparent, frames, byte
 * count that follows; then pixels or the text of an error.
 */
const program = (): string => `
import { createHash } from 'node:crypto';
import { readFileSync, writeSync } from 'node:fs';
${embedded({ resizePixels, rgbOverWhite })}
const write = (bytes) => { for (let at = 0; at < bytes.length; at += writeSync(1, bytes, at)); };
const answer = (head, bytes) => { write(Buffer.from(Uint32Array.from([...head, bytes.length]).buffer)); write(bytes); };
const { module, jobs, limit, threads, measure } = JSON.parse(readFileSync(0, 'utf8'));
let sharp;
try { ({ default: sharp } = await import(module)); } catch { process.exit(${NOT_LOADED}); }
sharp.cache(false);
sharp.concurrency(1);
// Profiles of PNG and JPEG are not applied: a page could not do the same.
async function decode({ path, form, sha256, size }) {
  const bytes = readFileSync(path);
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw new Error('it changed while it was read');
  const image = sharp(bytes, { limitInputPixels: limit, failOn: 'error', ignoreIcc: form !== 'foreign' });
  const { format, depth, width, height, orientation, pages = 1 } = await image.metadata();
  if (measure) return { width: orientation >= 5 ? height : width, height: orientation >= 5 ? width : height, frames: pages, pixels: new Uint8Array() };
  const deep = depth === 'ushort' && (format === 'png' || format === 'tiff');
  const { data, info } = await (form === 'png' ? image : image.autoOrient()).toColourspace(deep ? 'rgb16' : 'srgb')
    .raw({ depth: deep ? 'ushort' : 'uchar' }).toBuffer({ resolveWithObject: true });
  const samples = deep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : new Uint8Array(data.buffer, data.byteOffset, data.length);
  const { pixels, transparent } = rgbOverWhite(samples, info.channels);
  const [tall, wide] = size ?? [info.height, info.width];
  const same = tall === info.height && wide === info.width;
  return { width: wide, height: tall, transparent, pixels: same ? pixels : resizePixels(pixels, [info.height, info.width], [tall, wide]) };
}
let next = 0;
const worker = async () => {
  for (let job = next++; job < jobs.length; job = next++) {
    try {
      const { width, height, transparent, frames = 1, pixels } = await decode(jobs[job]);
      answer([job, 0, width, height, pixels.BYTES_PER_ELEMENT, transparent ? 1 : 0, frames], Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength));
    } catch (error) {
      answer([job, 1, 0, 0, 0, 0, 0], Buffer.from(String(error.message ?? error).split('\\n')[0]));
    }
  }
};
await Promise.all(Array.from({ length: Math.min(threads, jobs.length) }, worker));
`;

const HEAD = 8;

/** The images of these jobs in order, or why they could not be decoded; undefined if sharp does not load. */
export function decodeBySharp(jobs: readonly ImageJob[]): (RgbImage | DecodingFailure)[] | undefined {
  return ask(jobs, false);
}

export interface ImageMeasures extends Pick<RgbImage, 'height' | 'width'> {
  /** Of an animation, or the pages of a document. */
  readonly frames: number;
}

/** Sizes and numbers of frames, without decoding. */
export function measureBySharp(jobs: readonly ImageJob[]): (ImageMeasures | DecodingFailure)[] | undefined {
  return ask(jobs, true);
}

type Answer = (RgbImage & ImageMeasures) | DecodingFailure;

function ask(jobs: readonly ImageJob[], measure: boolean): Answer[] | undefined {
  const module = resolvePackage('sharp');
  if (module === undefined) return undefined;
  if (jobs.length === 0) return [];
  const threads = threadsFromEnvironment() ?? availableParallelism();
  const { stdout, status, signal, error } = spawnSync(process.execPath, ['--input-type=module', '-e', program()], {
    input: JSON.stringify({ module, jobs, limit: MOST_MEGAPIXELS * 1e6, threads, measure }),
    maxBuffer: MOST_BYTES,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, NODE_OPTIONS: '', UV_THREADPOOL_SIZE: String(Math.max(4, threads)) },
  });
  if (status === NOT_LOADED) return undefined;
  if (signal === 'SIGINT' || signal === 'SIGTERM')
    throw new WeftError('data', `reading images was ended by ${signal}`, 'start again');
  if (!error && status === 0) return answersOf(stdout, jobs.length);
  // Too large together, or one of them crashed the decoder: bisection finds which.
  if (jobs.length === 1) return [{ reason: error?.message ?? `the decoder ended with ${status ?? signal}` }];
  const half = Math.ceil(jobs.length / 2);
  const [first, second] = [ask(jobs.slice(0, half), measure), ask(jobs.slice(half), measure)];
  return first && second && [...first, ...second];
}

type Head = [
  job: number,
  failed: number,
  width: number,
  height: number,
  sampleBytes: number,
  transparent: number,
  frames: number,
  length: number,
];

function answersOf(stdout: Buffer, count: number): Answer[] {
  const answers = Array.from<Answer>({ length: count });
  for (let at = 0; at < stdout.length;) {
    const head = Array.from({ length: HEAD }, (_, i) => stdout.readUInt32LE(at + 4 * i));
    const [job, failed, width, height, sampleBytes, transparent, frames, length] = head as Head;
    const content = stdout.subarray(at + 4 * HEAD, at + 4 * HEAD + length);
    at += 4 * HEAD + length;
    if (failed) {
      answers[job] = { reason: content.toString() };
      continue;
    }
    const bytes = Uint8Array.from(content);
    const pixels = sampleBytes === 4 ? new Float32Array(bytes.buffer) : bytes;
    answers[job] = { width, height, frames, pixels, transparent: transparent === 1 };
  }
  return answers;
}

/** `sharp 0.35.5`, each version of which ships one version of its decoders; undefined if it is not installed. */
export const sharpName = (): string | undefined => nameAndVersion('sharp');
