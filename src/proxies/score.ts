/** Scores networks: initial weights, one batch, every proxy. */
import { WeftError } from '../errors.js';
import { type SearchSpace } from '../graph/define-space.js';
import { inOwnCode } from '../own-errors.js';
import { childCatalogue } from '../supernet/catalogue.js';
import { type Child, createChild } from '../supernet/child.js';
import { createParameterStore, type Weights } from '../supernet/parameter-store.js';
import { tidy } from '../tensor/tf.js';
import { type TensorBatch } from '../training/batch.js';
import { type Proxy } from './contract.js';

/**
 * The score of a network with these weights on this batch. Leaves no tensors. Throws WeftError('data') for a batch that
 * is too small, WeftError('unsupported') if the network lacks the operations that the proxy is based on, and
 * WeftError('numeric') for a score that is not a finite number.
 */
export function proxyScore(
  { name, score, fewestExamples = 1 }: Proxy,
  network: Child,
  weights: Weights,
  batch: TensorBatch,
): number {
  const examples = batch.inputs.shape[0];
  if (examples < fewestExamples)
    throw new WeftError(
      'data',
      `${name} needs a batch of at least ${fewestExamples} examples, but this one has ${examples}`,
      'use a larger batch',
    );
  const value = tidy(() =>
    inOwnCode({ code: 'config', what: `the proxy '${name}'` }, () => score(network, weights, batch)),
  );
  if (Number.isFinite(value)) return value;
  throw new WeftError(
    'numeric',
    `${name} of ${network.encoding} is ${String(value)}`,
    'leave this network out, or choose another proxy',
  );
}

/**
 * Scores by each proxy, in order, for a network of the space with its weights initialized from `seed` as when it is
 * trained alone. Throws like `proxyScore`.
 */
export function scoreNetwork<A>(
  space: SearchSpace<A>,
  architecture: A,
  proxies: readonly Proxy[],
  batch: TensorBatch,
  seed: number | string,
): number[] {
  return withNetwork(space, architecture, seed, (child, weights) =>
    proxies.map((proxy) => proxyScore(proxy, child, weights, batch)),
  );
}

/** The same, with the error of `proxyScore` in place of a missing score. */
export function tryScores<A>(
  space: SearchSpace<A>,
  architecture: A,
  proxies: readonly Proxy[],
  batch: TensorBatch,
  seed: number | string,
): (number | WeftError)[] {
  return withNetwork(space, architecture, seed, (child, weights) =>
    proxies.map((proxy) => {
      try {
        return proxyScore(proxy, child, weights, batch);
      } catch (error) {
        if (error instanceof WeftError) return error;
        throw error;
      }
    }),
  );
}

function withNetwork<A, T>(
  space: SearchSpace<A>,
  architecture: A,
  seed: number | string,
  use: (child: Child<A>, weights: Weights) => T,
): T {
  const child = createChild(space, architecture);
  const store = createParameterStore(childCatalogue(space, child), seed, [
    ...child.parameterNames,
    ...child.statisticNames,
  ]);
  try {
    return use(child, store);
  } finally {
    store.dispose();
  }
}
