/**
 * Writes src/data/digits/pixels.ts from the CSV that scikit-learn ships (`sklearn/datasets/data/digits.csv.gz`):
 *
 *   node scripts/embed-digits.mjs path/to/digits.csv.gz
 *
 * Each line holds 64 pixels (0..16) and the label. They are kept in order, as 65 bytes per line, gzipped and in base64:
 * TypeScript source survives compiling and packing without any further care.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';

const [csv] = process.argv.slice(2);
if (!csv) throw new Error('usage: node scripts/embed-digits.mjs path/to/digits.csv.gz');

const rows = gunzipSync(readFileSync(csv))
  .toString('latin1')
  .trim()
  .split('\n')
  .map((line) => line.split(',').map(Number));
if (rows.some((row) => row.length !== 65 || row.some((value) => !(value >= 0 && value <= 16))))
  throw new Error(`${csv} is not scikit-learn's digits.csv.gz`);

const packed = gzipSync(Uint8Array.from(rows.flat()), { level: 9 });
packed[9] = 255; // the operating system byte of gzip's header: the same file wherever it is made
const lines = packed.toString('base64').match(/.{1,120}/g);
const target = new URL('../src/data/digits/pixels.ts', import.meta.url);
writeFileSync(
  target,
  `/** ${rows.length} lines of 64 pixels (0..16) and a label, gzipped: see README.md. Made by scripts/embed-digits.mjs. */
export const pixels = \`
${lines.join('\n')}
\`.trim();
`,
);
