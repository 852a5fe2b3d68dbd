/**
 * Checkpoints: everything that a run needs to continue exactly as if it had never stopped, as a folder that exists
 * either completely or not at all. Each file is hashed, so that damage is detected and an earlier checkpoint is used.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readBytes } from '../data/source.js';
import { WeftError } from '../errors.js';
import { type Json } from '../operations/operation.js';
import { type NamedTensors, pickNamed } from '../tensor/named.js';
import { removeFolder, writeFolderAtomic, type WriteOptions } from './atomic-write.js';
import { packageVersion } from './environment.js';
import { type EventsMark, type JournalEvent } from './journal.js';
import { sha256, stringifyStrict } from './json.js';
import { type Manifest, runFiles, runIdentity } from './run-directory.js';
import { readText } from './read-text.js';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';

/** 2: names the run and hashes its events. */
const FORMAT_VERSION = 2;
const READABLE = [1, FORMAT_VERSION];

export interface Checkpoint {
  /** The run's step counter: names the folder, and must increase. */
  readonly step: number;
  /** Tensors by group, one file each: weights, optimizer, controller, … */
  readonly tensors: Readonly<Record<string, NamedTensors>>;
  /** All other state of the run: cursors, baselines, elapsed seconds. */
  readonly state: Json;
  /** The length of the journal, from `journal.sync()`. */
  readonly events: number;
  /** The hash of the journal, from `journal.digest()`. */
  readonly eventsSha256?: string | undefined;
}

export interface SaveOptions extends WriteOptions {
  /** How many of the newest to keep. Two, so that one may be damaged. */
  readonly keep?: number;
  /** The run that the checkpoint belongs to. */
  readonly run?: Manifest;
}

/** The content of state.json. */
interface Document {
  readonly formatVersion: number;
  readonly weft: string;
  readonly space: string;
  readonly step: number;
  readonly events: number;
  readonly eventsSha256?: string | undefined;
  /** `runIdentity` of the run; since format 2, if the checkpoint belongs to a run. */
  readonly run?: string | undefined;
  readonly groups: Readonly<Record<string, { readonly sha256: string; readonly names: readonly string[] }>>;
  readonly state: Json;
}

/**
 * Writes a checkpoint of a run of the space with this fingerprint (the tensors are borrowed), then removes old ones
 * according to the retention rule. Returns its folder. A step has a single state: an existing complete checkpoint of it
 * is kept, so that one exists at every instant.
 */
export function saveCheckpoint(
  runPath: string,
  space: string,
  { step, tensors, state, events, eventsSha256 }: Checkpoint,
  { keep = 2, run, guard }: SaveOptions = {},
): string {
  const folder = folderOf(runPath, step);
  const writing = guard ? { guard } : {};
  const owner = run && runIdentity(run);
  if (!holds(folder, { space, step, events, eventsSha256, run: owner })) {
    const files: Record<string, Uint8Array | string> = {};
    const groups: Record<string, Document['groups'][string]> = {};
    for (const [group, named] of Object.entries(tensors)) {
      const bytes = encodeSafetensors(named);
      files[`${group}.safetensors`] = bytes;
      groups[group] = { sha256: sha256(bytes), names: Object.keys(named) };
    }
    const document: Document = {
      formatVersion: FORMAT_VERSION,
      weft: packageVersion,
      space,
      step,
      events,
      eventsSha256,
      run: owner,
      groups,
      state,
    };
    files[STATE_FILE] = seal(document);
    writeFolderAtomic(folder, files, writing);
  }
  prune(runPath, keep, writing);
  return folder;
}

export interface LoadOptions {
  /** The run that the checkpoints must belong to. */
  readonly run?: Manifest | undefined;
  /** Called for each damaged checkpoint that is skipped. */
  readonly warn?: (event: JournalEvent) => void;
  /** Called with the state of each checkpoint before its tensors are read; its exceptions are passed on. */
  readonly check?: (state: Json) => void;
}

/**
 * The newest complete checkpoint of a run; the caller owns its tensors, which are in the order in which they were
 * saved.
 */
export function loadLatestCheckpoint(
  runPath: string,
  space: string,
  { run, warn, check }: LoadOptions = {},
): Checkpoint {
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof WeftError)) throw error;
      warn?.({ type: 'warning', code: error.code, message: error.message });
      return undefined;
    }
  };
  for (const step of listCheckpoints(runPath).reverse()) {
    const folder = folderOf(runPath, step);
    const document = attempt(() => readDocument(folder));
    if (!document) continue;
    checkFits(document, folder, space, run);
    check?.(document.state);
    const tensors = attempt(() => readGroups(document, folder));
    if (tensors) {
      const { state, events, eventsSha256 } = document;
      return { step, tensors, state, events, ...(eventsSha256 !== undefined && { eventsSha256 }) };
    }
  }
  throw new WeftError(
    'checkpoint',
    `${runPath} has no complete checkpoint`,
    `start again with the same config: \`weft search --config ${runFiles(runPath).config}\``,
  );
}

/** The newest complete checkpoint's record of the events; undefined if there is none, or one from version 0.1. */
export function latestEventsMark(runPath: string): EventsMark | undefined {
  for (const step of listCheckpoints(runPath).reverse()) {
    try {
      const { events, eventsSha256 } = readDocument(folderOf(runPath, step));
      return eventsSha256 === undefined ? undefined : { events, sha256: eventsSha256 };
    } catch (error) {
      if (!(error instanceof WeftError)) throw error; // a damaged one: the previous one is used
    }
  }
  return undefined;
}

/** The steps at which a run has checkpoints, in order. */
export function listCheckpoints(runPath: string): number[] {
  const { checkpoints } = runFiles(runPath);
  if (existsSync(runPath) && !existsSync(checkpoints)) return [];
  try {
    return readdirSync(checkpoints)
      .filter((name) => FOLDER_NAME.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  } catch (cause) {
    throw new WeftError(
      'run',
      `cannot read ${checkpoints}: ${(cause as Error).message}`,
      'check that this is the directory of a run',
      { cause },
    );
  }
}

/** Whether a folder is a complete checkpoint of this step of the run. */
function holds(folder: string, wanted: Pick<Document, (typeof OWN)[number]>): boolean {
  if (!existsSync(folder)) return false;
  try {
    const document = readDocument(folder);
    bytesOfGroups(document, folder);
    return OWN.every((field) => document[field] === wanted[field]);
  } catch (error) {
    if (error instanceof WeftError) return false;
    throw error;
  }
}

const OWN = ['space', 'step', 'events', 'eventsSha256', 'run'] as const;

const folderOf = (runPath: string, step: number): string =>
  join(runFiles(runPath).checkpoints, String(step).padStart(8, '0'));
const FOLDER_NAME = /^\d{8,}$/;
const STATE_FILE = 'state.json';

/** The document as text, including its own hash. */
function seal(document: Document): string {
  const text = stringifyStrict(document as unknown as Json);
  return `${text.slice(0, -1)},"sha256":"${sha256(text)}"}\n`;
}

function readDocument(folder: string): Document {
  const text = readText(join(folder, STATE_FILE), UNREADABLE);
  const body = text.replace(/,"sha256":"([0-9a-f]{64})"}\n$/, '}');
  if (body === text || !text.endsWith(`"${sha256(body)}"}\n`)) throw damaged(folder, STATE_FILE);
  return JSON.parse(body) as Document;
}

/** The bytes of each group, with their hashes verified. */
function bytesOfGroups({ groups }: Document, folder: string) {
  return Object.entries(groups).map(([group, expected]) => {
    const name = `${group}.safetensors`;
    const bytes = readBytes(join(folder, name), UNREADABLE);
    if (sha256(bytes) !== expected.sha256) throw damaged(folder, name);
    return { group, bytes, name, names: expected.names };
  });
}

function readGroups(document: Document, folder: string): Record<string, NamedTensors> {
  return Object.fromEntries(
    bytesOfGroups(document, folder).map(({ group, bytes, name, names }) => [
      group,
      pickNamed(decodeSafetensors(bytes, join(folder, name)).tensors, names),
    ]),
  );
}

function checkFits(
  { formatVersion, weft, space, run }: Document,
  folder: string,
  wanted: string,
  manifest: Manifest | undefined,
): void {
  if (!READABLE.includes(formatVersion)) {
    throw new WeftError(
      'checkpoint',
      `${folder} was written by weft-nas ${weft} in format ${formatVersion}; version ${packageVersion} reads format ${READABLE.join(' and ')}`,
      `continue with \`npx weft-nas@${weft}\``,
    );
  }
  if (space !== wanted) {
    throw new WeftError(
      'checkpoint',
      `${folder} is of the search space ${space}, not ${wanted}`,
      'the space was changed after the run began: restore its definition, or start a new search',
    );
  }
  // Only a run of version 0.1 has checkpoints that do not name their run.
  const unbound = run === undefined && manifest?.formatVersion === 1;
  if (manifest && !unbound && run !== runIdentity(manifest)) {
    throw new WeftError(
      'checkpoint',
      `${folder} is a checkpoint of another run`,
      'restore the checkpoints and events.jsonl of this run, or start a new search with its config.yaml',
    );
  }
}

function prune(runPath: string, keep: number, writing: WriteOptions): void {
  for (const step of listCheckpoints(runPath).slice(0, -Math.max(1, keep)))
    removeFolder(folderOf(runPath, step), writing);
}

const UNREADABLE = { code: 'checkpoint', remedy: 'an earlier checkpoint can be used' } as const;

const damaged = (folder: string, name: string): WeftError =>
  new WeftError(
    'checkpoint',
    `${join(folder, name)} is damaged: its hash is not the recorded one`,
    'an earlier checkpoint can be used',
  );
