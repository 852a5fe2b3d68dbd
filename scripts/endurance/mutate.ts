/** Corrupts content: bytes as a failing disk does, text as a careless editor does. */
import { type Rng } from '../../src/tensor/rng.js';

/** Some bytes replaced, a piece left out or doubled, the end cut off. */
export function mutateBytes(bytes: Uint8Array, rng: Rng): Uint8Array {
  const place = (): number => rng.int(bytes.length + 1);
  switch (rng.int(4)) {
    case 0: {
      const copy = Uint8Array.from(bytes);
      for (let i = 0; i <= rng.int(4); i++) copy[rng.int(copy.length)] = rng.int(256);
      return copy;
    }
    case 1:
      return bytes.slice(0, place());
    case 2: {
      const [from, to] = [place(), place()];
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
    }
    default: {
      const start = place();
      return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start, start + 40), bytes.subarray(start)]);
    }
  }
}

const ODD = [
  '',
  '-1',
  '0',
  '1e9',
  '1.5',
  'NaN',
  'null',
  'true',
  '[]',
  '{}',
  "''",
  '~',
  '"',
  ':',
  '\t',
  '\u0000',
  'é',
  '../..',
  '__proto__',
];

/** A word replaced by another or by something odd, two lines swapped, one left out or doubled, or bytes damaged. */
export function mutateText(text: string, rng: Rng): string {
  const lines = text.split('\n');
  const at = rng.int(lines.length);
  switch (rng.int(5)) {
    case 0: {
      const words = [...text.matchAll(/[\w.]+/g)];
      const word = rng.pick(words);
      const other = rng.int(2) === 0 ? rng.pick(ODD) : rng.pick(words)[0];
      return text.slice(0, word.index) + other + text.slice(word.index + word[0].length);
    }
    case 1: {
      const other = rng.int(lines.length);
      return lines.with(at, lines[other]!).with(other, lines[at]!).join('\n');
    }
    case 2:
      return lines.toSpliced(at, 1).join('\n');
    case 3:
      return lines.toSpliced(at, 0, lines[at]!).join('\n');
    default:
      return Buffer.from(mutateBytes(Buffer.from(text), rng)).toString();
  }
}
