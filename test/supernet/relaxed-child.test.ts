import { expect } from 'chai';
import {
  catalogue,
  createChild,
  createParameterStore,
  createRelaxedChild,
  defineSpace,
  dense,
  flatten,
  loadBackend,
  type NamedTensors,
  oneOf,
  requireRelaxable,
  type SearchSpace,
  stream,
  tf,
  valueAndGradients,
  z,
} from 'weft-nas';
import { dartsCnn } from '../../search-spaces/darts-cnn.js';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { microCnn } from '../../search-spaces/micro-cnn.js';
import { mlp } from '../../search-spaces/mlp.js';
import { nasBench201 } from '../../search-spaces/nas-bench-201.js';
import { said } from '../said.js';

const task = { inputShape: [6, 6, 1], classes: 3 };
const spaces: SearchSpace[] = [
  macroCnn.create({ layers: 3, filters: 2 }, task),
  microCnn.create({ nodes: 2, layers: 1, filters: 2 }, task),
  mlp.create({ depth: 2, widths: [3, 4] }, task),
  nasBench201.create({ filters: 2 }, task),
  dartsCnn.create({ nodes: 2, layers: 1, filters: 2 }, task),
];
const MODE = { training: true, normalization: 'batch', seed: 'relaxed' } as const;

/** Logits of each decision, [slots, values]. */
function logitsOf(space: SearchSpace, value: (slot: number, option: number) => number): NamedTensors {
  return Object.fromEntries(
    space.decisions
      .filter(({ length }) => length > 0)
      .map(({ path, offset, length, cardinality }) => [
        path,
        tf.tensor2d(
          Array.from({ length }, (_, i) =>
            Array.from({ length: cardinality }, (_, option) => value(offset + i, option)),
          ),
        ),
      ]),
  );
}

describe('a mixture of all architectures', () => {
  before(() => loadBackend());

  for (const space of spaces) {
    it(`with all probability on one of ${space.name} computes what that one computes`, () => {
      const store = createParameterStore(catalogue(space.supernet), 3);
      const x = tf.randomNormal([4, ...task.inputShape], 0, 1, 'float32', 9);
      for (let seed = 0; seed < 4; seed++) {
        const architecture = space.sample(stream(seed, 'certain'));
        const genotype = space.genotype(architecture);
        const before = tf.memory().numTensors;
        tf.tidy(() => {
          const relaxed = createRelaxedChild(
            space,
            logitsOf(space, (slot, option) => (option === genotype[slot] ? 60 : 0)),
          );
          const [mixed, alone] = [relaxed, createChild(space, architecture)].map((child) => [
            ...child.forward(store.parameters, store.statistics, x, MODE).dataSync(),
          ]);
          mixed!.forEach((logit, i) => expect(logit, space.encode(architecture)).to.be.closeTo(alone![i]!, 1e-4));
        });
        expect(tf.memory().numTensors).to.equal(before);
      }
      x.dispose();
      store.dispose();
    });
  }

  it('has the gradient of finite differences', () => {
    const space = nasBench201.create({ filters: 2 }, task) as SearchSpace;
    const store = createParameterStore(catalogue(space.supernet), 3);
    tf.tidy(() => {
      const x = tf.randomNormal([4, ...task.inputShape], 0, 1, 'float32', 9);
      const rng = stream(1, 'logits');
      const logits = logitsOf(space, () => 0.5 * rng.normal());
      const loss = (at: NamedTensors): tf.Scalar =>
        tf.mean(tf.square(createRelaxedChild(space, at).forward(store.parameters, store.statistics, x, MODE)));
      const { gradients } = valueAndGradients(loss, logits);
      const path = space.decisions[3]!.path;
      const analytic = gradients[path]!.dataSync();
      const step = 0.02;
      for (let option = 0; option < 5; option++) {
        const shifted = (by: number): number =>
          loss({
            ...logits,
            [path]: tf.add(logits[path]!, tf.tensor2d([Array.from({ length: 5 }, (_, i) => (i === option ? by : 0))])),
          }).dataSync()[0]!;
        expect(analytic[option]!).to.be.closeTo(
          (shifted(step) - shifted(-step)) / (2 * step),
          0.02 * Math.max(...analytic.map(Math.abs)),
        );
      }
    });
    store.dispose();
  });

  it('is refused if it is not a network, naming the node that prevents it', () => {
    const widths = defineSpace({
      name: 'widths',
      description: '',
      options: z.strictObject({}),
      choices: () => ({ width: oneOf([4, 6]) }),
      graph: (g, { width }) =>
        g.apply(
          'classifier',
          dense({ units: 3 }),
          g.choose(
            'hidden',
            width,
            { 4: dense({ units: 4 }), 6: dense({ units: 6 }) },
            g.apply('flat', flatten(), g.input),
          ),
        ),
    }).create({}, task) as SearchSpace;
    expect(said(() => requireRelaxable(widths, 'darts'))).to.match(
      /'darts' cannot mix the architectures of 'widths': the shape of 'hidden' depends on the architecture/,
    );
    for (const space of spaces) requireRelaxable(space, 'darts');
  });
});
