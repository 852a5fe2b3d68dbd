/**
 * Values of a loss on a line or a plane through the weights.
 */
import { type ParameterRole } from '../operations/operation.js';
import { mapNamed, type NamedTensors } from '../tensor/named.js';
import { stream } from '../tensor/rng.js';
import { type Loss } from '../tensor/second-order/index.js';
import { tf, tidy, type Tensor } from '../tensor/tf.js';
import { normalVector } from './linear-operator.js';

export interface DirectionOptions {
  seed?: number | string;
  /** Roles of parameters; without a role, those of one axis count as biases and the others as kernels. */
  roleOf?: (parameter: string) => ParameterRole | undefined;
}

/**
 * A random direction as long, filter by filter, as the weights are: d_f ← d_f·‖w_f‖/‖d_f‖, zero for biases and
 * normalization (Li et al. 2018, arXiv 1712.09913, section 4). A filter is what produces one output: the last axis of a
 * kernel, the channel of a depthwise one, the row of an embedding. Owned by the caller.
 */
export function filterNormalizedDirection(
  params: NamedTensors,
  { seed = 0, roleOf = () => undefined }: DirectionOptions = {},
): NamedTensors {
  return tidy(() =>
    mapNamed(params, (w, name) => {
      const role = roleOf(name) ?? (w.rank < 2 ? 'bias' : 'kernel');
      if (role === 'bias' || role === 'scale' || role === 'offset') return tf.zerosLike(w);
      const filter = role === 'embedding' ? 0 : role === 'depthwise-kernel' ? w.rank - 2 : w.rank - 1;
      const axes = w.shape.map((_, axis) => axis).filter((axis) => axis !== filter);
      const d = tf.reshape(normalVector(w.size, stream(seed, 'direction', name)), w.shape);
      const length = (x: Tensor): Tensor => tf.sqrt(tf.sum(tf.square(x), axes, true));
      return tf.mul(d, tf.divNoNan(length(w), length(d)));
    }),
  );
}

/** A function of one variable. */
export interface LossLine {
  readonly x: readonly number[];
  readonly loss: readonly number[];
}

/** A function of two variables; rows[j][i] is the loss at (x[i], y[j]). */
export interface LossPlane {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly rows: readonly (readonly number[])[];
}

export interface GridOptions {
  /** Distance from the centre to either side, in lengths of the direction; 1 by default. */
  reach?: number;
  /** Number of points along an axis; odd numbers include the centre. */
  points?: number;
}

/** L(w + x·d) at equally spaced x. */
export function lossLine(
  loss: Loss,
  params: NamedTensors,
  direction: NamedTensors,
  { reach = 1, points = 31 }: GridOptions = {},
): LossLine {
  const x = axis(reach, points);
  return {
    x,
    loss: lossesAt(
      loss,
      params,
      x.map((at) => [[at, direction] as const]),
    ),
  };
}

/** L(w + x·d₁ + y·d₂) on a square grid. */
export function lossPlane(
  loss: Loss,
  params: NamedTensors,
  [first, second]: readonly [NamedTensors, NamedTensors],
  { reach = 1, points = 15 }: GridOptions = {},
): LossPlane {
  const x = axis(reach, points);
  return {
    x,
    y: x,
    rows: x.map((row) =>
      lossesAt(
        loss,
        params,
        x.map(
          (at) =>
            [
              [at, first],
              [row, second],
            ] as const,
        ),
      ),
    ),
  };
}

type Displacement = readonly (readonly [factor: number, direction: NamedTensors])[];

/** Reads all points from the backend at once. */
function lossesAt(loss: Loss, params: NamedTensors, points: readonly Displacement[]): number[] {
  return tidy(() => {
    const losses = points.map((point) =>
      tidy(() =>
        loss(
          mapNamed(params, (w, name) =>
            point.reduce(
              (moved, [factor, direction]) =>
                direction[name] ? tf.add(moved, tf.mul(direction[name], factor)) : moved,
              w,
            ),
          ),
        ),
      ),
    );
    return [...tf.stack(losses).dataSync()];
  });
}

function axis(reach: number, points: number): number[] {
  return Array.from({ length: points }, (_, i) => (points === 1 ? 0 : reach * ((2 * i) / (points - 1) - 1)));
}
