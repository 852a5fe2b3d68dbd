/** The final choice among candidates with shared weights. */
import { z } from 'zod';
import { heldAtOnce } from './held.js';
import { proxyNames } from '../proxies/index.js';

export const deriveSchema = z.strictObject({
  candidates: heldAtOnce(1).default(50).describe('architectures sampled from the controller for the final choice'),
  random: heldAtOnce(0).default(50).describe('uniformly random architectures evaluated for comparison'),
  batches: z.int().min(1).default(2).describe('batches that every candidate is evaluated on, the same ones for all'),
  batchSize: z.int().min(1).default(256).describe('examples a batch'),
  proxies: z
    .array(z.enum(proxyNames as [string, ...string[]]))
    .default(['naswot'])
    .describe(
      'what scores some candidates without training, once, so that the report says how far the shared weights order them alike; left out where it would take more than about a hundredth of the run',
    ),
});
