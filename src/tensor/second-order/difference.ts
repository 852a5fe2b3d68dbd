import { mapNamed, type NamedTensors } from '../named.js';
import { tf } from '../tf.js';

/**
 * Half the distance between the two points of a central difference: the value with the least error in float32 on smooth
 * losses.
 */
export const RADIUS = 1e-2;

/**
 * (f(w + εv) − f(w − εv))/2ε with ε = radius/‖v‖, for each entry of what `f` returns. Runs inside the caller's
 * tidy. It averages over the kinks (ReLU, max) that the two points enclose.
 */
export function centralDifference(
  f: (params: NamedTensors) => NamedTensors,
  params: NamedTensors,
  direction: NamedTensors,
  radius: number,
): NamedTensors {
  const norm = Math.sqrt(
    Object.values(direction).reduce((sum, tensor) => sum + tf.sum(tf.square(tensor)).dataSync()[0]!, 0),
  );
  // At zero any step serves: both points coincide.
  const step = norm === 0 ? 1 : radius / norm;
  const at = (size: number): NamedTensors =>
    f(
      mapNamed(params, (parameter, name) =>
        direction[name] ? tf.add(parameter, tf.mul(size, direction[name])) : parameter,
      ),
    );
  const ahead = at(step);
  const behind = at(-step);
  return mapNamed(ahead, (tensor, name) => tf.div(tf.sub(tensor, behind[name]!), 2 * step));
}
