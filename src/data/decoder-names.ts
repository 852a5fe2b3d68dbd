/** Names of image decoders with their versions, as runs record them. */
import { extname, isAbsolute } from 'node:path';
import { WeftError } from '../errors.js';
import type { Dataset } from './dataset.js';
import { sharpName } from './decode-sharp.js';
import { nameAndVersion } from './package-version.js';

/** A decoder equivalent to the one of this name; undefined if that is the default. */
export const decoderLike = (recorded: string | undefined): 'javascript' | undefined =>
  recorded === undefined || isSharp(recorded) ? undefined : 'javascript';

/**
 * The decoder of the images of a run, from its record. Before version 0.2 it was not recorded, and was always
 * JavaScript; a folder of images is a single source there, and an absolute path without an extension.
 */
export function recordedDecoder({
  decoder,
  sources = [],
}: Partial<Pick<Dataset, 'decoder' | 'sources'>>): string | undefined {
  const isFolder = sources.length === 1 && isAbsolute(sources[0]!.path) && extname(sources[0]!.path) === '';
  return decoder ?? (isFolder ? javascriptName() : undefined);
}

/** The decoder used by the run, and the current one. */
export interface Decoders {
  readonly before: string;
  readonly now: string;
}

/** A message that images are decoded differently from those that the network was trained on. */
export const sayDecoders = (path: string, { before, now }: Decoders): string =>
  `${path} was trained on pictures that ${decoderInWords(before)} had decoded, and these are decoded by ${decoderInWords(now)}: JPEGs may differ by single levels, and answers in their last digits`;

/** A recorded decoder as readable text. */
export const decoderInWords = (name: string): string => (isSharp(name) ? name : `JavaScript (${name})`);

export const isSharp = (name: string): boolean => name.startsWith('sharp ');

export const javascriptName = (): string => ['jpeg-js', 'pngjs'].map(nameAndVersion).join(', ');

/**
 * The PNG and JPEG decoder on this machine, with its version. Throws WeftError('data') if sharp is asked for and not
 * installed.
 */
export function decoderName(decoder: 'sharp' | 'javascript' | undefined): string {
  const sharp = decoder === 'javascript' ? undefined : sharpName();
  if (sharp === undefined && decoder === 'sharp')
    throw new WeftError(
      'data',
      'data.decoder asks for sharp, which is not installed',
      'install it (npm install sharp), or leave data.decoder out',
    );
  return sharp ?? javascriptName();
}
