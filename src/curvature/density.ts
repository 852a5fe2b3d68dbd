/**
 * The density of a spectrum by stochastic Lanczos quadrature.
 */
import { largestOf, smallestOf } from '../statistics/extremes.js';
import { stream } from '../tensor/rng.js';
import { lanczos, ritz } from './lanczos.js';
import { rademacherVector, type LinearOperator } from './linear-operator.js';

/** A probability measure on the real line: Σ weightᵢ·δ(λ − nodeᵢ), weights of sum 1. */
export interface SpectralDensity {
  nodes: number[];
  weights: number[];
}

export interface DensityOptions {
  /** Number of random starts to average; 4 by default. */
  probes?: number;
  /** Number of Lanczos steps for each; 40 by default. */
  steps?: number;
  seed?: number | string;
}

/**
 * The spectral density 1/n·Σ δ(λ − λᵢ(A)) of a symmetric operator: for each random start the Gauss quadrature of T,
 * whose nodes are its eigenvalues and whose weights the squared first components of its eigenvectors (Golub & Welsch
 * 1969; Ubaru, Chen & Saad 2017). Moments up to 2·steps − 1 are unbiased.
 */
export function spectralDensity(
  operator: LinearOperator,
  { probes = 4, steps = 40, seed = 0 }: DensityOptions = {},
): SpectralDensity {
  const density: SpectralDensity = { nodes: [], weights: [] };
  for (let probe = 0; probe < probes; probe++) {
    const start = rademacherVector(operator.size, stream(seed, 'density', probe));
    // An invariant subspace contains all the information of this start.
    const tridiagonal = lanczos(operator, { steps, start, seed }, ({ beta }) => beta.at(-1) === 0);
    tridiagonal.basis.dispose();
    start.dispose();
    const { values, vectors } = ritz(tridiagonal);
    for (const value of values) density.nodes.push(value);
    for (const component of vectors[0]!) density.weights.push(component ** 2 / probes);
  }
  return density;
}

export interface DensityCurve {
  /** Eigenvalues, ascending and equally spaced. */
  x: number[];
  /** Density at each; its integral is 1. */
  y: number[];
}

export interface CurveOptions {
  /** Standard deviation of the Gaussian that replaces each node; 1 % of the range by default. */
  width?: number;
  points?: number;
}

/**
 * The density as a smooth curve, each node broadened to a Gaussian; the range extends three widths beyond either end.
 */
export function densityCurve(
  { nodes, weights }: SpectralDensity,
  { width, points = 200 }: CurveOptions = {},
): DensityCurve {
  const [least, largest] = [smallestOf(nodes), largestOf(nodes)];
  const sigma = width ?? (0.01 * (largest - least) || 0.01 * Math.abs(largest) || 0.01);
  const [from, to] = [least - 3 * sigma, largest + 3 * sigma];
  const x = Array.from({ length: points }, (_, i) => from + ((to - from) * i) / (points - 1));
  const gaussian = (distance: number): number =>
    Math.exp(-((distance / sigma) ** 2) / 2) / (sigma * Math.sqrt(2 * Math.PI));
  const y = x.map((at) => nodes.reduce((sum, node, i) => sum + weights[i]! * gaussian(at - node), 0));
  return { x, y };
}
