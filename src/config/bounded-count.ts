/** Counts of objects held in memory simultaneously, such as the architectures of one round. */
import { z } from 'zod';

/** More architectures than this are impractical to evaluate, and would soon exhaust memory. */
const MOST = 100_000;

/** An integer from `least` to 100,000. */
export const boundedCount = (least: number): z.ZodInt => z.int().min(least).max(MOST);
