/** Trains a network that was cut out of shared weights further, on its own. */
import { type Child } from '../supernet/child.js';
import { type ParameterStore } from '../supernet/parameter-store.js';
import { mapNamed, type NamedTensors } from '../tensor/named.js';
import { tf } from '../tensor/tf.js';
import { adoptEvaluationWeights, createLearner, disposeLearner, learn } from '../training/learner.js';
import { type SearchSession, trainingOf } from './session.js';

/**
 * Trains the weights in the store for this number of epochs with the settings of `retrain`, on the training and
 * validation part together; statistics are left unchanged.
 */
export function fineTune(
  { config, data, space }: Pick<SearchSession, 'config' | 'data' | 'space'>,
  child: Child,
  store: ParameterStore,
  epochs: number,
): void {
  const seed = `${config.seed}/fine-tune`;
  const learner = createLearner(space, seed, { ...trainingOf({ ...config.retrain, epochs }, data.retrain), child });
  try {
    learner.store.assign(copyOf(store.parameters));
    const total = epochs * data.retrain.steps;
    for (let done = 0; done < total; done++)
      learn(learner, {
        child,
        source: data.retrain,
        epoch: Math.floor(done / data.retrain.steps),
        step: done % data.retrain.steps,
        globalStep: done,
        seed,
        smoothing: config.retrain.labelSmoothing,
      });
    adoptEvaluationWeights(learner);
    store.assign(copyOf(learner.store.parameters));
  } finally {
    disposeLearner(learner);
  }
}

const copyOf = (tensors: NamedTensors): NamedTensors => mapNamed(tensors, (tensor) => tf.clone(tensor));
