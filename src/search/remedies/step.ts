/** One training step of the shared weights with the remedies that the configuration asks for. */
import { type Child } from '../../supernet/child.js';
import { tf } from '../../tensor/tf.js';
import { type BatchSource } from '../../training/batch.js';
import { type LearnOptions } from '../../training/learner.js';
import { type SearchSession } from '../session.js';

type Changed = Pick<LearnOptions, 'source' | 'rate' | 'observe'>;

/** Calls `step` with the batch, the rate and the optimizer state as the remedies change them. */
export function trainWithRemedies<T>(session: SearchSession, child: Child, step: (changed: Changed) => T): T {
  const { remedies, supernet, state, config, data } = session;
  const { rates, momentum } = remedies;
  const changed: Changed = {
    ...weighed(session, child),
    ...(rates && { rate: rates.factor(child, state.globalStep / (config.search.epochs * data.train.steps)) }),
  };
  if (!momentum) return step(changed);
  const group = momentum.groupOf(child.architecture);
  const whole = supernet.state;
  supernet.state = momentum.enter(whole, group);
  try {
    return step(changed);
  } finally {
    supernet.state = momentum.leave(whole, supernet.state, group);
  }
}

/** The batch as importance sampling draws and weights it, and the callbacks for its gradients and outputs. */
function weighed(
  { remedies: { importance }, data: { train }, state: { epoch, step } }: SearchSession,
  child: Child,
): Pick<Changed, 'source' | 'observe'> {
  if (!importance) return { source: train };
  const path = importance.paths()?.weight(child.architecture) ?? 1;
  const usual = train.places?.(epoch, step);
  const drawn = importance.examples(epoch, step, usual?.length ?? 0);
  const places = drawn?.places ?? usual;
  const source: BatchSource = {
    ...train,
    at() {
      const batch = drawn ? train.pick!(drawn.places, epoch, step) : train.at(epoch, step);
      if (path === 1 && !drawn) return batch;
      const factors = drawn
        ? drawn.weights.map((weight) => weight * path)
        : new Float32Array(batch.inputs.shape[0]).fill(path);
      const own = tf.tensor1d(factors);
      if (!batch.weights) return { ...batch, weights: own };
      const weights = tf.tidy(() => tf.mul(batch.weights!, batch.weights!.rank === 2 ? tf.expandDims(own, 1) : own));
      tf.dispose([batch.weights, own]);
      return { ...batch, weights };
    },
  };
  return {
    source,
    observe: {
      ...(importance.watchesPaths && { gradients: (gradients) => importance.seeGradients(child, gradients, path) }),
      ...(importance.watchesData &&
        places && { outputs: (logits, labels) => importance.seeOutputs(places, logits, labels) }),
    },
  };
}
