/**
 * The counter-example of Liang et al. ("Neural shattering"): in ten dimensions a stable minimum of a large step size
 * interpolates noise all the same, and weight decay does what flatness does not.
 */
import {
  curvature,
  type NamedTensors,
  type Scalar,
  stream,
  type Tensor1D,
  type Tensor2D,
  tf,
  type Tick,
  tidy,
} from 'weft-nas';

export interface ManyDimensions {
  readonly seed: number;
  readonly dimensions: number;
  readonly n: number;
  readonly width: number;
  readonly learningRate: number;
  readonly decay: number;
  readonly steps: number;
  readonly tick?: Tick;
}

export interface ShatteredFit {
  readonly error: number;
  readonly trainingError: number;
  /** Mean of the largest eigenvalue over the last quarter of the steps. */
  readonly sharpness: number;
  readonly course: readonly { step: number; sharpness: number; error: number }[];
}

const CLIP = 50;
const LOOKS = 20;

/**
 * f(x) = Σⱼ vⱼ·relu(uⱼ·x + bⱼ) + c, data uniform in the unit ball, truth a unit vector's inner product, noise of
 * deviation 1; Kaiming start, gradient clipped to a norm of 50. The gradient is written out: seven kernels a step.
 */
export async function shatter({
  seed,
  dimensions,
  n,
  width,
  learningRate,
  decay,
  steps,
  tick,
}: ManyDimensions): Promise<ShatteredFit> {
  const rng = stream(seed, 'shattering');
  const x = Float32Array.from(Array.from({ length: n }, () => inBall(dimensions, rng)).flat());
  const direction = unit(Array.from({ length: dimensions }, () => rng.normal()));
  const truth = Float32Array.from({ length: n }, (_, i) =>
    direction.reduce((sum, w, d) => sum + w * x[i * dimensions + d]!, 0),
  );
  const noisy = truth.map((value) => value + rng.normal());
  const inputs = tf.tensor2d(x, [n, dimensions]);
  const [y, clean] = [tf.tensor2d(noisy, [n, 1]), tf.tensor2d(truth, [n, 1])];
  const normals = (size: number, deviation: number): Float32Array =>
    Float32Array.from({ length: size }, () => deviation * rng.normal());
  let weights = {
    u: tf.tensor2d(normals(dimensions * width, Math.sqrt(2 / dimensions)), [dimensions, width]),
    b: tf.zeros([width]) as Tensor1D,
    v: tf.tensor2d(normals(width, Math.sqrt(2 / width)), [width, 1]),
    c: tf.zeros([1]) as Tensor1D,
  };
  const output = ({ u, b, v, c }: NamedTensors): Tensor2D =>
    tf.add(tf.matMul(tf.relu(tf.add(tf.matMul(inputs, u as Tensor2D), b!)), v as Tensor2D), c!);
  const loss = (at: NamedTensors): Scalar => tf.mul(0.5, tf.mean(tf.square(tf.sub(output(at), y))));
  const course: { step: number; sharpness: number; error: number }[] = [];
  let vector: Tensor1D | undefined;
  const every = Math.max(1, Math.floor(steps / LOOKS));
  for (let step = 0; step < steps; step++) {
    const before = weights;
    weights = tidy(() => {
      const { u, b, v, c } = before;
      const hidden = tf.relu(tf.add(tf.matMul(inputs, u), b));
      const residual = tf.div(tf.sub(tf.add(tf.matMul(hidden, v), c), y), n) as Tensor2D;
      const back = tf.mul(tf.matMul(residual, v, false, true), tf.step(hidden));
      const gradients = [
        tf.matMul(inputs, back, true),
        tf.sum(back, 0),
        tf.matMul(hidden, residual, true),
        tf.sum(residual, 0),
      ] as const;
      const length = tf.sqrt(tf.addN(gradients.map((g) => tf.sum(tf.square(g)))));
      const factor = tf.mul(-learningRate, tf.minimum(1, tf.div(CLIP, length)));
      const moved = [u, b, v, c].map((w, i) =>
        tf.add(tf.mul(w, 1 - learningRate * decay), tf.mul(gradients[i]!, factor)),
      );
      return { u: moved[0] as Tensor2D, b: moved[1] as Tensor1D, v: moved[2] as Tensor2D, c: moved[3] as Tensor1D };
    });
    tf.dispose(before);
    if ((step + 1) % every !== 0) continue;
    const { vector: found, largest } = curvature.topOfHessian(loss, weights, {
      steps: vector ? 8 : 20,
      ...(vector && { start: vector }),
    });
    vector?.dispose();
    vector = found;
    course.push({ step: step + 1, sharpness: largest.value, error: squared(output, weights, clean) });
    await tick?.((step + 1) / steps);
  }
  vector?.dispose();
  const [error, trainingError] = [squared(output, weights, clean), squared(output, weights, y)];
  tf.dispose([weights, inputs, y, clean]);
  const tail = course.slice(-Math.ceil(course.length / 4));
  return {
    error,
    trainingError,
    sharpness: tail.reduce((sum, { sharpness }) => sum + sharpness, 0) / tail.length,
    course,
  };
}

function squared(output: (weights: NamedTensors) => Tensor2D, weights: NamedTensors, target: Tensor2D): number {
  return tidy(() => tf.mean(tf.square(tf.sub(output(weights), target))).dataSync()[0]!);
}

/** Uniform in the unit ball: a direction, and a radius whose d-th power is uniform. */
function inBall(dimensions: number, rng: { normal(): number; uniform(): number }): number[] {
  const radius = rng.uniform() ** (1 / dimensions);
  return unit(Array.from({ length: dimensions }, () => rng.normal())).map((value) => value * radius);
}

function unit(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
