/** Checks of what a study, which may be the user's own, returns. */
import { z } from 'zod';
import { WeftError } from '../errors.js';
import { anyNumber, requireContent } from '../report/chapter.js';
import { type StudyResult } from './contract.js';

const RESULT = z.object({
  verdict: z.string(),
  rows: z.array(
    z.object({
      id: z.string(),
      quantity: z.string(),
      measured: z.union([anyNumber, z.string(), z.null()]),
      gate: z.string(),
      met: z.union([z.boolean(), z.null()]),
      note: z.string().optional(),
    }),
  ),
  sections: z.array(z.object({ title: z.string() })),
});

/** Throws WeftError('config') naming the study and the field, unless a page can be made of the result. */
export function requireResult(what: string, result: StudyResult): void {
  const checked = RESULT.safeParse(result);
  if (!checked.success)
    throw new WeftError(
      'config',
      `the result of ${what}:\n${z.prettifyError(checked.error)}`,
      'return { verdict, rows, sections } from its run; gateRow and infoRow make rows',
    );
  for (const section of result.sections) requireContent(`'${section.title}' of ${what}`, section);
}
