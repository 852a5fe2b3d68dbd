/** User-defined data sets: a file, or a value, that creates them. */
import { requireDefinition } from '../parts/checked.js';
import { type Dataset } from './dataset.js';
import { type MemoryData } from './memory.js';

export interface OwnDataDefinition {
  readonly name: string;
  /** One or two sentences for listings. */
  readonly description?: string;
  /**
   * The examples; called once per search. Must return the same ones every time; a run checks this by a hash of their
   * content.
   */
  load(): Dataset | MemoryData | Promise<Dataset | MemoryData>;
}

export interface OwnData extends OwnDataDefinition {
  readonly kind: 'weft-data';
}

/** Defines a data set. A file that exports one can be passed in place of data: `--data ./my-data.ts`. */
export function defineData(definition: OwnDataDefinition): OwnData {
  requireDefinition({ code: 'data', what: `the data set '${definition.name}'` }, definition, 'load');
  return { kind: 'weft-data', ...definition };
}

/** Whether a configuration's `data.source` is the file of such a data set. */
export const isDataCode = (source: string): boolean => /\.[cm]?[jt]s$/.test(source);
