/** Detects, after each epoch, networks of an elastic space that have stopped learning while others learn. */
import { areFlags, areTargets } from '../tensor/logits.js';
import { tf, tidy, type Tensor } from '../tensor/tf.js';
import { withBatch } from '../training/batch.js';
import { evaluateTogether, SHARED_EVALUATION } from '../training/evaluate.js';
import { networksBySize } from './network-sizes.js';
import { guessingLoss } from './objective.js';
import { largestEpochsOf } from './sandwich.js';
import { type SearchSession } from './session.js';

/** Smallest, largest, and one between them. */
const WATCHED = 3;
/**
 * Number of epochs at the loss of guessing after which a network counts as collapsed, and the fraction of that loss
 * which counts as guessing.
 */
const PATIENCE = 3;
const AT_CHANCE = 0.99;

/**
 * Measures the smallest, a middle and the largest network on a validation batch, reports their losses, and warns of
 * those whose loss is not finite, or for three epochs in a row no better than guessing by class frequency.
 */
export function watchCollapse(session: SearchSession): void {
  const { config, data, emit, space, state, supernet } = session;
  const networks = networksBySize(space, WATCHED).map((architecture) => session.child(architecture));
  const { evaluations, chance } = withBatch(data.revisited, 0, 0, (batch) => ({
    evaluations: evaluateTogether(networks, supernet.store, batch, SHARED_EVALUATION, { compiled: supernet.passes }),
    chance: space.task.kind === 'regression' ? guessingLoss(space.task) : guessing(batch.labels),
  }));
  const { epoch } = state;
  emit({
    type: 'elastic-epoch',
    epoch,
    chance,
    networks: evaluations.map(({ loss, accuracy }, i) => ({ architecture: networks[i]!.encoding, loss, accuracy })),
  });
  // While only the largest network learns, the others are bound to be poor.
  if (epoch < largestEpochsOf(config.search)) return;
  const watch = (state.collapse ??= { epochs: networks.map(() => 0), told: [] });
  evaluations.forEach(({ loss }, i) => {
    const isFinite = Number.isFinite(loss);
    watch.epochs[i] = !isFinite || loss >= AT_CHANCE * chance ? watch.epochs[i]! + 1 : 0;
    if ((isFinite && watch.epochs[i] < PATIENCE) || watch.told.includes(i)) return;
    watch.told.push(i);
    const architecture = networks[i]!.encoding;
    emit({ type: 'collapsed', epoch, architecture, loss, epochs: watch.epochs[i] });
    emit({
      type: 'warning',
      message: `${architecture} has collapsed: its loss is ${isFinite ? `${loss.toFixed(3)}, that of guessing ${chance.toFixed(3)}, for ${watch.epochs[i]} epochs` : String(loss)}; lower the learning rate, or clip the gradient (clipNorm)`,
    });
  });
}

/**
 * Loss in nats of always predicting the class frequencies, which is the entropy of the labels; for targets, of always
 * predicting their mean, which is their variance.
 */
function guessing(labels: Tensor): number {
  if (areTargets(labels)) return tidy(() => tf.mean(tf.moments(labels, 0).variance).dataSync()[0]!);
  if (areFlags(labels))
    return tidy(() => {
      const share = tf.clipByValue(tf.mean(tf.cast(labels, 'float32'), 0), 1e-7, 1 - 1e-7);
      const entropy = (p: Tensor): Tensor => tf.mul(p, tf.log(p));
      return -tf.mean(tf.add(entropy(share), entropy(tf.sub(1, share)))).dataSync()[0]!;
    });
  const counts = new Map<number, number>();
  for (const label of labels.dataSync()) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / labels.size) * Math.log(count / labels.size), 0);
}
