/** What rounded weights cost: the exported graph and the network on the same test examples. */
import { type Model } from '../search/model.js';
import { tf, type Tensor } from '../tensor/tf.js';
import { type BatchSource } from '../training/batch.js';
import { type Evaluation, evaluateChild, FINAL_EVALUATION } from '../training/evaluate.js';
import { type Rounding } from './facts.js';
import { type GraphModel } from './graph-model.js';
import { type RoundedType } from './rounding.js';

/** At most so many examples are compared: graphs run on stock kernels. */
const MOST_EXAMPLES = 4096;

/** Loss and accuracy of the network and of the graph that has its weights rounded. */
export async function judgeRounding(
  model: Model,
  artifacts: GraphModel,
  weights: RoundedType,
  test: BatchSource,
): Promise<Rounding> {
  const { card, child, store, normalization } = model;
  const graph = await tf.loadGraphModel(tf.io.fromMemory(artifacts));
  const [mean, std] = [tf.tensor1d([...normalization.mean]), tf.tensor1d([...normalization.std])];
  const { targets } = card;
  /** From normalized inputs to what the network itself would give. */
  const forward = (_parameters: object, _statistics: object, x: Tensor): Tensor =>
    tf.tidy(() => {
      const raw = card.task.kind === 'language' ? tf.cast(x, 'float32') : tf.add(tf.mul(x, std), mean);
      const output = graph.execute(raw, targets ? 'values' : 'logits') as Tensor;
      return targets ? tf.div(tf.sub(output, tf.tensor1d(targets.mean)), tf.tensor1d(targets.std)) : output;
    });
  // A graph knows nothing of the batch before: nor may the network.
  const source: BatchSource = { ...test, continues: false };
  const steps = Math.min(test.steps, Math.max(1, Math.ceil((MOST_EXAMPLES / test.count) * test.steps)));
  try {
    const before = evaluateChild(child, store, source, FINAL_EVALUATION, steps);
    const after = evaluateChild({ ...child, forward }, store, source, FINAL_EVALUATION, steps);
    return { weights, count: before.count, before: measured(before), after: measured(after) };
  } finally {
    tf.dispose([mean, std]);
    graph.dispose();
  }
}

const measured = ({ loss, accuracy }: Evaluation) => ({ loss, accuracy });
