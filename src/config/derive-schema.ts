/** The final choice among candidates with shared weights. */
import { z } from 'zod';
import { boundedCount } from './bounded-count.js';
import { proxyNames } from '../proxies/index.js';

export const deriveSchema = z.strictObject({
  candidates: boundedCount(1).default(50).describe('architectures sampled from the controller for the final choice'),
  random: boundedCount(0).default(50).describe('uniformly random architectures evaluated for comparison'),
  batches: z.int().min(1).default(2).describe('batches on which every candidate is evaluated, the same for all'),
  batchSize: z.int().min(1).default(256).describe('examples per batch'),
  proxies: z
    .array(z.enum(proxyNames as [string, ...string[]]))
    .default(['naswot'])
    .describe(
      'proxies that score some candidates once, without training; the report says how well the order by shared weights agrees with them; left out if this would take more than about a hundredth of the run',
    ),
});
