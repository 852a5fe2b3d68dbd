/**
 * The contract of all zero-cost proxies: a score for an untrained network, from its initial weights and one batch, by
 * which networks are ranked. Code that ranks or filters networks depends on nothing else.
 */
import { requireDefinition } from '../parts/checked.js';
import { type Child } from '../supernet/child.js';
import { type Weights } from '../supernet/parameter-store.js';
import { type TensorBatch } from '../training/batch.js';

export interface ProxyDefinition {
  readonly name: string;
  /** What it measures, on one line. */
  readonly description: string;
  /** The score on one line. */
  readonly formula: string;
  readonly reference: string;
  /** Minimum number of examples in its batch; 1 by default. */
  readonly fewestExamples?: number;
  /**
   * The score of a network with these weights on this batch; higher is considered better. Arguments are borrowed;
   * `proxyScore` disposes of the tensors that it creates. Deterministic: random draws come from a named stream. Throws
   * WeftError('unsupported') if the network lacks the operations that the score is based on.
   */
  score(network: Child, weights: Weights, batch: TensorBatch): number;
}

export interface Proxy extends ProxyDefinition {
  readonly kind: 'weft-proxy';
}

/**
 * Defines a proxy; see `src/proxies/snip.ts` for a short example. A file that exports one can be passed in place of a
 * proxy name.
 */
export function defineProxy(definition: ProxyDefinition): Proxy {
  requireDefinition({ code: 'config', what: `the proxy '${definition.name}'` }, definition, 'score');
  return { kind: 'weft-proxy', ...definition };
}
