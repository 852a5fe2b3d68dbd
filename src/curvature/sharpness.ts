/**
 * Measures the sharpness of a loss at given weights: everything that a report or a study shows of it. None of it is a
 * quality of a network in itself: the same function can be expressed with arbitrarily sharp weights.
 */
import { valueAndGradients } from '../tensor/autodiff.js';
import { countNamed, disposeNamed, mapNamed, type NamedTensors } from '../tensor/named.js';
import { type Loss, type SecondOrderOptions } from '../tensor/second-order/index.js';
import { tf, tidy, type Tensor1D } from '../tensor/tf.js';
import { type DensityOptions, type SpectralDensity, spectralDensity } from './density.js';
import { disposeEigenpairs, type Eigenpair, extremeEigenpairs, topEigenvalue } from './eigenvalues.js';
import { type CurvatureOperator, hessian } from './hessian.js';
import { dot, flatten } from './linear-operator.js';
import { scaledByWeights } from './scale-free.js';
import { hutchinsonTrace, type TraceEstimate, type TraceOptions } from './trace.js';

/** An eigenvalue with its error bar: some eigenvalue is within `residual` of `value`. */
export type Eigenvalue = Omit<Eigenpair, 'vector'>;

/** |cos| of the angle between a vector and the top eigenvector of the Hessian; 0 if the vector is 0. */
export interface Alignment {
  readonly gradient: number;
  /** Of the gradient at w + ρ·g/‖g‖. */
  readonly sam: number;
}

/** The measurements that are cheap enough to repeat during training. */
export interface TopOfHessian {
  readonly loss: number;
  readonly gradientNorm: number;
  readonly largest: Eigenvalue;
  readonly alignment: Alignment;
}

export interface TopOptions extends Pick<SecondOrderOptions, 'radius'> {
  /** Maximum number of Hessian-vector products. */
  steps?: number;
  /** The iteration ends when the residual is estimated to be below this fraction of the eigenvalue. */
  tolerance?: number;
  /** Start from this vector, such as the one found at nearby weights; random by default. */
  start?: Tensor1D;
  seed?: number | string;
  /** Distance at which the gradient of SAM is taken; 0.05 by default. */
  rho?: number;
}

export interface SharpnessOptions extends TopOptions {
  /** How many eigenvalues at either end; 1 by default. */
  ends?: number;
  trace?: TraceOptions;
  /** The spectral density too; left out by default. */
  density?: DensityOptions;
}

export interface Sharpness extends TopOfHessian {
  readonly parameters: number;
  /** Descending; the first one is the sharpness. */
  readonly top: readonly Eigenvalue[];
  /** Ascending, usually negative. */
  readonly bottom: readonly Eigenvalue[];
  readonly trace: TraceEstimate;
  /** Largest eigenvalue of |w|·H·|w| (see `scaledByWeights`). */
  readonly scaleFree: Eigenvalue;
  readonly density?: SpectralDensity;
  /** How the products were computed: exactly, or by differences because of the named kernels. */
  readonly method: CurvatureOperator['method'];
  readonly reasons: readonly string[];
}

/**
 * Gradient norm, largest eigenvalue and alignments, with the eigenvector to start from the next time (owned by the
 * caller).
 */
export function topOfHessian(
  loss: Loss,
  params: NamedTensors,
  { rho = 0.05, radius, ...search }: TopOptions = {},
): TopOfHessian & { vector: Tensor1D } {
  return withHessian(loss, params, radius, (h) => {
    const {
      largest: [top],
    } = extremeEigenpairs(h, { ...search, smallest: 0 });
    const { value, residual, vector } = top!;
    return { ...aroundTop(loss, params, vector, rho), largest: { value, residual }, vector };
  });
}

/**
 * All measurements together, for the loss at `params`. Everything random in the loss (batch, dropout masks,
 * normalization) must be fixed. Products are exact if every kernel has a verified second derivative, else central
 * differences (`radius`).
 *
 * @example
 * const { top: [largest], scaleFree, trace } = measureSharpness(loss, params, { ends: 2 });
 */
export function measureSharpness(
  loss: Loss,
  params: NamedTensors,
  { ends = 1, steps = 40, tolerance, start, seed = 0, rho = 0.05, radius, trace = {}, density }: SharpnessOptions = {},
): Sharpness {
  const search = { steps, seed, ...(tolerance !== undefined && { tolerance }) };
  return withHessian(loss, params, radius, (h) => {
    const pairs = extremeEigenpairs(h, { ...search, ...(start && { start }), largest: ends, smallest: ends });
    try {
      const values = (list: readonly Eigenpair[]): Eigenvalue[] =>
        list.map(({ value, residual }) => ({ value, residual }));
      const weights = flatten(params);
      const scaleFree = topEigenvalue(scaledByWeights(h, weights), search);
      weights.dispose();
      const [top, bottom] = [values(pairs.largest), values(pairs.smallest)];
      return {
        parameters: countNamed(params),
        ...aroundTop(loss, params, pairs.largest[0]!.vector, rho),
        largest: top[0]!,
        top,
        bottom,
        scaleFree,
        trace: hutchinsonTrace(h, { seed, ...trace }),
        ...(density && { density: spectralDensity(h, { seed, ...density }) }),
        method: h.method,
        reasons: h.reasons,
      };
    } finally {
      disposeEigenpairs([...pairs.largest, ...pairs.smallest]);
    }
  });
}

/**
 * max L(w + ε) − L(w) over ‖ε‖ ≤ ρ to first order: the rise of the loss after one step of length ρ up the gradient,
 * |w|-scaled if requested (ASAM). Takes two evaluations.
 */
export function sharpnessRise(
  loss: Loss,
  params: NamedTensors,
  { rho = 0.05, scaled = false }: { rho?: number; scaled?: boolean } = {},
): number {
  const { value, gradients } = valueAndGradients(loss, params);
  try {
    return tidy(() => {
      const metric = (name: string): tf.Tensor => tf.square(params[name]!);
      const direction = scaled ? mapNamed(gradients, (g, name) => tf.mul(g, metric(name))) : gradients;
      // ‖T·g‖, the length of the step in the metric T⁻¹.
      const length = Math.sqrt(
        tf.addN(Object.entries(gradients).map(([name, g]) => tf.sum(tf.mul(g, direction[name]!)))).dataSync()[0]!,
      );
      if (length === 0) return 0;
      const up = loss({
        ...params,
        ...mapNamed(direction, (d, name) => tf.add(params[name]!, tf.mul(d, rho / length))),
      });
      return tf.sub(up, value).dataSync()[0]!;
    });
  } finally {
    value.dispose();
    disposeNamed(gradients);
  }
}

function withHessian<T>(
  loss: Loss,
  params: NamedTensors,
  radius: number | undefined,
  use: (h: CurvatureOperator) => T,
): T {
  const h = hessian(loss, params, { onUnverified: 'difference', ...(radius !== undefined && { radius }) });
  try {
    return use(h);
  } finally {
    h.dispose();
  }
}

function aroundTop(loss: Loss, params: NamedTensors, vector: Tensor1D, rho: number): Omit<TopOfHessian, 'largest'> {
  return tidy(() => {
    const at = (point: NamedTensors): { value: number; gradient: Tensor1D; norm: number } => {
      const { value, gradients } = valueAndGradients(loss, point, { unused: 'zero' });
      const gradient = flatten(gradients, params);
      const [first, norm] = tf.stack([value, tf.norm(gradient)]).dataSync();
      return { value: first!, gradient, norm: norm! };
    };
    const cosine = ({ gradient, norm }: { gradient: Tensor1D; norm: number }): number =>
      norm === 0 ? 0 : Math.abs(dot(gradient, vector)) / norm;
    const here = at(params);
    const unit = here.norm === 0 ? 0 : rho / here.norm;
    const gradients = tf.split(
      here.gradient,
      Object.values(params).map(({ size }) => size),
    );
    const perturbed = Object.fromEntries(
      Object.entries(params).map(([name, w], i) => [name, tf.add(w, tf.mul(tf.reshape(gradients[i]!, w.shape), unit))]),
    );
    return {
      loss: here.value,
      gradientNorm: here.norm,
      alignment: { gradient: cosine(here), sam: cosine(at(perturbed)) },
    };
  });
}
