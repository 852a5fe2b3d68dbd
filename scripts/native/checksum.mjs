/** Downloaded files are used only if their content has the known checksum. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Rejects unless the file has the SHA-256 that is expected. */
export async function check(file, { sha256 }) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  if (hash.digest('hex') === sha256) return;
  throw new Error(`${basename(file)} does not have the known checksum`);
}
