/**
 * What a study is: a question with a published or calibrated answer, the measurement that answers it here, and the
 * verdict.
 */
import { type z } from 'zod';
import { type ControllerFactory } from '../controller/contract.js';
import { type SpaceFactory } from '../graph/define-space.js';
import { requireDefinition } from '../parts/checked.js';
import { type ChapterContent, type ChapterFigure, type ChapterTable } from '../report/chapter.js';
import { type JsonObject, type Stopwatch } from '../runs/index.js';

/** One quantity with its target. */
export interface Row {
  /** Stable name, for example `T2/alpha=10`. */
  readonly id: string;
  /** What was measured, with its unit. */
  readonly quantity: string;
  /** Null where it could not be measured here. */
  readonly measured: number | string | null;
  /** The target in words: `at least 0.9`, `within 5 % of 20.1`; empty if the number is only for information. */
  readonly gate: string;
  /** Null if there is no target, or nothing was measured. */
  readonly met: boolean | null;
  /** Why a target was not met, or why nothing was measured. */
  readonly note?: string;
}

export type StudyFigure = ChapterFigure;
export type StudyTable = ChapterTable;

/** A chapter of a study's report. */
export interface StudySection extends ChapterContent {
  readonly title: string;
}

export interface StudyResult {
  /** What may be concluded, in a sentence or two, and no more than the rows allow. */
  readonly verdict: string;
  readonly rows: readonly Row[];
  readonly sections: readonly StudySection[];
}

/** Shipped spaces and controllers by name, or by a file of the user's own. */
export interface Parts {
  space(nameOrFile: string): Promise<SpaceFactory>;
  controller(nameOrFile: string): Promise<ControllerFactory>;
}

/**
 * A part of a study that depends on nothing but its payload, so that it may be done in any process: an independent
 * training, or a few. The same payload gives the same result, to the bit; both are plain data.
 */
export type StudyUnit = (payload: JsonObject, setting: UnitSetting) => Promise<JsonObject>;

export interface UnitSetting {
  readonly parts: Parts;
  /** A folder of this unit that is kept between attempts, for the state of a long training; none where it is absent. */
  readonly folder?: string;
  /** Tells how far the unit is. */
  progress(done: number, total: number): void;
  shouldStop(): boolean;
}

export interface UnitRequest {
  /** One of the study's `units`. */
  readonly unit: string;
  readonly payload: JsonObject;
  /** What the unit is told besides, and its result does not depend on: where files lie. */
  readonly local?: JsonObject;
  /** A few words for people. */
  readonly label: string;
}

/**
 * Has units done, one after another or side by side; results in the order of the requests. Several calls may be made at
 * the same time.
 */
export type PerformUnits = (requests: readonly UnitRequest[]) => Promise<JsonObject[]>;

export interface StudySetting {
  readonly seed: number;
  /** Folder of the study, for whatever else it keeps: runs, curves. */
  readonly folder: string;
  readonly parts: Parts;
  /** Tells what is being done; at most about one line per second. `done` of 1 is the end. */
  progress(message: string, done?: number): void;
  /** Asked by `stopHere` between two pieces of work. */
  shouldStop(): boolean;
  /** Has units of the study done: here, or wherever the command line says. */
  readonly perform: PerformUnits;
  /** Seconds since the study began; only for measuring how long things take, never for deciding. */
  readonly watch: Stopwatch;
}

/** Told the share of a piece of work that is done; throws where the study is to stop. */
export type Tick = (share: number) => Promise<void>;

export interface Study<Options extends z.ZodType = z.ZodType> {
  readonly kind: 'weft-study';
  readonly name: string;
  /** One line for lists. */
  readonly summary: string;
  /** Where the question and the values come from. */
  readonly reference: string;
  /** Minutes that the default options take on two cores. */
  readonly minutes: number;
  /** Every field has a default. */
  readonly options: Options;
  /** Parts that may be done elsewhere, by name. */
  readonly units?: Readonly<Record<string, StudyUnit>>;
  run(options: z.output<Options>, setting: StudySetting): StudyResult | Promise<StudyResult>;
}

/** Defines a study; the only way to make one. */
export function defineStudy<Options extends z.ZodType>(study: Omit<Study<Options>, 'kind'>): Study {
  requireDefinition({ code: 'config', what: `the study '${study.name}'` }, study, 'run', 'options');
  return { kind: 'weft-study', ...study };
}

/** A row whose target is a comparison with a number. */
export function gateRow(
  id: string,
  quantity: string,
  measured: number | null,
  kind: 'at least' | 'at most',
  bound: number,
  note?: string,
): Row {
  const met = measured === null ? null : kind === 'at least' ? measured >= bound : measured <= bound;
  return { id, quantity, measured, gate: `${kind} ${bound}`, met, ...(note !== undefined && { note }) };
}

/** A row whose value is to lie within `tolerance` (a share) of the reference value. */
export function withinRow(
  id: string,
  quantity: string,
  measured: number | null,
  reference: number,
  tolerance: number,
  note?: string,
): Row {
  const met = measured === null ? null : Math.abs(measured - reference) <= tolerance * Math.abs(reference);
  return {
    id,
    quantity,
    measured,
    gate: `within ${+(tolerance * 100).toFixed(3)} % of ${reference}`,
    met,
    ...(note !== undefined && { note }),
  };
}

/** A row for information, without a target. */
export function infoRow(id: string, quantity: string, measured: number | string | null, note?: string): Row {
  return { id, quantity, measured, gate: '', met: null, ...(note !== undefined && { note }) };
}
