/** The files that hold the measurements of `weft sharpness`, next to the run's own. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readSealedJson } from '../runs/index.js';

/** Where the measurements of a run are kept. */
export const sharpnessFiles = (run: string): { child: string; supernet: string } => ({
  child: join(run, 'sharpness.json'),
  supernet: join(run, 'sharpness-supernet.json'),
});

/** The measurements of a run for its report. */
export function readSharpness(run: string): { child?: object; supernet?: object } {
  return Object.fromEntries(
    Object.entries(sharpnessFiles(run)).flatMap(([name, path]) => {
      if (!existsSync(path)) return [];
      return [[name, readSealedJson(path, `delete it, or measure again: weft sharpness ${run}`)]];
    }),
  );
}
