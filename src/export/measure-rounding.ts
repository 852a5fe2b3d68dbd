/** The cost and the savings of rounded weights: the exported graph and the network on the same test examples. */
import { stopwatch } from '../runs/index.js';
import { type Model } from '../search/model.js';
import { median } from '../statistics/index.js';
import { tf, type Tensor } from '../tensor/tf.js';
import { type BatchSource } from '../training/batch.js';
import { type Evaluation, evaluateChild, FINAL_EVALUATION } from '../training/evaluate.js';
import { type Rounding } from './facts.js';
import { type GraphModel } from './graph-model.js';
import { type RoundedType } from './rounding.js';

/** Maximum number of examples compared: graphs run on stock kernels. */
const MOST_EXAMPLES = 4096;

/** Number of warm-up runs of a graph, and of timed runs. */
const WARM_UP = 3;
const TIMED = 15;

/**
 * Loss and accuracy of the network and of the graph with rounded weights; size and latency of the graph with the
 * original and with the rounded weights.
 */
export async function measureRounding(
  model: Model,
  { exact, rounded: artifacts }: { readonly exact: GraphModel; readonly rounded: GraphModel },
  weights: RoundedType,
  test: BatchSource,
): Promise<Rounding> {
  const { card, child, store, normalization } = model;
  const [graph, whole] = await Promise.all([artifacts, exact].map((one) => tf.loadGraphModel(tf.io.fromMemory(one))));
  const [mean, std] = [tf.tensor1d([...normalization.mean]), tf.tensor1d([...normalization.std])];
  const { targets } = card;
  /** From normalized inputs to the network's own logits. */
  const forward = (_parameters: object, _statistics: object, x: Tensor): Tensor =>
    tf.tidy(() => {
      const raw = card.task.kind === 'language' ? tf.cast(x, 'float32') : tf.add(tf.mul(x, std), mean);
      const output = graph!.execute(raw, targets ? 'values' : 'logits') as Tensor;
      return targets ? tf.div(tf.sub(output, tf.tensor1d(targets.mean)), tf.tensor1d(targets.std)) : output;
    });
  // A graph keeps no state from the previous batch: neither may the network.
  const source: BatchSource = { ...test, continues: false };
  const steps = Math.min(test.steps, Math.max(1, Math.ceil((MOST_EXAMPLES / test.count) * test.steps)));
  try {
    const before = evaluateChild(child, store, source, FINAL_EVALUATION, steps);
    const after = evaluateChild({ ...child, forward }, store, source, FINAL_EVALUATION, steps);
    const shape = [1, ...card.task.inputShape];
    const of = ({ loss, accuracy }: Evaluation, { weightData }: GraphModel, timed: LoadedGraph) => ({
      loss,
      accuracy,
      bytes: weightData.byteLength,
      milliseconds: latency(timed, shape),
    });
    return {
      weights,
      count: before.count,
      before: of(before, exact, whole!),
      after: of(after, artifacts, graph!),
      runtime: `TensorFlow.js (${RUNTIMES[tf.getBackend()] ?? tf.getBackend()})`,
    };
  } finally {
    tf.dispose([mean, std]);
    graph!.dispose();
    whole!.dispose();
  }
}

type LoadedGraph = Awaited<ReturnType<typeof tf.loadGraphModel>>;

/** Readable names of TensorFlow.js's backends. */
const RUNTIMES: Readonly<Record<string, string>> = {
  tensorflow: 'native',
  cpu: 'plain JavaScript',
  wasm: 'WebAssembly',
};

/** Milliseconds that the graph takes for one example, until its output can be read. */
function latency(graph: LoadedGraph, shape: readonly number[]): number {
  const x = tf.zeros([...shape]);
  const run = (): number => {
    const watch = stopwatch();
    tf.tidy(() => ([graph.execute(x)].flat()[0] as Tensor).dataSync());
    return 1000 * watch.elapsed();
  };
  for (let i = 0; i < WARM_UP; i++) run();
  const milliseconds = median(Array.from({ length: TIMED }, run));
  x.dispose();
  return milliseconds;
}
