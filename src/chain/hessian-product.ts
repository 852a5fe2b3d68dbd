/** Products with the Hessian of a batch, for links. */
import { mapNamed, type NamedTensors } from '../tensor/named.js';
import { hvp } from '../tensor/second-order/index.js';
import { tidy, tf } from '../tensor/tf.js';
import { type HessianTimes, type StepContext } from './loss.js';
import { difference, plusScaled, scaled } from './named-arithmetic.js';
import { globalNorm } from './transforms/clip.js';

/**
 * Length of the two displacements whose difference of gradients approximates a Hessian-vector product: the most
 * accurate in float32 on smooth networks.
 */
const DIFFERENCE_RADIUS = 1e-2;

/** What an exact product costs in gradients: a recorded gradient, and a backward pass over it. */
const PRODUCT_COST = 3;

export interface HessianAccess {
  readonly at: (displacement: NamedTensors) => NamedTensors;
  readonly weights: NamedTensors;
  readonly exact: HessianTimes | undefined;
  readonly charge: (gradients: number) => void;
  /** Receives the reason why a product is not exact. */
  readonly inexact: (reason: string) => void;
  /** The product itself; throws where it is not finite. */
  readonly check: (product: NamedTensors) => NamedTensors;
}

/** H v exactly if the training supports it, else |v|(g(w + r v/|v|) - g(w - r v/|v|))/2r. */
export function hessianProduct(
  { at, weights, exact, charge, inexact, check }: HessianAccess,
  vector: NamedTensors,
  displacement: NamedTensors,
): NamedTensors {
  if (exact) {
    charge(PRODUCT_COST);
    const place = plusScaled(weights, 1, displacement);
    const { product, reasons } = exact(place, vector);
    if (reasons.length > 0) inexact(reasons.join('; '));
    return check(product);
  }
  inexact('the training gives no products with the Hessian');
  const norm = tidy(() => globalNorm(vector).dataSync()[0]!);
  if (norm === 0) return mapNamed(vector, (tensor) => tf.zerosLike(tensor));
  const shifted = (distance: number): NamedTensors => ({
    ...displacement,
    ...mapNamed(scaled(vector, distance / norm), (shift, name) =>
      displacement[name] ? tf.add(displacement[name], shift) : shift,
    ),
  });
  const [ahead, behind] = [at(shifted(DIFFERENCE_RADIUS)), at(shifted(-DIFFERENCE_RADIUS))];
  return scaled(difference(ahead, behind), norm / (2 * DIFFERENCE_RADIUS));
}

/** The exact product that the training provides, or that its model and loss allow. */
export function exactProduct({ hessianVectorProduct, cut }: StepContext): HessianTimes | undefined {
  if (hessianVectorProduct || !cut) return hessianVectorProduct;
  return (parameters, vector) =>
    hvp((at) => cut.loss(cut.outputs(at)), parameters, vector, { onUnverified: 'difference' });
}
