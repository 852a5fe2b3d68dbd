/** A study from its options to the files that it leaves. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Signal, unknownNameHint, WeftError } from '../errors.js';
import {
  acquireLock,
  breathe,
  describeEnvironment,
  type JsonObject,
  makeFolder,
  removeFolder,
  sha256,
  stopwatch,
  stringifyStrict,
  writeFileAtomic,
} from '../runs/index.js';
import { inOwnCode, type Part } from '../own-errors.js';
import { isRecord, shown } from '../parts/checked.js';
import { toCsv } from '../report/index.js';
import {
  type Parts,
  type PerformUnits,
  type Row,
  type Study,
  type StudyResult,
  type StudySetting,
  type StudyUnit,
} from './contract.js';
import { requireResult } from './check-result.js';
import { studyReport } from './report.js';

export interface RunStudyOptions {
  readonly options?: Readonly<Record<string, unknown>>;
  readonly seed?: number;
  readonly folder: string;
  readonly parts: Parts;
  readonly progress?: StudySetting['progress'];
  readonly shouldStop?: () => boolean;
  /** Does the units of the study; one after another in this process by default. */
  readonly perform?: PerformUnits;
}

export interface FinishedStudy extends StudyResult {
  readonly seconds: number;
  /** What was written. */
  readonly files: readonly string[];
}

/** Thrown by a study that was asked to stop. */
export class StudyStopped extends Signal {}

/**
 * Between two pieces of a study's work: lets signals arrive, which kernels keep from the thread, and throws where the
 * study is to stop.
 */
export async function stopHere({ shouldStop }: Pick<StudySetting, 'shouldStop'>): Promise<void> {
  await breathe();
  if (shouldStop()) throw stopped();
}

/** What a study throws when `shouldStop` says so. */
export function stopped(): StudyStopped {
  return new StudyStopped('the study was stopped');
}

/**
 * Runs the study and writes `report.html`, `rows.json` and a CSV file of each table into the folder. Throws
 * WeftError('config') on options that the study does not have, and WeftError('run') while another process works in the
 * folder. The backend must be loaded.
 */
export async function runStudy(
  study: Study,
  { options = {}, folder, progress = () => {}, ...rest }: RunStudyOptions,
): Promise<FinishedStudy> {
  const chosen = parseStudyOptions(study, options);
  const made = makeFolder(folder);
  try {
    const lock = await acquireLock(join(folder, 'study.lock'), { name: `the folder ${folder}`, onWait: progress });
    try {
      return await runHere(study, chosen, { folder, progress, ...rest }, lock.check);
    } finally {
      lock.release();
    }
  } catch (error) {
    made.undo();
    throw error;
  }
}

async function runHere(
  study: Study,
  chosen: Record<string, unknown>,
  {
    seed = 1,
    folder,
    parts,
    progress,
    shouldStop = () => false,
    perform,
  }: RunStudyOptions & Required<Pick<RunStudyOptions, 'progress'>>,
  guard: () => void,
): Promise<FinishedStudy> {
  const watch = stopwatch();
  const part = partOf(study);
  const result = await inOwnCode(part, () =>
    study.run(chosen, {
      seed,
      folder,
      parts,
      progress,
      shouldStop,
      watch,
      perform: perform ?? oneAfterAnother(study, { folder, parts, progress, shouldStop }),
    }),
  );
  requireResult(part.what, result);
  const seconds = watch.elapsed();
  const facts = { seed, seconds, options: chosen, environment: describeEnvironment() };
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileAtomic(path, text, { guard });
    return path;
  };
  const tables = result.sections.flatMap(({ tables }) => tables ?? []);
  const files = [
    write('report.html', studyReport(study, result, facts)),
    write('rows.json', rowsJson(result.rows)),
    write('study.json', `${JSON.stringify({ name: study.name, verdict: result.verdict, ...facts }, null, 2)}\n`),
    ...tables.map(({ name, columns, rows }) => write(`${name}.csv`, toCsv([columns, ...rows]))),
  ];
  return { ...result, seconds, files };
}

/** Units in this process, one after another also if several calls ask for some. After a failure none is begun. */
function oneAfterAnother(
  study: Study,
  { folder, parts, progress, shouldStop }: Pick<StudySetting, 'folder' | 'parts' | 'progress' | 'shouldStop'>,
): PerformUnits {
  const performAll: PerformUnits = async (requests) => {
    const results: JsonObject[] = [];
    for (const { unit, payload, local, label } of requests) {
      await stopHere({ shouldStop });
      progress(label);
      const own = join(folder, 'units', sha256(stringifyStrict({ unit, payload })).slice(0, 16));
      results.push(
        await unitOf(study, unit)(
          { ...payload, ...local },
          { parts, folder: own, shouldStop, progress: (done, total) => progress(`${label}, ${done} of ${total}`) },
        ),
      );
      if (existsSync(own)) removeFolder(own);
    }
    return results;
  };
  let earlier: Promise<unknown> = Promise.resolve();
  return (requests) => {
    const own = earlier.then(() => performAll(requests));
    earlier = own;
    return own;
  };
}

/** A unit of a study by its name. */
export function unitOf(study: Study, unit: string): StudyUnit {
  const { name, units = {} } = study;
  const found = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (!found)
    throw new WeftError(
      'job',
      `the study '${name}' has no part '${unit}'`,
      'workers and submitters must have the same version of weft',
    );
  const part = partOf(study);
  return async (payload, setting) => {
    const result = await inOwnCode(part, () => found(payload, setting));
    if (isRecord(result)) return result;
    throw new WeftError('config', `${part.what} returns ${shown(result)} from '${unit}'`, 'return plain data by name');
  };
}

/** A study in messages. */
const partOf = ({ name }: Pick<Study, 'name'>): Part => ({ code: 'config', what: `the study '${name}'` });

/**
 * The options with all defaults; WeftError('config') names an option that the study does not have, with the nearest one
 * it has, or a value that it cannot take.
 */
export function parseStudyOptions(
  { name, options: schema }: Study,
  options: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const unknown = Object.keys(options).find((field) => !known.includes(field));
  if (unknown !== undefined)
    throw new WeftError('config', `the study '${name}' has no option '${unknown}'`, unknownNameHint(unknown, known));
  const parsed = inOwnCode(partOf({ name }), () => schema.safeParse(withLists(schema, options)));
  if (!parsed.success)
    throw new WeftError(
      'config',
      `options of the study '${name}':\n${z.prettifyError(parsed.error)}`,
      `it has the options ${known.join(', ')}, each set as in --set ${known[0] ?? 'NAME'}=VALUE`,
    );
  return parsed.data as Record<string, unknown>;
}

/** Lists may be written without brackets: `seeds=1,2`, or a single value. */
function withLists(schema: Study['options'], options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shape: Readonly<Record<string, unknown>> = schema instanceof z.ZodObject ? schema.shape : {};
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => {
      if (!(inner(shape[name]) instanceof z.ZodArray)) return [name, value];
      if (typeof value === 'string') return [name, value.split(',').map(scalar)];
      return [name, typeof value === 'number' ? [value] : value];
    }),
  );
}

/** The schema below a default and the like. */
function inner(schema: unknown): unknown {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? inner(schema.unwrap()) : schema;
}

function scalar(text: string): string | number {
  const trimmed = text.trim();
  return trimmed === '' || Number.isNaN(Number(trimmed)) ? trimmed : Number(trimmed);
}

/** The rows as stored: an array of {id, quantity, measured, gate, met}. */
function rowsJson(rows: readonly Row[]): string {
  return `${JSON.stringify(rows, null, 2)}\n`;
}
