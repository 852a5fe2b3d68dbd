/** What holds for every proxy on every space. A new proxy is found in the list, a new space in the table. */
import { expect } from 'chai';
import {
  catalogue,
  createChild,
  createParameterStore,
  type Proxy,
  PROXIES,
  proxyNamed,
  proxyScore,
  scoreNetwork,
  stream,
  tf,
  WeftError,
} from 'weft-nas';
import { tryScores } from '../../src/proxies/score.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { examples, SPACES } from './space-table.js';

/** Spaces in which some networks lack what a proxy is made of. */
const LACKING: Readonly<Record<string, { readonly proxy: string; readonly what: RegExp }>> = {
  mlp: { proxy: 'naswot', what: /the network has none/ },
  'elastic-transformer': { proxy: 'naswot', what: /the network has none/ },
  transformer: { proxy: 'naswot', what: /the network has none/ },
  lstm: { proxy: 'naswot', what: /the network has none/ },
  'rnn-cell': { proxy: 'naswot', what: /the network has none/ },
};

/** Those that look at each example by itself. */
const BY_EXAMPLE = ['fisher', 'jacov', 'naswot'].map(proxyNamed);
/** One of each way to look at a network. */
const SOME = ['snip', 'fisher', 'synflow', 'naswot', 'zen'].map(proxyNamed);

before(() => loadBackend('cpu'));

describe('every proxy', () => {
  it('has a unique name and a description', () => {
    expect(new Set(PROXIES.map(({ name }) => name)).size).to.equal(PROXIES.length);
    for (const { kind, name, description, formula, reference } of PROXIES) {
      expect(kind).to.equal('weft-proxy');
      expect(name).to.match(/^[a-zA-Z-]+$/);
      expect(description, name).to.match(/^[A-Z].*\.$/);
      expect(
        [formula, reference].every((text) => text.length > 3 && !text.includes('\n')),
        name,
      ).to.equal(true);
    }
  });
});

for (const { factory, options, task } of SPACES) {
  describe(`proxies on the space ${factory.name}`, () => {
    const space = factory.create(options, task);
    const rng = stream(4, 'proxies', factory.name);
    const networks = Array.from({ length: 2 }, () => space.sample(rng));

    /** Scores of both networks; undefined where one lacks what the proxy is made of. */
    const scores = (proxy: Proxy): (number | undefined)[] => {
      const { x: inputs, labels } = examples(task, 8);
      const found = networks.map((architecture) => {
        try {
          return scoreNetwork(space, architecture, [proxy], { inputs, labels }, 1)[0];
        } catch (error) {
          const lacking = LACKING[factory.name];
          expect(error).to.be.instanceOf(WeftError).with.property('code', 'unsupported');
          expect(proxy.name).to.equal(lacking?.proxy);
          expect(String(error)).to.match(lacking!.what);
          return undefined;
        }
      });
      tf.dispose([inputs, labels]);
      return found;
    };

    // What a score makes of an example must not depend on where it lies in the batch: places of a sequence are no
    // examples.
    it('do not depend on the order of the examples', () => {
      const { x: inputs, labels } = examples(task, 6);
      const order = tf.tensor1d([4, 2, 0, 5, 1, 3], 'int32');
      const shuffled = { inputs: tf.gather(inputs, order), labels: tf.gather(labels, order) };
      for (const proxy of BY_EXAMPLE)
        for (const architecture of networks) {
          const [first, second] = [{ inputs, labels }, shuffled].map(
            (batch) => tryScores(space, architecture, [proxy], batch, 1)[0],
          );
          if (typeof first !== 'number' || typeof second !== 'number') continue;
          expect(second, proxy.name).to.be.closeTo(first, 1e-3 * Math.max(1e-3, Math.abs(first)));
        }
      tf.dispose([inputs, labels, order, shuffled.inputs, shuffled.labels]);
    });

    it('score a child in the same way on the whole supernet’s weights as on its own', () => {
      const { x: inputs, labels } = examples(task, 6);
      const store = createParameterStore(catalogue(space.supernet), 1);
      const child = createChild(space, networks[0]);
      const own = tryScores(space, networks[0], SOME, { inputs, labels }, 1);
      SOME.forEach((proxy, i) => {
        if (typeof own[i] !== 'number') return;
        const shared = proxyScore(proxy, child, store, { inputs, labels });
        // A slice of a larger tensor begins with other numbers than a tensor of its own.
        if (child.slices!.size > 0) expect(Number.isFinite(shared), proxy.name).to.equal(true);
        else expect(shared, proxy.name).to.equal(own[i]);
      });
      store.dispose();
      tf.dispose([inputs, labels]);
    });

    for (const proxy of PROXIES)
      it(`${proxy.name} is finite and reproducible, and leaves no tensors`, () => {
        const before = tf.memory().numTensors;
        const first = scores(proxy);
        for (const score of first) if (score !== undefined) expect(Number.isFinite(score)).to.equal(true);
        expect(scores(proxy)).to.deep.equal(first);
        expect(tf.memory().numTensors).to.equal(before);
      });
  });
}
