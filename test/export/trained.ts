/** Networks to export, with weights at random where a run would have trained them. */
import { type Model } from '../../src/search/model.js';
import { type SpaceFactory, type Task } from '../../src/graph/index.js';
import { catalogue, type Child, createChild, createParameterStore } from '../../src/supernet/index.js';
import { stream } from '../../src/tensor/rng.js';
import { tf, type Tensor, type Tensor2D } from '../../src/tensor/tf.js';
import { type TrainedChild } from '../../src/export/graph-model.js';

export const DIGITS: Task = { inputShape: [8, 8, 1], classes: 10 };

/** A network of the space as it would be read back from a run; the caller disposes its store. */
export function randomModel(
  factory: SpaceFactory,
  options: object,
  { task = DIGITS, seed = 1, architecture }: { task?: Task; seed?: number; architecture?: unknown } = {},
): Model {
  const space = factory.create(options, task);
  const child = createChild(space, architecture ?? space.sample(stream(seed, 'architecture')));
  const store = createParameterStore(catalogue(space.supernet), seed, [
    ...child.parameterNames,
    ...child.statisticNames,
  ]);
  const rng = stream(seed, 'values');
  const draw = (shape: number[], value: () => number): Tensor =>
    tf.tensor(Float32Array.from({ length: tf.util.sizeFromShape(shape) }, value), shape);
  for (const [name, { shape }] of Object.entries(store.statistics)) {
    store.assign({
      [name]: name.endsWith('variance')
        ? draw(shape, () => 0.5 + rng.uniform())
        : draw(shape, () => 0.3 * rng.normal()),
    });
  }
  for (const [name, { shape }] of Object.entries(store.parameters)) {
    if (/scale$|offset$|bias$/.test(name)) store.assign({ [name]: draw(shape, () => 0.5 + rng.uniform()) });
  }
  const channels = task.inputShape.at(-1)!;
  const normalization = {
    mean: Array.from({ length: channels }, (_, c) => 4.9 + c),
    std: Array.from({ length: channels }, (_, c) => 6 + c),
  };
  const card = {
    space: factory.name,
    options: space.options as Record<string, unknown>,
    task: { ...task, inputShape: [...task.inputShape] },
    architecture: child.encoding,
    trained: true,
    normalization,
    classNames: Array.from({ length: task.classes }, (_, i) => String(i)),
  };
  return { card, normalization, space, child, store };
}

/** A function of images [N,4,4,2] in place of a network; its results are flattened to logits. */
export function functionChild(f: (x: Tensor) => Tensor): TrainedChild {
  const forward = (_parameters: object, _statistics: object, x: Tensor): Tensor2D => {
    const y = tf.cast(f(x), 'float32');
    return tf.reshape(y, [-1, y.size / x.shape[0]]);
  };
  return {
    child: { forward } as unknown as Child,
    store: { parameters: {}, statistics: {} },
    normalization: { mean: [0, 0], std: [1, 1] },
    inputShape: [4, 4, 2],
  };
}

/** The exported graph, loaded from the files of an export, with its metadata; the caller disposes it. */
export async function loadExported(
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<{ exported: Awaited<ReturnType<typeof tf.loadGraphModel>>; metadata: unknown }> {
  const { weightsManifest, ...artifacts } = JSON.parse(String(files['model.json'])) as {
    weightsManifest: { paths: string[]; weights: never[] }[];
    userDefinedMetadata?: unknown;
  };
  const [{ paths, weights: weightSpecs }] = weightsManifest as [{ paths: string[]; weights: never[] }];
  const weightData = new Uint8Array(Buffer.concat(paths.map((path) => files[path] as Uint8Array))).buffer;
  const exported = await tf.loadGraphModel(tf.io.fromMemory({ ...artifacts, weightSpecs, weightData }));
  return { exported, metadata: artifacts.userDefinedMetadata };
}
