/**
 * The networks of the comparison: perceptrons of three layers as in its tables, a small convolutional network, and a
 * child that a search has found.
 */
import {
  activation,
  type Child,
  conv,
  createChild,
  defineSpace,
  dense,
  flatten,
  maxPool,
  oneOf,
  type Parts,
  type SearchSpace,
  sequence,
  z,
} from 'weft-nas';

/** The images that a network is designed for. */
export type Source = 'mnist' | 'cifar10';

const IMAGES: Readonly<Record<Source, readonly [number, number, number]>> = {
  mnist: [28, 28, 1],
  cifar10: [32, 32, 3],
};
const CLASSES = 10;

export interface Workload {
  readonly space: SearchSpace;
  readonly child: Child;
  readonly source: Source;
  /** Height, width and channels of an image. */
  readonly image: readonly [number, number, number];
}

/** The network found by the recipe `cifar10` with seed 1. */
const FOUND = {
  options: { layers: 6, filters: 24 },
  architecture: 'macro-cnn~37cffb:conv3.max3-1.conv3-01.conv5-001.conv5-0010.avg3-01001',
};

/** pixels - width - width - classes with rectifiers, as in Osawa et al. 2023. */
const perceptron = defineSpace({
  name: 'perceptron',
  description: 'three dense layers of one width',
  options: z.strictObject({ width: z.int().min(1) }),
  choices: () => ({ only: oneOf([0]) }),
  graph(g, _choices, { width }, { classes }) {
    let x = g.apply('flat', flatten(), g.input);
    for (const name of ['first', 'second'])
      x = g.apply(
        name,
        sequence('hidden', { dense: dense({ units: width, initializer: 'he' }), relu: activation('relu') }),
        x,
      );
    return g.apply('output', dense({ units: classes }), x);
  },
});

/** Two convolutions with pools and two dense layers. */
const smallCnn = defineSpace({
  name: 'small-cnn',
  description: 'two convolutions, two dense layers',
  options: z.strictObject({ filters: z.int().min(1).default(16) }),
  choices: () => ({ only: oneOf([0]) }),
  graph(g, _choices, { filters }, { classes }) {
    const stage = (name: string, count: number, x: typeof g.input): typeof g.input =>
      g.apply(
        name,
        sequence('stage', {
          conv: conv({ filters: count, size: 3 }),
          relu: activation('relu'),
          pool: maxPool({ size: 2, stride: 2 }),
        }),
        x,
      );
    const pooled = stage('second', 2 * filters, stage('first', filters, g.input));
    const hidden = g.apply(
      'hidden',
      sequence('hidden', { flat: flatten(), dense: dense({ units: 64, initializer: 'he' }), relu: activation('relu') }),
      pooled,
    );
    return g.apply('output', dense({ units: classes }), hidden);
  },
});

/** The network with this name: `mlp-512` on MNIST, `small-cnn` and `found-child` on CIFAR-10. */
export async function workload(name: string, parts: Parts): Promise<Workload> {
  const width = /^mlp-(\d+)$/.exec(name)?.[1];
  const source: Source = width ? 'mnist' : 'cifar10';
  const image = IMAGES[source];
  const setting = { inputShape: [...image], classes: CLASSES };
  if (name === 'found-child') {
    const space = (await parts.space('macro-cnn')).create(FOUND.options, setting);
    return { space, child: createChild(space, space.decode(FOUND.architecture)), source, image };
  }
  const space: SearchSpace = width
    ? perceptron.create({ width: Number(width) }, setting)
    : smallCnn.create({}, setting);
  return { space, child: createChild(space, space.decode(space.encode({ only: 0 }))), source, image };
}
