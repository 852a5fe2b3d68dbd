/** What an architecture is worth: higher is better. */
import { WeftError } from '../errors.js';
import { type Evaluated } from './contract.js';

/**
 * c / perplexity = c / exp(loss), the reward of a language model with a loss in nats per token (arXiv 1802.03268,
 * section 3.1).
 */
export function perplexityReward(loss: number, c = 80): number {
  return c / Math.exp(loss);
}

/** The reward, which must be a number to learn from. */
export function finiteReward({ reward }: Evaluated): number {
  if (!Number.isFinite(reward))
    throw new WeftError(
      'numeric',
      `a controller was given the reward ${reward}`,
      'lower the learning rate of the shared weights, or clip their gradients',
    );
  return reward;
}
