/** From bytes to text: UTF-8, UTF-16 if its first bytes say so, Latin-1 if the user says so. */
import { WeftError } from '../../errors.js';

/** Encodings that can be specified; `latin1` is what Windows calls Latin-1 (code page 1252). */
export type Charset = 'utf-8' | 'latin1';

/** The text in chunks; a byte-order mark is dropped. Throws WeftError('data') if the bytes are not in this encoding. */
export function* decoded(pieces: Iterable<Uint8Array>, path: string, charset: Charset): Generator<string> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let lines = 1;
  // For text declared as Latin-1: whether it has been valid UTF-8 so far.
  const asUtf8 = new TextDecoder('utf-8', { fatal: true });
  let [isUtf8, isAscii] = [charset === 'latin1', true];
  for (const piece of pieces) {
    decoder ??= new TextDecoder(utf16Of(piece) ?? charset, { fatal: true });
    if (isUtf8) {
      isAscii &&= piece.every((byte) => byte < 0x80);
      isUtf8 = isValid(() => asUtf8.decode(piece, { stream: true }));
    }
    if (!decoder.encoding.startsWith('utf-16') && piece.includes(0))
      throw new WeftError(
        'data',
        `${path} contains zero bytes: it is not a table, or its text is UTF-16 without a byte-order mark`,
        'save the table as UTF-8',
      );
    try {
      yield decoder.decode(piece, { stream: true });
    } catch (cause) {
      throw notText(decoder.encoding, piece, lines, path, cause);
    }
    for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) lines++;
  }
  if (isUtf8 && !isAscii && isValid(() => asUtf8.decode()) && decoder?.encoding === 'windows-1252')
    throw new WeftError(
      'data',
      `${path} is UTF-8 text, but data.charset is latin1, which would garble its letters`,
      'leave out data.charset, or save the table as Latin-1',
    );
  try {
    if (decoder) yield decoder.decode();
  } catch (cause) {
    throw notText(decoder!.encoding, new Uint8Array(), lines, path, cause);
  }
}

/** Whether bytes are text in UTF-8. */
export function isUtf8(pieces: Iterable<Uint8Array>): boolean {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (const piece of pieces) if (!isValid(() => decoder.decode(piece, { stream: true }))) return false;
  return isValid(() => decoder.decode());
}

/** The byte order given by the mark at the beginning. */
function utf16Of([first, second]: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
}

function isValid(decode: () => string): boolean {
  try {
    decode();
    return true;
  } catch {
    return false;
  }
}

function notText(encoding: string, piece: Uint8Array, lines: number, path: string, cause: unknown): WeftError {
  if (encoding === 'utf-8') return notUtf8(piece, lines, path, cause);
  return new WeftError(
    'data',
    `${path} begins like ${encoding.toUpperCase()} text, but is not`,
    'check that it is the right file, or save the table as UTF-8',
    { cause },
  );
}

/** Names the line, and the text that its bytes would be in Latin-1, the most likely encoding of such a table. */
function notUtf8(piece: Uint8Array, before: number, path: string, cause: unknown): WeftError {
  let number = before;
  let shown = '';
  for (let from = 0; from < piece.length; number++) {
    const end = piece.indexOf(10, from);
    const line = piece.subarray(from, end < 0 ? piece.length : end);
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(line);
    } catch {
      const at = line.findIndex((byte) => byte > 0x7f);
      shown = `; in Latin-1 it would be '${Buffer.from(line.subarray(Math.max(0, at - 8), at + 9)).toString('latin1')}'`;
      break;
    }
    if (end < 0) break;
    from = end + 1;
  }
  return new WeftError(
    'data',
    `${path}: line ${number} is not UTF-8 text${shown}`,
    'save the table as UTF-8, or set data.charset: latin1 if it is Latin-1',
    { cause },
  );
}
