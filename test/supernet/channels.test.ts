/** Channels in the order of their importance. */
import { expect } from 'chai';
import {
  catalogue,
  channelGroups,
  channelOrder,
  conv,
  createChild,
  createParameterStore,
  defineSpace,
  dense,
  globalAveragePool,
  sequence,
  sizes,
  sortChannels,
  tf,
  z,
} from 'weft-nas';
import { mapNamed } from '../../src/tensor/named.js';
import { networksBySize } from '../../src/search/network-sizes.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { values } from '../optimizers/problems.js';
import { examples, SPACES } from '../contract/space-table.js';

const elastic = SPACES.filter(({ factory }) => factory.name.startsWith('elastic-'));

describe('sorting channels by importance', () => {
  before(() => loadBackend());

  for (const { factory, options, task } of elastic) {
    it(`does not change what networks of full width compute: ${factory.name}`, () => {
      const before = tf.memory().numTensors;
      const space = factory.create(options, task);
      const store = createParameterStore(catalogue(space.supernet), 3);
      // Nothing is what it is at the start: scales, offsets and statistics count too.
      store.assign(
        mapNamed({ ...store.parameters, ...store.statistics }, (tensor, name) =>
          tf.tidy(() => tf.add(tensor, tf.randomUniform(tensor.shape, 0.05, 0.2, 'float32', name.length))),
        ),
      );
      const { x, labels } = examples(task, 32);
      const child = createChild(space, networksBySize(space, 2)[1]);
      const outputs = (): number[][] =>
        (['batch', 'running'] as const).map((normalization) =>
          tf.tidy(() => [
            ...child.forward(store.parameters, store.statistics, x, { training: false, normalization }).dataSync(),
          ]),
        );
      const groups = channelGroups(space.supernet);
      expect(groups.length).to.be.greaterThan(0);
      const start = values(store.parameters);
      const wanted = outputs();
      store.assign(sortChannels(space, store));
      expect(values(store.parameters)).to.not.deep.equal(start);
      outputs().forEach((numbers, i) =>
        numbers.forEach((value, k) =>
          expect(Math.abs(value - wanted[i]![k]!)).to.be.at.most(1e-6 * Math.max(1, Math.abs(value))),
        ),
      );
      for (const group of groups)
        expect(channelOrder(group, store.parameters)).to.deep.equal(
          Array.from({ length: group.channels }, (_, place) => place),
        );
      expect(sortChannels(space, store)).to.deep.equal({}); // They are in order.
      store.dispose();
      tf.dispose([x, labels]);
      expect(tf.memory().numTensors).to.equal(before);
    });
  }

  it('goes by the norm of the weights that read a channel, and moves those that write it too', () => {
    const space = defineSpace({
      name: 'own',
      description: '',
      options: z.strictObject({}),
      choices: () => ({ width: sizes([1, 3]), inner: sizes([1, 2]) }),
      graph(g, { width, inner }, _options, { classes }) {
        const x = g.elastic(
          'two',
          { width, inner },
          (chosen) =>
            sequence('two', {
              a: conv({ filters: chosen.inner, size: 1 }),
              b: conv({ filters: chosen.width, size: 1 }),
            }),
          g.input,
        );
        return g.elastic('head', {}, () => dense({ units: classes }), g.elastic('pool', {}, globalAveragePool, x));
      },
    }).create({}, { inputShape: [2, 2, 1], classes: 2 });
    const groups = channelGroups(space.supernet);
    expect(groups.map(({ channels, readers }) => [channels, readers])).to.have.deep.members([
      [2, [{ name: 'two/b/kernel', axis: 2 }]],
      [3, [{ name: 'head/kernel', axis: 0 }]],
    ]);
    const store = createParameterStore(catalogue(space.supernet), 1);
    store.assign({
      'two/a/kernel': tf.tensor4d([1, 2], [1, 1, 1, 2]),
      'two/b/kernel': tf.tensor4d([1, 0, 0, -1, 2, 3], [1, 1, 2, 3]),
      'head/kernel': tf.tensor2d([0.5, 0.5, -9, 0, 2, 2], [3, 2]),
    });
    store.assign(sortChannels(space, store));
    const sorted = values(store.parameters);
    expect(sorted['two/a/kernel']).to.deep.equal([2, 1]);
    expect(sorted['head/kernel']).to.deep.equal([-9, 0, 2, 2, 0.5, 0.5]);
    expect(sorted['two/b/kernel']).to.deep.equal([2, 3, -1, 0, 0, 1]);
    store.dispose();
  });
});
