/** The methods of the comparison, with the options that it gives them. */
import { type optimizers } from 'weft-nas';

/**
 * SGD with momentum .9, alone or on preconditioned gradients, gradients clipped at 10 as in the tables; the interval is
 * that of inverses, bases and roots.
 */
export function optimizerFor(
  method: string,
  interval: number,
  learningRate: number,
  damping?: number,
): optimizers.OptimizerConfigInput {
  if (method === 'adamw') return { name: 'adamw', learningRate, clipNorm: 10 };
  const base = { name: 'momentum', momentum: 0.9, learningRate, clipNorm: 10 };
  return {
    ...base,
    ...(method !== 'sgd' && {
      preconditioner: { ...preconditionerFor(method, interval), ...(damping !== undefined && { damping }) },
    }),
  } as optimizers.OptimizerConfigInput;
}

/** K-FAC with each batch by itself and no bound of the step, as in the tables; the others by name. */
function preconditionerFor(method: string, interval: number): object {
  // The tables have no bound either.
  const klClip = 'none';
  switch (method) {
    case 'kfac':
      return { name: 'kfac', interval, klClip };
    case 'kfac-empirical':
      return { name: 'kfac', fisher: 'empirical', interval, klClip };
    case 'kfac-running':
      return { name: 'kfac', decay: 0.95, interval, klClip };
    case 'muon':
    case 'psgd-every':
    case 'smw-ng':
    case 'm-fac':
      return { name: method };
    case 'psgd':
    case 'shampoo':
    case 'soap':
    case 'k-bfgs':
      return { name: method, interval };
    default:
      return { name: method, interval, klClip };
  }
}

/** Methods whose cost the interval does not change. */
export const hasInterval = (method: string): boolean => !['sgd', 'adamw', 'muon', 'smw-ng', 'm-fac'].includes(method);

/** Least throughput relative to SGD, by network, batch, method and interval. */
export const GOALS: Readonly<Record<string, number>> = {
  'mlp-512/128/kfac/1': 0.6,
  'mlp-512/128/kfac/10': 0.85,
  'small-cnn/128/kfac/10': 0.5,
  'mlp-512/128/shampoo/10': 0.6,
  'mlp-512/128/muon/1': 0.7,
  'mlp-512/128/eva/10': 0.9,
  'mlp-512/128/foof/10': 0.9,
};

/**
 * Throughput relative to SGD that Osawa et al. 2023 (poster of arXiv 2305.04684) report for an A100, by network, batch,
 * method and interval.
 */
export const PUBLISHED: Readonly<Record<string, number>> = {
  'mlp-512/32/kfac/1': 0.47,
  'mlp-512/128/kfac/1': 0.69,
  'mlp-512/128/kfac/10': 0.74,
  'mlp-2048/32/kfac/1': 0.41,
  'mlp-2048/128/kfac/1': 0.51,
  'mlp-2048/128/kfac/10': 0.82,
  'mlp-512/32/psgd/1': 0.4,
  'mlp-512/128/psgd/1': 0.69,
  'mlp-512/128/psgd/10': 0.74,
  'mlp-512/32/k-bfgs/1': 0.82,
  'mlp-512/128/k-bfgs/1': 0.88,
  'mlp-512/128/k-bfgs/10': 1.0,
  'mlp-512/32/seng/1': 0.74,
  'mlp-512/128/seng/1': 0.69,
  'mlp-512/128/seng/10': 0.7,
  'mlp-512/32/shampoo/1': 0.31,
  'mlp-512/128/shampoo/1': 0.37,
  'mlp-512/128/shampoo/10': 0.93,
};

/**
 * Test accuracy in %, by network and method, that Osawa et al. 2023 report on MNIST after 20 epochs of 45,056 images
 * turned by up to 15 degrees and zoomed by up to a fifth, labels smoothed by 0.1, the best of the epochs on a
 * validation part.
 */
export const PUBLISHED_ACCURACY: Readonly<Record<string, number>> = {
  'mlp-128/sgd': 98.9,
  'mlp-512/sgd': 99.1,
  'mlp-2048/sgd': 99.2,
  'mlp-128/adamw': 98.7,
  'mlp-512/adamw': 99.0,
  'mlp-2048/adamw': 99.1,
  'mlp-128/psgd': 98.9,
  'mlp-512/psgd': 99.1,
  'mlp-2048/psgd': 99.2,
  'mlp-128/k-bfgs': 98.7,
  'mlp-512/k-bfgs': 98.9,
  'mlp-2048/k-bfgs': 99.0,
  'mlp-128/kfac': 98.8,
  'mlp-512/kfac': 99.2,
  'mlp-2048/kfac': 99.2,
  'mlp-128/kfac-running': 98.8,
  'mlp-512/kfac-running': 99.2,
  'mlp-2048/kfac-running': 99.2,
  'mlp-128/seng': 98.8,
  'mlp-512/seng': 99.0,
  'mlp-2048/seng': 99.1,
  'mlp-128/shampoo': 98.8,
  'mlp-512/shampoo': 99.1,
  'mlp-2048/shampoo': 99.2,
};

/**
 * Milliseconds per step of ASDL itself at intervals 1 and 10: `bench/asdl/time_step.py`, PyTorch 2.15 with two threads,
 * 2 cores of an Intel Xeon at 2.5 GHz, 2026-11-27.
 */
export const ASDL_MILLISECONDS: Readonly<Record<string, readonly [number, number] | undefined>> = {
  sgd: [4.14, 4.14],
  kfac: [45.1, 16.0],
  'kfac-empirical': [42.2, 15.6],
  shampoo: [336, 52.4],
  seng: [12.9, 9.27],
};

/** Target speed-up over ASDL; 1 by default. */
export const AHEAD_OF_ASDL: Readonly<Record<string, number>> = { kfac: 3, shampoo: 3 };
