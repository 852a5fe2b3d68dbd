/**
 * Parquet by hyparquet, which reads asynchronously, whereas data sets are read synchronously: a separate process
 * converts the rows to JSON Lines, which are then read as such.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { WeftError } from '../../errors.js';
import { MOST_UNPACKED_BYTES, readSource } from '../source.js';
import { linesOf, type LineReader } from './lines.js';

/** Whether a file of this name is Parquet. */
export const isParquet = (path: string): boolean => /\.parquet$/i.test(path);

/**
 * Numbers beyond 2^53 become texts, timestamps ISO 8601, and NaN null, as in pandas tables, whose index is left out.
 */
const PROGRAM = `
import { readFileSync, writeSync } from 'node:fs';
import zlib from 'node:zlib';
const { module, path } = JSON.parse(readFileSync(0, 'utf8'));
const write = (text) => { const bytes = Buffer.from(text); for (let at = 0; at < bytes.length; at += writeSync(1, bytes, at)); };
try {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await import(module);
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const compressors = { GZIP: (bytes) => zlib.gunzipSync(bytes), BROTLI: (bytes) => zlib.brotliDecompressSync(bytes) };
  if (zlib.zstdDecompressSync) compressors.ZSTD = (bytes) => zlib.zstdDecompressSync(bytes);
  const plain = (value, name, row) => {
    if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    if (value instanceof Date) return value.toISOString().replace('T00:00:00.000Z', '');
    if (Array.isArray(value) || ArrayBuffer.isView(value)) return [];
    if (typeof value === 'object' && value !== null) return {};
    if (value === Infinity || value === -Infinity) throw new Error('row ' + row + ", '" + name + "' is infinite");
    return value === undefined ? null : value;
  };
  let begin = 0;
  let text = '';
  for (const { num_rows } of metadata.row_groups) {
    const end = begin + Number(num_rows);
    const rows = await parquetReadObjects({ file, metadata, compressors, rowStart: begin, rowEnd: end });
    rows.forEach((row, i) => {
      const entries = Object.entries(row).filter(([name]) => !/^__index_level_\\d+__$/.test(name));
      text += JSON.stringify(Object.fromEntries(entries.map(([name, value]) => [name, plain(value, name, begin + i + 1)]))) + '\\n';
      if (text.length > 1 << 20) { write(text); text = ''; }
    });
    begin = end;
  }
  write(text);
} catch (error) {
  process.stderr.write(String(error?.message ?? error).slice(0, 500));
  process.exitCode = 1;
}
`;

/**
 * The rows of a file as JSON Lines; a line's number is that of its row, from 1. Throws WeftError('data') if it cannot
 * be read.
 */
export function openParquet(path: string): LineReader {
  const { source } = readSource(path);
  const { stdout, stderr, status, error } = spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    input: JSON.stringify({ module: createRequire(import.meta.url).resolve('hyparquet'), path }),
    maxBuffer: MOST_UNPACKED_BYTES,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  if (error || status !== 0) {
    const isTooLarge = (error as NodeJS.ErrnoException | undefined)?.code === 'ENOBUFS';
    throw new WeftError(
      'data',
      `${path} ${isTooLarge ? 'contains more than 1 GB of text' : `cannot be read (${error?.message ?? stderr.toString().split('\n')[0]})`}`,
      isTooLarge
        ? 'use fewer rows or columns'
        : "write it with pandas' to_parquet and compression='snappy', or as a CSV file",
    );
  }
  return { lines: linesOf(stdout, path, 'utf-8', 'plain'), source: () => source };
}
