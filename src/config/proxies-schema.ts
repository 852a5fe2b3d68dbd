/** Where proxies tell a search what to evaluate: at its start, or of all that is proposed. */
import { z } from 'zod';
import { heldAtOnce } from './held.js';
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
  .describe('whose sum of log-ranks orders them');

export const warmStartSchema = z
  .strictObject({
    proxies: rankingProxies,
    pool: heldAtOnce(2).default(200).describe('random architectures that are scored once, training nothing'),
    examples: z.int().min(4).default(64).describe('training examples that they are scored on'),
  })
  .optional()
  .describe(
    'the controller begins with the best of a pool by zero-cost proxies, not with random architectures (evolution, predictor-guided, local-search, nsga2, pareto-local-search)',
  );

export const proxyFilterSchema = z
  .strictObject({
    proxies: rankingProxies,
    draws: z
      .int()
      .min(2)
      .max(1000)
      .default(10)
      .describe('architectures that the controller is asked for in the place of each that is evaluated'),
    examples: z.int().min(4).default(64).describe('training examples that they are scored on'),
  })
  .optional()
  .describe(
    'of what the controller proposes only the best by zero-cost proxies are evaluated: 1 of `draws`; all of it by default',
  );
