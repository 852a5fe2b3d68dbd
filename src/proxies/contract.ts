/**
 * What every zero-cost proxy is: a number for a network that has not been trained, from its fresh weights and one
 * batch, by which networks are ordered. Whoever ranks or filters networks knows no more of it.
 */
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
  /** Fewest examples that its batch must have; 1 by default. */
  readonly fewestExamples?: number;
  /**
   * The score of a network with these weights on this batch; more is held to be better. Arguments are borrowed, tensors
   * that it makes are disposed of by whoever calls it through `proxyScore`. Deterministic: what it draws comes from a
   * named stream. Throws WeftError('unsupported') where the network lacks what the score is made of.
   */
  score(network: Child, weights: Weights, batch: TensorBatch): number;
}

export interface Proxy extends ProxyDefinition {
  readonly kind: 'weft-proxy';
}

/**
 * Defines a proxy; see `src/proxies/snip.ts` for a short example. A file that exports one can be named in place of a
 * proxy.
 */
export function defineProxy(definition: ProxyDefinition): Proxy {
  return { kind: 'weft-proxy', ...definition };
}
