/** Full-batch gradient descent or SAM on a network, with its sharpness along the way. */
import {
  curvature,
  disposeNamed,
  mapNamed,
  type NamedTensors,
  type Tensor1D,
  tf,
  type Tick,
  tidy,
  valueAndGradients,
} from 'weft-nas';
import { type NetworkProblem } from './networks.js';

export interface Look {
  readonly step: number;
  readonly loss: number;
  readonly sharpness: number;
  readonly residual: number;
  /** Mean of this step and the next: at the edge the gradient alternates between steps. */
  readonly gradientNorm: number;
  /** 2/η, or the edge of SAM at this gradient norm. */
  readonly edge: number;
  /** |cos| between the top eigenvector and the gradient, and the gradient of SAM. */
  readonly alignment: number;
  readonly samAlignment: number;
}

export interface TrainOptions {
  readonly seed: number;
  readonly learningRate: number;
  /** 0 is gradient descent. */
  readonly rho: number;
  readonly steps: number;
  /** Number of steps between measurements. */
  readonly every: number;
  readonly tick?: Tick;
}

/**
 * Hessian-vector products of the first search for the top eigenvector, and of those warm-started from the previous one.
 */
const [COLD, WARM] = [20, 4];
const ALIGNMENT_RADIUS = 0.05;

/** w ← w − η·g(w + ρ·g/‖g‖) on all data, no momentum, no decay. */
export async function trainAtEdge(
  { loss, start }: NetworkProblem,
  { seed, learningRate, rho, steps, every, tick }: TrainOptions,
): Promise<Look[]> {
  let weights = start(seed);
  let vector: Tensor1D | undefined;
  const looks: Look[] = [];
  try {
    for (let step = 0; step < steps; step++) {
      if (step % every === 0) {
        const { vector: found, ...top } = curvature.topOfHessian(loss, weights, {
          steps: vector ? WARM : COLD,
          rho: rho || ALIGNMENT_RADIUS,
          ...(vector && { start: vector }),
        });
        vector?.dispose();
        vector = found;
        const next = descended(loss, weights, learningRate, rho);
        const gradientNorm = (top.gradientNorm + gradientNormAt(loss, next)) / 2;
        disposeNamed(next);
        looks.push({
          step,
          loss: top.loss,
          sharpness: top.largest.value,
          residual: top.largest.residual,
          gradientNorm,
          edge: curvature.samEdge(gradientNorm, learningRate, rho),
          alignment: top.alignment.gradient,
          samAlignment: top.alignment.sam,
        });
        await tick?.(step / steps);
      }
      const before = weights;
      weights = descended(loss, before, learningRate, rho);
      disposeNamed(before);
    }
    return looks;
  } finally {
    disposeNamed(weights);
    vector?.dispose();
  }
}

function descended(
  loss: NetworkProblem['loss'],
  weights: NamedTensors,
  learningRate: number,
  rho: number,
): NamedTensors {
  return tidy(() => {
    const { gradients } = valueAndGradients(loss, weights);
    let used = gradients;
    if (rho > 0) {
      const length = tf.add(tf.sqrt(tf.addN(Object.values(gradients).map((g) => tf.sum(tf.square(g))))), 1e-12);
      used = valueAndGradients(
        loss,
        mapNamed(weights, (w, name) => tf.add(w, tf.mul(gradients[name]!, tf.div(rho, length)))),
      ).gradients;
    }
    return mapNamed(weights, (w, name) => tf.sub(w, tf.mul(used[name]!, learningRate)));
  });
}

function gradientNormAt(loss: NetworkProblem['loss'], weights: NamedTensors): number {
  return tidy(
    () =>
      tf
        .sqrt(tf.addN(Object.values(valueAndGradients(loss, weights).gradients).map((g) => tf.sum(tf.square(g)))))
        .dataSync()[0]!,
  );
}
