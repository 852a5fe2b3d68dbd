/**
 * The edge of stability: the largest Hessian eigenvalue of a minimum for which an optimizer's steps on the quadratic
 * there do not grow.
 */
import { WeftError } from '../errors.js';

/** 2/η of gradient descent: w ← w − η·h·w contracts while |1 − η·h| ≤ 1. */
export function descentEdge(learningRate: number): number {
  return 2 / checked('learning rate', learningRate);
}

/** (2 + 2μ)/η of gradient descent with Polyak's momentum m ← μ·m + g, w ← w − η·m. */
export function momentumEdge(learningRate: number, momentum: number): number {
  return (1 + momentum) * descentEdge(learningRate);
}

/** (2 + 2μ)/(η(1 + 2μ)) with Nesterov's momentum m ← μ·m + g, w ← w − η(g + μ·m). */
export function nesterovEdge(learningRate: number, momentum: number): number {
  return momentumEdge(learningRate, momentum) / (1 + 2 * momentum);
}

/**
 * (‖g‖/2ρ)(√(1 + 8ρ/(η‖g‖)) − 1), the edge of sharpness-aware minimization (Long & Bartlett 2024, arXiv 2309.12488):
 * the root of ρ·h²/‖g‖ + h = 2/η. Never above 2/η, which is its limit for ρ → 0; 0 if the gradient is 0. `gradientNorm`
 * is that of the gradient at the weights, not at the perturbed ones.
 */
export function samEdge(gradientNorm: number, learningRate: number, rho: number): number {
  const edge = descentEdge(learningRate);
  checked('radius rho', rho);
  if (rho === 0 || edge === Infinity) return edge;
  // The same value as the formula above, without the difference of nearly equal numbers.
  return (2 * edge) / (Math.sqrt(1 + (4 * rho * edge) / gradientNorm) + 1);
}

/** The edges that apply to an optimizer. */
export interface Edges {
  /** 2/η. */
  readonly descent: number;
  /** The edge with momentum, if the optimizer has momentum. */
  readonly momentum?: number;
  /** The edge of sharpness-aware minimization, if the optimizer is SAM; with momentum, η is divided by its gain. */
  readonly sam?: number;
}

/** The options of an optimizer on which the edges depend. */
export interface EdgeOptimizer {
  readonly name: string;
  readonly momentum?: number | undefined;
  readonly rho?: number | undefined;
  readonly base?: EdgeOptimizer | undefined;
}

/**
 * The edges of an optimizer at a learning rate; undefined for those that divide by a diagonal (adam, …), whose edge is
 * one of the preconditioned Hessian. Averages train the weights of their base.
 */
export function edgesOf(optimizer: EdgeOptimizer, learningRate: number, gradientNorm: number): Edges | undefined {
  const { name, base, rho = 0 } = optimizer;
  if (base && AVERAGES.has(name)) return edgesOf(base, learningRate, gradientNorm);
  if (name === 'sam' && base) {
    const plain = edgesOf(base, learningRate, gradientNorm);
    return plain && { ...plain, sam: samEdge(gradientNorm, 2 / (plain.momentum ?? plain.descent), rho) };
  }
  const descent = descentEdge(learningRate);
  if (name === 'sgd') return { descent };
  if (name === 'momentum') return { descent, momentum: momentumEdge(learningRate, optimizer.momentum ?? 0) };
  if (name === 'nesterov') return { descent, momentum: nesterovEdge(learningRate, optimizer.momentum ?? 0) };
  return undefined;
}

/** Optimizers that do not change the training of their base. */
const AVERAGES = new Set(['ema', 'swa', 'swad', 'lawa']);

function checked(what: string, value: number): number {
  if (value >= 0) return value;
  throw new WeftError('operation', `a ${what} of ${value}`, 'it must not be negative');
}
