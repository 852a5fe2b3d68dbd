/**
 * Products with the Hessian of a loss, exact by differentiating the gradient (Pearlmutter 1994), or by a
 * central difference of gradients when a kernel on the way has no proven second derivative.
 */
import { WeftError } from '../../errors.js';
import { assertScalar, gradientsOf } from '../autodiff.js';
import { disposeNamed, mapNamed, type NamedTensors } from '../named.js';
import { backpropagate, recordOn, releaseTape, type Cotangent, type Tape, type TapeNode } from '../tape.js';
import { tf, tidy, type Scalar, type Tensor } from '../tf.js';
import { differentiablePath } from './path.js';
import './stock-gradients.js';
import { unverifiedKernels } from './verified.js';

export type Loss = (params: NamedTensors) => Scalar;

export interface HessianOptions {
  /** What to do when a kernel has no proven second derivative: refuse by name (default), or fall back to a central difference. */
  onUnverified?: 'refuse' | 'difference';
  /** Half the distance of the two points of a central difference, in parameter space. */
  radius?: number;
}

/** How the products of an operator come about. */
export interface ProductMethod {
  readonly method: 'exact' | 'central-difference';
  /** Why the products are not exact: one line per kernel. */
  readonly reasons: readonly string[];
}

/** The Hessian of a loss at fixed parameters. Holds tensors until `dispose`. */
export interface HessianOperator extends ProductMethod {
  /** H·direction, with every parameter's name; a name missing in the direction counts as zero there. */
  apply(direction: NamedTensors): NamedTensors;
  dispose(): void;
}

export interface HessianVectorProduct extends ProductMethod {
  product: NamedTensors;
}

/**
 * The Hessian H = ∂²L/∂w² at `params` as an operator. Value and gradient are computed once, on a tape that is
 * kept; every product is then one backward pass over that tape: H·v = ∂(gᵀv)/∂w, about the cost of two
 * gradients. Everything random in the loss (batch, dropout masks, child) must be fixed.
 *
 * A central difference is (∇L(w+εv) − ∇L(w−εv))/2ε with ε = radius/‖v‖; 1e-2 has the least error in float32
 * on smooth losses. It averages over kinks such as that of ReLU.
 */
export function hessianOperator(loss: Loss, params: NamedTensors, { onUnverified = 'refuse', radius = 1e-2 }: HessianOptions = {}): HessianOperator {
  const tape = recordGradient(loss, params);
  const unverified = unverifiedKernels(tape.path);
  if (unverified.length === 0) return exactOperator(tape, params);
  tape.dispose();
  const reasons = unverified.map((name) => `the kernel '${name}' has no verified second derivative`);
  if (onUnverified === 'difference') return differenceOperator(loss, params, radius, reasons);
  throw new WeftError('unsupported', reasons.join('; '),
    "use another operation, ask for onUnverified: 'difference', or prove the kernel's second derivative and declare it with declareSecondOrder");
}

/** One product H·direction with the Hessian of the loss at `params`; see `hessianOperator`, which serves many at lower cost. */
export function hvp(loss: Loss, params: NamedTensors, direction: NamedTensors, options?: HessianOptions): HessianVectorProduct {
  const operator = hessianOperator(loss, params, options);
  try {
    return { product: operator.apply(direction), method: operator.method, reasons: operator.reasons };
  } finally {
    operator.dispose();
  }
}

interface GradientTape {
  /** Gradient of each parameter that the loss depends on. */
  gradients: NamedTensors;
  path: TapeNode[];
  dispose(): void;
}

/** Computes the gradients with both passes on one tape; keeps what leads from the parameters to the gradients. */
function recordGradient(loss: Loss, params: NamedTensors): GradientTape {
  const sources = Object.values(params);
  const tape: Tape = [];
  try {
    const gradients = tidy(() => recordOn(tape, () => {
      const value = tidy(() => loss(params));
      assertScalar(value);
      const found = backpropagate(tape, [[value, tf.onesLike(value)]], sources);
      const named: Record<string, Tensor> = {};
      Object.keys(params).forEach((name, i) => {
        if (found[i]) named[name] = tf.keep(found[i]);
      });
      return named;
    }));
    const path = differentiablePath(tape, sources, Object.values(gradients));
    return {
      gradients, path,
      dispose: () => {
        releaseTape(path);
        disposeNamed(gradients);
      },
    };
  } catch (error) {
    releaseTape(tape);
    throw error;
  }
}

function exactOperator({ gradients, path, dispose }: GradientTape, params: NamedTensors): HessianOperator {
  const sources = Object.values(params);
  return {
    method: 'exact', reasons: [], dispose,
    apply: (direction) => recordOn(undefined, () => tidy(() => {
      assertDirection(direction, params);
      const cotangents: Cotangent[] = [];
      for (const [name, gradient] of Object.entries(gradients)) if (direction[name]) cotangents.push([gradient, direction[name]]);
      const found = backpropagate(path, cotangents, sources);
      let i = 0;
      return mapNamed(params, (parameter) => found[i++] ?? tf.zerosLike(parameter));
    })),
  };
}

function differenceOperator(loss: Loss, params: NamedTensors, radius: number, reasons: string[]): HessianOperator {
  const at = (direction: NamedTensors, step: number): NamedTensors => {
    const shifted = mapNamed(params, (parameter, name) => (direction[name] ? tf.add(parameter, tf.mul(step, direction[name])) : parameter));
    return gradientsOf(loss, shifted, { unused: 'zero' });
  };
  return {
    method: 'central-difference', reasons, dispose: () => undefined,
    apply: (direction) => recordOn(undefined, () => tidy(() => {
      assertDirection(direction, params);
      const norm = Math.sqrt(Object.values(direction).reduce((sum, tensor) => sum + tf.sum(tf.square(tensor)).dataSync()[0]!, 0));
      if (norm === 0) return mapNamed(params, (parameter) => tf.zerosLike(parameter));
      const step = radius / norm;
      const ahead = at(direction, step);
      const behind = at(direction, -step);
      return mapNamed(params, (_, name) => tf.div(tf.sub(ahead[name]!, behind[name]!), 2 * step));
    })),
  };
}

function assertDirection(direction: NamedTensors, params: NamedTensors): void {
  for (const [name, tensor] of Object.entries(direction)) {
    const parameter = params[name];
    if (parameter && tf.util.arraysEqual(parameter.shape, tensor.shape)) continue;
    throw new WeftError('operation', parameter
      ? `the direction for '${name}' is [${tensor.shape}], the parameter [${parameter.shape}]`
      : `the direction has '${name}', which is no parameter`, 'a direction has names and shapes of the parameters');
  }
}
