/** A run on disk: a directory that records what was requested, with which inputs, and the results. */
import { constants, cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { nearest, WeftError } from '../errors.js';
import { type Json } from '../operations/operation.js';
import { diskError, makeFolder, removeUnfinished, writeFileAtomic } from './atomic-write.js';
import { now } from './clock.js';
import { describeEnvironment, packageVersion } from './environment.js';
import { sha256 } from './json.js';
import { acquireLock, type LockOptions, type RunLock } from './lock.js';
import { readTextIfThere } from './read-text.js';
import { sealJson, unseal } from './sealed.js';

/** 2: manifests are sealed, checkpoints name their run, and what a finished run consists of is hashed. */
const FORMAT_VERSION = 2;
const READABLE = [1, FORMAT_VERSION];

const manifestSchema = z.object({
  formatVersion: z.literal(READABLE),
  name: z.string(),
  created: z.string(),
  seed: z.number(),
  /** Hash of config.yaml. */
  configSha256: z.string(),
  environment: z.record(z.string(), z.unknown()),
  /** Other recorded facts, such as the hashes of the data. */
  facts: z.record(z.string(), z.unknown()),
});

export type Manifest = z.infer<typeof manifestSchema>;

export interface Run {
  readonly path: string;
  readonly manifest: Manifest;
  /** The resolved config. */
  readonly config: Json;
}

export interface RunOptions {
  /** The subject of the run, for example `macro-cnn digits`; becomes part of the directory's name. */
  readonly name: string;
  readonly seed: number;
  /** The resolved config: with every default filled in, so that it alone reproduces the run. */
  readonly config: Json;
  readonly facts?: Readonly<Record<string, Json>>;
  /** More files by name, whose hashes are among the facts. */
  readonly files?: Readonly<Record<string, string>>;
}

/** The files of a run; other results are in the same folder under their own names. */
export const runFiles = (path: string) =>
  ({
    manifest: join(path, 'manifest.json'),
    config: join(path, 'config.yaml'),
    events: join(path, 'events.jsonl'),
    checkpoints: join(path, 'checkpoints'),
    summary: join(path, 'summary.json'),
    /** Hashes of the files of a finished run. */
    sums: join(path, 'SHA256SUMS'),
    /** Hashes of the individual files if the data is a folder. */
    dataFiles: join(path, 'data-files.txt'),
    report: join(path, 'report.html'),
    lock: join(path, 'run.lock'),
  }) as const;

/** Creates `root/<yyyymmdd-hhmmss>-<name>`, with a number appended if that exists: no run is ever overwritten. */
export function createRun(root: string, { name, seed, config, facts = {}, files: more = {} }: RunOptions): Run {
  const created = now();
  const path = createUnique(resolve(root), `${timestamp(created)}-${slug(name)}`);
  try {
    const files = runFiles(path);
    mkdirSync(files.checkpoints);
    const text = stringify(config);
    writeFileAtomic(files.config, text);
    writeFileAtomic(files.events, '');
    for (const [file, content] of Object.entries(more)) writeFileAtomic(join(path, file), content);
    const manifest = {
      formatVersion: FORMAT_VERSION,
      name,
      created: created.toISOString(),
      seed,
      configSha256: sha256(text),
      environment: { ...describeEnvironment() },
      facts,
    } as const;
    writeFileAtomic(files.manifest, sealJson(manifest, 2)); // last: without it the directory is not a run
    return { path, manifest, config };
  } catch (cause) {
    rmSync(path, { recursive: true, force: true });
    throw diskError(path, cause);
  }
}

/** The run in a directory, verified; nothing is changed and no lock is taken. */
export function openRun(directory: string): Run {
  const path = resolve(directory);
  if (!isFolder(path)) throw new WeftError('run', `there is no run directory ${path}`, similar(path));
  const files = runFiles(path);
  const manifest = parseManifest(readPart(files.manifest, path), files.manifest);
  const text = readPart(files.config, path);
  if (sha256(text) !== manifest.configSha256) {
    throw new WeftError(
      'run',
      `${files.config} was changed after the run began`,
      'restore the original, or start a new search with the changed file: `weft search --config FILE`',
    );
  }
  return { path, manifest, config: parseConfig(text, files.config) };
}

function parseConfig(text: string, path: string): Json {
  try {
    return parse(text) as Json;
  } catch (cause) {
    throw new WeftError('run', `${path} is not YAML: ${(cause as Error).message}`, 'restore the original', { cause });
  }
}

/** When a run began, by the clock of its machine. */
export const beganAt = ({ created }: Pick<Manifest, 'created'>): Date => new Date(created);

/** A unique identity of a run. */
export const runIdentity = ({ created, name, seed, configSha256 }: Manifest): string =>
  sha256(JSON.stringify([created, name, seed, configSha256]));

/** Locks the run for this process, and removes unfinished files of a killed one. */
export async function lockRun(path: string, options: Pick<LockOptions, 'onWait'> = {}): Promise<RunLock> {
  const files = runFiles(path);
  const lock = await acquireLock(files.lock, options);
  removeUnfinished(path);
  // The folder may have been deleted to save space; without it there are no checkpoints.
  mkdirSync(files.checkpoints, { recursive: true });
  removeUnfinished(files.checkpoints, { alone: true });
  return lock;
}

/** The paths of the runs under `root`, oldest first. */
export const listRuns = (root: string): string[] =>
  foldersIn(resolve(root))
    .map((name) => join(resolve(root), name))
    .filter((path) => existsSync(runFiles(path).manifest));

/**
 * Copies a run from elsewhere, such as that of a job, to `root` and returns its path. A run that is already there is
 * not copied again. Both copies are the same run; neither is resumed while this process works.
 */
export function copyRun(from: string, root: string, name: string): string {
  const { path: source, manifest } = openRun(from);
  const identity = runIdentity(manifest);
  const known = listRuns(root).find((path) => {
    try {
      return runIdentity(openRun(path).manifest) === identity && existsSync(runFiles(path).summary);
    } catch {
      return false; // a damaged run must not replace this one
    }
  });
  if (known !== undefined) return known;
  const path = createUnique(resolve(root), `${timestamp(beganAt(manifest))}-${slug(name)}`);
  const skipped = new Set([basename(runFiles(source).lock), basename(runFiles(source).manifest)]);
  const copy = (file: string): void =>
    cpSync(join(source, file), join(path, file), { recursive: true, mode: constants.COPYFILE_FICLONE });
  try {
    for (const file of readdirSync(source)) if (!skipped.has(file)) copy(file);
    copy(basename(runFiles(source).manifest)); // last: without it the directory is not a run
    return path;
  } catch (cause) {
    rmSync(path, { recursive: true, force: true });
    throw diskError(path, cause);
  }
}

/**
 * A run stands for itself, any other folder for the runs in it: command lines without wildcards can name them all this
 * way. Throws WeftError('run') if the folder is neither.
 */
export function runsIn(directory: string): string[] {
  const inside = listRuns(directory);
  return inside.length > 0 ? inside : [openRun(directory).path];
}

function createUnique(root: string, name: string): string {
  try {
    makeFolder(root);
    for (let attempt = 1; ; attempt++) {
      const path = join(root, attempt === 1 ? name : `${name}-${attempt}`);
      if (existsSync(path)) continue;
      try {
        mkdirSync(path);
        return path;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // just created by another process
      }
    }
  } catch (cause) {
    throw diskError(join(root, name), cause);
  }
}

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

/** Local time as yyyymmdd-hhmmss. */
function timestamp(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}

const slug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 48) || 'run';

function parseManifest(text: string, path: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new WeftError(
      'run',
      `${path} is not JSON: ${(cause as Error).message}`,
      'restore the original; the other files of the run are not affected',
      { cause },
    );
  }
  const version = z.object({ formatVersion: z.number(), environment: z.object({ weft: z.string() }) }).safeParse(value);
  if (version.success && !READABLE.includes(version.data.formatVersion)) {
    throw new WeftError(
      'run',
      `${dirname(path)} was written by weft-nas ${version.data.environment.weft} in format ${version.data.formatVersion}; version ${packageVersion} reads format ${READABLE.join(' and ')}`,
      `open it with \`npx weft-nas@${version.data.environment.weft}\``,
    );
  }
  const manifest = manifestSchema.safeParse(value);
  if (manifest.success && manifest.data.formatVersion > 1 && !unseal(value))
    throw new WeftError(
      'run',
      `${path} is damaged or was changed since the run began`,
      'restore the original; the other files of the run are not affected',
    );
  if (!manifest.success)
    throw new WeftError(
      'run',
      `${path} is not the manifest of a run: ${z.prettifyError(manifest.error)}`,
      'restore the original; the other files of the run are not affected',
    );
  return manifest.data;
}

function readPart(file: string, path: string): string {
  const text = readTextIfThere(file, { remedy: 'restore the original, or name another run' });
  if (text !== undefined) return text;
  throw new WeftError(
    'run',
    `${path} is not a run directory: ${basename(file)} is missing`,
    existsSync(join(path, 'halving.json'))
      ? 'it has the results of `weft halve`: give that command again with --pick or --retrain-top; what was trained is not trained again'
      : 'name a directory that `weft search` has made',
  );
}

function similar(path: string): string {
  const known = foldersIn(dirname(path));
  const guess = nearest(basename(path), known);
  if (guess) return `did you mean ${join(dirname(path), guess)}?`;
  return known.length > 0
    ? `the newest there is ${join(dirname(path), known.at(-1)!)}`
    : 'start one with `weft search`';
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}
