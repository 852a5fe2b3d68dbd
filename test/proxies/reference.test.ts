/** Proxies beside float64 PyTorch on the same weights, and beside closed forms. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import {
  activation,
  batchNorm,
  type Child,
  conv,
  createChild,
  dense,
  embedding,
  globalAveragePool,
  maxPool,
  type Operation,
  proxyNamed,
  PROXIES,
  proxyScore,
  type Task,
  tf,
  unembedding,
} from 'weft-nas';
import { zenScore } from '../../src/proxies/zen.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { onEachBackend } from '../tensor/backends.js';
import { chainOf, filled, type Listed, listedWeights, only, tensorOf, weightsOf } from './networks.js';

interface Fixture {
  readonly parameters: Record<string, Listed>;
  readonly inputs: Listed;
  readonly noise: Listed;
  readonly labels: number[];
  readonly scores: Record<string, number>;
}

const relu = (): Operation => activation('relu');

const NETWORKS: Readonly<Record<string, () => Child>> = {
  conv: () =>
    createChild(
      only({ inputShape: [6, 6, 2], classes: 3 }, (g) => {
        let x = g.apply('conv1', conv({ filters: 4, size: 3 }), g.input);
        x = g.apply('relu1', relu(), g.apply('norm1', batchNorm(), x));
        x = g.apply('pool', maxPool({ size: 2, stride: 2 }), x);
        const main = g.apply('norm2', batchNorm(), g.apply('conv2', conv({ filters: 5, size: 3 }), x));
        const sum = g.combine('sum', 'sum', [main, g.apply('side', conv({ filters: 5, size: 1 }), x)]);
        return g.apply('out', dense({ units: 3 }), g.apply('gap', globalAveragePool(), g.apply('relu2', relu(), sum)));
      }),
      'it',
    ),
  mlp: () =>
    chainOf(
      { inputShape: [9], classes: 3 },
      { hidden1: dense({ units: 12 }), relu1: relu(), hidden2: dense({ units: 7 }), relu2: relu(), out: dense({ units: 3 }) }, // prettier-ignore
    ),
};

for (const [name, network] of Object.entries(NETWORKS)) {
  describe(`proxies of a small ${name} beside PyTorch in float64`, () => {
    const fixture = JSON.parse(
      readFileSync(new URL(`../fixtures/proxies/${name}.json`, import.meta.url), 'utf8'),
    ) as Fixture;

    onEachBackend(() => {
      for (const proxy of PROXIES.filter(({ name: known }) => known in fixture.scores)) {
        it(`agree: ${proxy.name}`, () => {
          const expected = fixture.scores[proxy.name]!;
          tf.tidy(() => {
            const weights = weightsOf(listedWeights(fixture.parameters));
            const inputs = tensorOf(fixture.inputs);
            const batch = { inputs, labels: tf.tensor1d(fixture.labels, 'int32') };
            const score =
              proxy.name === 'zen'
                ? zenScore(network(), weights, inputs, () => tensorOf(fixture.noise))
                : proxyScore(proxy, network(), weights, batch);
            expect(score).to.be.closeTo(expected, 1e-4 * Math.abs(expected));
          });
        });
      }
    });

    it('cover all but multiply-adds, which have their own tests', () => {
      expect(PROXIES.map((proxy) => proxy.name).filter((known) => !(known in fixture.scores))).to.deep.equal([
        'multiplyAdds',
      ]);
    });
  });
}

describe('proxies in closed form', () => {
  before(() => loadBackend('cpu'));
  const score = (
    name: string,
    child: Child,
    parameters: Parameters<typeof weightsOf>[0],
    inputs: tf.Tensor,
    labels: number[] = Array.from({ length: inputs.shape[0] }, () => 0),
  ): number =>
    proxyScore(proxyNamed(name), child, weightsOf(parameters), { inputs, labels: tf.tensor1d(labels, 'int32') });
  const task = (inputs: number, classes = 2): Task => ({ inputShape: [inputs], classes });
  const linear = (inputs: number, classes = 2): Child =>
    chainOf(task(inputs, classes), { out: dense({ units: classes, bias: false }) });

  it('of a linear network are those of its gradient Xᵀ(p − y)/N', () => {
    tf.tidy(() => {
      const kernel = tf.tensor2d([0.5, -1, 2, 0.25], [2, 2]);
      const x = [
        [1, 2],
        [-1, 0.5],
        [0, 3],
      ];
      const labels = [0, 1, 1];
      const w = kernel.arraySync();
      const gradient = [
        [0, 0],
        [0, 0],
      ];
      let fisher = 0;
      const channel = [0, 0];
      x.forEach((row, n) => {
        const logits = [0, 1].map((k) => row[0]! * w[0]![k]! + row[1]! * w[1]![k]!);
        const sum = logits.reduce((all, one) => all + Math.exp(one), 0);
        logits.forEach((logit, k) => {
          const error = (Math.exp(logit) / sum - Number(labels[n] === k)) / 3;
          row.forEach((value, i) => (gradient[i]![k]! += value * error));
          channel[k]! += (logit * error) ** 2;
        });
      });
      // Each channel is made with two weights.
      fisher = (2 * (channel[0]! + channel[1]!)) / 3 / 2;
      const flat = gradient.flat();
      const parameters = { 'out/kernel': kernel };
      const of = (name: string): number => score(name, linear(2), parameters, tf.tensor2d(x), labels);
      expect(of('grad-norm')).to.be.closeTo(Math.hypot(...flat), 1e-6);
      expect(of('snip')).to.be.closeTo(
        flat.reduce((sum, g, i) => sum + Math.abs(g * w.flat()[i]!), 0),
        1e-6,
      );
      expect(of('fisher')).to.be.closeTo(fisher, 1e-6);
      expect(of('synflow')).to.be.closeTo(3.75, 1e-6);
      expect([of('parameters'), of('multiplyAdds')]).to.deep.equal([4, 4]);
      // All examples have one gradient: eigenvalues 3, 0, 0.
      const k = 1e-5;
      expect(of('jacov')).to.be.closeTo(-(Math.log(3 + k) + 1 / (3 + k) + 2 * (Math.log(k) + 1 / k)), 1e-3);
      expect(() => of('naswot')).to.throw('the network has none');
    });
  });

  it('synflow of L linear layers is L times the sum over all paths, in float32 too where that ends at 3.4e38', () => {
    const layers = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`layer${i}`, dense({ units: i < 39 ? 16 : 2, bias: false })]),
    );
    tf.tidy(() => {
      const child = chainOf(task(16), layers);
      const value = score('synflow', child, filled(child, -1), tf.zeros([1, 16]));
      // 16^40 paths for each of the 2 outputs.
      expect(Math.log2(value)).to.be.closeTo(Math.log2(40) + 4 * 40 + 1, 1e-6);
    });
  });

  it('synflow counts biases correctly among values of any size', () => {
    const layers = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`layer${i}`, dense({ units: 2 })]));
    tf.tidy(() => {
      const child = chainOf(task(2), layers);
      // Flow through kernel i: what enters it times what follows, x_{i+1} = 2c·x_i + c in each unit.
      const c = 300;
      const entering = [1];
      for (let i = 1; i < 12; i++) entering.push(2 * c * entering.at(-1)! + c);
      const expected = entering.reduce((sum, x, i) => sum + 2 * (2 * c * x) * (2 * c) ** (11 - i), 0);
      const value = score('synflow', child, filled(child, c), tf.zeros([1, 2]));
      expect(value / expected).to.be.closeTo(1, 1e-5);
    });
  });

  it('naswot of patterns that share nothing is N log(units), and of equal ones the floor', () => {
    tf.tidy(() => {
      const child = chainOf(task(2), { relu: activation('relu'), out: dense({ units: 2, bias: false }) });
      const parameters = { 'out/kernel': tf.eye(2) };
      const opposite = tf.tensor2d([1, -1, -1, 1], [2, 2]);
      expect(score('naswot', child, parameters, opposite)).to.be.closeTo(Math.log(4), 1e-9);
      const same = tf.tensor2d([1, -1, 2, -3], [2, 2]);
      expect(score('naswot', child, parameters, same)).to.be.closeTo(Math.log(2) + Math.log(1e-8), 1e-6);
    });
  });

  it('zen of one linear layer is the log of the noise norm in its features', () => {
    tf.tidy(() => {
      const inputs = tf.tensor2d([1, 2, 3, 4], [2, 2]);
      const noise = tf.tensor2d([1, -2, 0.5, 0.5], [2, 2]);
      // The features are what enters the only layer: the input itself.
      const value = zenScore(linear(2), weightsOf({ 'out/kernel': tf.eye(2) }), inputs, () => noise);
      expect(value).to.be.closeTo(Math.log(0.01 * (4 / 2)), 1e-4);
    });
  });

  it('zen of tokens starts at their vectors and ends before the last table', () => {
    tf.tidy(() => {
      const sizes = { vocabulary: 3, units: 2 };
      const child = chainOf(
        { kind: 'language', inputShape: [2], classes: 3 },
        { embed: embedding(sizes), out: unembedding(sizes) },
      );
      const ids = tf.tensor2d([0, 1, 2, 0], [2, 2], 'int32');
      const noise = tf.tensor3d([1, -1, 2, 0, 0.5, -0.5, 3, 0], [2, 2, 2]);
      const value = zenScore(child, weightsOf(filled(child, 0.5)), ids, (shape) => {
        expect(shape).to.deep.equal([2, 2, 2]);
        return noise;
      });
      expect(value).to.be.closeTo(Math.log(0.01 * (8 / 2)), 1e-4);
    });
  });

  it('zico of a layer whose halves have the same gradient adds nothing', () => {
    tf.tidy(() => {
      const inputs = tf.tensor2d([1, 2, -1, 1, 1, 2, -1, 1], [4, 2]);
      const parameters = { 'out/kernel': tf.tensor2d([0.5, -1, 2, 0.25], [2, 2]) };
      expect(score('zico', linear(2), parameters, inputs, [0, 1, 0, 1])).to.equal(0);
      expect(score('zico', linear(2), parameters, inputs, [0, 1, 1, 1])).to.be.above(0);
    });
  });

  it('jacov ranks a network that ignores its input last', () => {
    tf.tidy(() => {
      const child = chainOf(task(3), {
        hidden: dense({ units: 4 }),
        relu: activation('relu'),
        out: dense({ units: 2 }),
      });
      const blind = score('jacov', child, filled(child, 0), tf.randomNormal([4, 3], 0, 1, 'float32', 1));
      expect(blind).to.be.closeTo(-3 * (1e5 + Math.log(1e-5)), 10);
    });
  });

  it('refuse small batches, unknown names and NaN scores', () => {
    expect(() => proxyNamed('naswott')).to.throw("no proxy is called 'naswott'").with.property('hint').that.includes('naswot'); // prettier-ignore
    tf.tidy(() => {
      const parameters = { 'out/kernel': tf.eye(2) };
      expect(() => score('zico', linear(2), parameters, tf.zeros([3, 2]))).to.throw('at least 4 examples');
      expect(() => score('snip', linear(2), { 'out/kernel': tf.fill([2, 2], NaN) }, tf.ones([1, 2]))).to.throw(
        'snip of only',
      );
    });
  });
});
