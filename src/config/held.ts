/** Numbers of things that are in memory at the same time, such as the architectures of one round. */
import { z } from 'zod';

/** More architectures than this are beyond what anybody evaluates, and soon beyond memory. */
const MOST = 100_000;

/** A whole number from `least` to 100,000. */
export const heldAtOnce = (least: number): z.ZodInt => z.int().min(least).max(MOST);
