/** JSON files with a hash of their own content, so that damage or changes are detected on reading. */
import { WeftError } from '../errors.js';
import { isObject, type JsonObject, sha256, stringifyStrict } from './json.js';
import { readText } from './read-text.js';

/** The object as text with a last field `sha256`: the hash of the compact JSON of all others. */
export function sealJson(value: JsonObject, indent?: number): string {
  return `${stringifyStrict({ ...value, sha256: sha256(stringifyStrict(value)) }, indent)}\n`;
}

/** The object without its seal; undefined if the seal is missing or broken. */
export function unseal(value: unknown): Record<string, unknown> | undefined {
  if (!isObject(value)) return undefined;
  const { sha256: seal, ...content } = value;
  return seal === sha256(JSON.stringify(content)) ? content : undefined;
}

/** The first version whose files are sealed. */
const SEALED_SINCE = 2;

/** Whether a parsed file must have a seal: it has one, or its version (`formatVersion` or `version`) requires it. */
function isSealed(value: unknown): boolean {
  if (!isObject(value)) return false;
  const version = value['formatVersion'] ?? value['version'];
  return Object.hasOwn(value, 'sha256') || (version !== undefined && !(Number(version) < SEALED_SINCE));
}

/** Reads an object and checks its seal, if it must have one; `remedy` is the hint for a damaged file. */
export function readSealedJson(path: string, remedy: string): Record<string, unknown> {
  const fault = (what: string, cause?: unknown): WeftError =>
    new WeftError('run', `${path} ${what}`, remedy, { cause });
  let value: unknown;
  try {
    value = JSON.parse(readText(path, { remedy }));
  } catch (cause) {
    if (cause instanceof WeftError) throw cause;
    throw fault(`is not JSON: ${(cause as Error).message}`, cause);
  }
  if (!isObject(value)) throw fault('holds no JSON object');
  const content = isSealed(value) ? unseal(value) : value;
  if (!content) throw fault('is damaged or was changed: its content is not what was written');
  return content;
}
