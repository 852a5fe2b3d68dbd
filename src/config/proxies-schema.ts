/** How proxies filter what a search evaluates: at its start, or among all proposals. */
import { z } from 'zod';
import { boundedCount } from './bounded-count.js';
import { ownProxySchema } from '../parts/own.js';
import { proxyNames } from '../proxies/index.js';

const rankingProxies = z
  .array(
    z.union([z.enum(proxyNames as [string, ...string[]]), ownProxySchema], {
      error: `must be a proxy (${proxyNames.join(', ')}), or {name: own, part: FILE}`,
    }),
  )
  .min(1)
  .default(['naswot', 'multiplyAdds', 'jacov'])
  .describe('proxies whose sum of log-ranks orders the architectures');

export const warmStartSchema = z
  .strictObject({
    proxies: rankingProxies,
    pool: boundedCount(2).default(200).describe('random architectures that are scored once, without training'),
    examples: z.int().min(4).default(64).describe('training examples on which they are scored'),
  })
  .optional()
  .describe(
    'the controller begins with the best architectures of a pool by zero-cost proxies instead of random ones (evolution, predictor-guided, local-search, nsga2, pareto-local-search)',
  );

export const proxyFilterSchema = z
  .strictObject({
    proxies: rankingProxies,
    draws: z
      .int()
      .min(2)
      .max(1000)
      .default(10)
      .describe('architectures that the controller proposes for each one that is evaluated'),
    examples: z.int().min(4).default(64).describe('training examples on which they are scored'),
  })
  .optional()
  .describe(
    "only the best of the controller's proposals by zero-cost proxies are evaluated: 1 of `draws`; by default all of them",
  );
