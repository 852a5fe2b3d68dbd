/** The files in which the measurements of `weft sharpness` lie beside a run. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WeftError } from '../errors.js';

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
      try {
        return [[name, JSON.parse(readFileSync(path, 'utf8')) as object]];
      } catch (cause) {
        throw new WeftError('run', `${path} is no JSON`, `delete it, or measure again: weft sharpness ${run}`, {
          cause,
        });
      }
    }),
  );
}
