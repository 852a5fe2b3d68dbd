/**
 * Checks whether the data is still what a run has recorded. Changed data would be divided anew, so that examples that
 * the weights have learned from could end up in the test part.
 */
import { basename } from 'node:path';
import { WeftError } from '../errors.js';
import { readListed, decoderInWords, type Decoders, recordedDecoder } from '../data/index.js';
import { type Json } from '../operations/operation.js';
import { isObject, readTextIfThere, type Run, runFiles, sha256, sortKeys } from '../runs/index.js';
import { type DataFacts, type SearchData } from './data.js';

export type RecordedData = Pick<SearchData, 'record' | 'listing'>;

/** The file in which a run keeps the hashes of the single files of its data. */
export const dataFiles = (listing: string | undefined): Record<string, string> =>
  listing === undefined ? {} : { [basename(runFiles('').dataFiles)]: listing };

/**
 * Throws WeftError('data') naming the files that changed, appeared or vanished since the run began, or what is read
 * differently from them; their location does not matter.
 */
export function checkSameData(run: Run, data: RecordedData): void {
  const decoders = compareData(run, data);
  if (!decoders) return;
  const { before, now } = decoders;
  throw new WeftError(
    'data',
    `the files of the data are those of ${run.path}, but their images were decoded by ${decoderInWords(before)} then and are decoded by ${decoderInWords(now)} now, which gives other pixels`,
    `install ${before} again, or start a new search`,
  );
}

/** Whether the data was read from exactly the files that the run has recorded. */
export const hasSameFiles = (run: Run, { record }: RecordedData): boolean =>
  sourcesOf(run)?.map(hashOf).join() === record.sources.map(hashOf).join();

function sourcesOf({ manifest: { facts } }: Run): DataFacts['sources'] | undefined {
  const recorded = facts['data'];
  return isObject(recorded) ? (recorded['sources'] as DataFacts['sources'] | undefined) : undefined;
}

/**
 * The decoders, if only the pixels have changed because another decoder read the same files, so that each example is
 * still in its part; undefined if nothing has changed. Throws WeftError('data') for everything else.
 */
export function compareData(run: Run, data: RecordedData): Decoders | undefined {
  const { record } = data;
  const recorded = run.manifest.facts['data'];
  const sources = sourcesOf(run);
  if (!sources)
    throw new WeftError(
      'data',
      `${runFiles(run.path).manifest} does not record the data of the run`,
      'start a new search with its config.yaml',
    );
  if (sources.map(hashOf).join() !== record.sources.map(hashOf).join()) {
    throw new WeftError(
      'data',
      `the data of ${run.path} has changed since the run began:\n${describe(run, sources, data)}`,
      CHANGED,
    );
  }
  const known = recorded as DataFacts;
  const changed = READ.find((field) => stable(record[field]) !== stable(known[field]));
  if (changed === undefined) return undefined;
  const [before, now] = [recordedDecoder(known), record['decoder'] as string | undefined];
  const isDecoded = before !== undefined && now !== undefined && before !== now;
  if (isDecoded && changed === 'splits' && stable(withoutPixels(record)) === stable(withoutPixels(known)))
    return { before, now };
  throw new WeftError(
    'data',
    `the data files are those of ${run.path}, but they are read differently now: different ${changed}${isDecoded ? ` (decoded by ${decoderInWords(before)} then, and by ${decoderInWords(now)} now)` : ''}`,
    `continue with the version of weft that began the run: ${String(run.manifest.environment['weft'])}`,
  );
}

/** Which examples are in which part, regardless of their pixels. */
const withoutPixels = ({ splits }: DataFacts): Json =>
  isObject(splits)
    ? Object.fromEntries(Object.entries(splits).map(([name, split]) => [name, { ...(split as object), content: '' }]))
    : '';

const CHANGED =
  'restore the data as it was, or start a new search; if the data has only moved, name its new place with --data PATH';

/** What is read from the files. */
const READ = ['inputShape', 'classes', 'classNames', 'targets', 'splits'];
const MOST_NAMED = 10;

const hashOf = (source: { readonly sha256: string }): string => source.sha256;
const stable = (value: Json | undefined): string => (value === undefined ? '' : JSON.stringify(sortKeys(value)));

/** The recorded hashes of the individual files of a folder; undefined for runs of version 0.1, which have none. */
function recordedListing({ path }: Run, sources: DataFacts['sources']): string | undefined {
  const file = runFiles(path).dataFiles;
  const listing = readTextIfThere(file);
  if (listing === undefined) return undefined;
  if (sources.some((source) => source.sha256 === sha256(listing))) return listing;
  throw new WeftError('run', `${file} is damaged or was changed`, 'restore the original');
}

/** How each file is displayed, and its hash, by name (in a folder, by relative path). */
type Files = ReadonlyMap<string, { readonly shown: string; readonly hash: string }>;

function filesOf(sources: DataFacts['sources'], listing: string | undefined): Files {
  if (listing === undefined)
    return new Map(sources.map(({ path, sha256 }) => [basename(path), { shown: path, hash: sha256 }]));
  const lines = listing.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const { path, hash } = readListed(line);
      return [path, { shown: path, hash }];
    }),
  );
}

/** A line for each file that has changed. */
function differences(before: Files, after: Files): string[] {
  const kept = [...after].filter(([name]) => before.has(name));
  const changed = kept.filter(([name, { hash }]) => before.get(name)!.hash !== hash);
  const waiting = new Map<string, string[]>(); // new names by their hash
  for (const [name, { shown, hash }] of after)
    if (!before.has(name)) {
      const alike = waiting.get(hash);
      if (alike) alike.push(shown);
      else waiting.set(hash, [shown]);
    }
  const lines = changed.map(([, { shown }]) => `${shown} changed`);
  for (const [name, { shown, hash }] of before) {
    if (after.has(name)) continue;
    const now = waiting.get(hash)?.pop();
    lines.push(now === undefined ? `${shown} vanished` : `${shown} is now ${now}`);
  }
  for (const names of waiting.values()) for (const shown of names) lines.push(`${shown} appeared`);
  return lines.length > 0 ? lines : ['its files are in another order'];
}

/** What has changed, in words. */
function describe(run: Run, before: DataFacts['sources'], { record, listing }: RecordedData): string {
  const known = recordedListing(run, before);
  const lines =
    before.length === 1 && record.sources.length === 1 && (known === undefined || listing === undefined)
      ? [
          `${record.sources[0]!.path} changed${listing === undefined ? '' : '; which of its files, the run does not record'}`,
        ]
      : differences(filesOf(before, known), filesOf(record.sources, listing));
  const more = lines.length - MOST_NAMED;
  return [...lines.slice(0, MOST_NAMED), ...(more > 0 ? [`and ${more} more`] : [])]
    .map((line) => `  ${line}`)
    .join('\n');
}
