/** Many networks in order: what is left out, and what is put last. */
import { expect } from 'chai';
import { defineProxy, proxyNamed, type Proxy, scoreNetworks, stream, tf, WeftError } from 'weft-nas';
import { mlp } from '../../search-spaces/mlp.js';
import { loadBackend } from '../../src/tensor/backend.js';

describe('scores of many networks', () => {
  before(() => loadBackend('cpu'));
  const space = mlp.create({ depth: 2, widths: [4, 6] }, { inputShape: [5], classes: 3 });
  const rng = stream(2, 'rank-many');
  const networks = Array.from({ length: 6 }, () => space.sample(rng));
  const score = (proxies: readonly Proxy[], examples = 4): ReturnType<typeof scoreNetworks> => {
    const batch = { inputs: tf.ones([examples, 5]), labels: tf.zeros([examples], 'int32') };
    try {
      return scoreNetworks(space, networks, proxies, batch, 1);
    } finally {
      tf.dispose([batch.inputs, batch.labels]);
    }
  };
  const made = (name: string, values: readonly number[]): Proxy => {
    let calls = 0;
    return defineProxy({
      name,
      description: 'Made up.',
      formula: 'x',
      reference: 'none',
      score: () => values[calls++]!,
    });
  };

  it('rank networks last whose score is not finite, and say so', () => {
    const { scores, warnings } = score([made('up', [3, NaN, -5e20, 1, Infinity, 2])]);
    const up = scores.get('up')!;
    expect([up[0], up[2], up[3], up[5]]).to.deep.equal([3, -5e20, 1, 2]);
    expect(up[1]).to.be.below(-5e20);
    expect(up[4]).to.equal(up[1]);
    expect(warnings.join()).to.match(/up is not finite for 2 of 6 networks/);
  });

  it('leave out a proxy that does not apply to all, or is finite for none', () => {
    const lacking = defineProxy({
      ...made('lacking', []),
      score: () => {
        throw new WeftError('unsupported', 'there is nothing to see');
      },
    });
    const { scores, warnings } = score([lacking, made('never', Array<number>(6).fill(NaN)), proxyNamed('parameters')]);
    expect([...scores.keys()]).to.deep.equal(['parameters']);
    expect(warnings).to.have.length(2);
    expect(warnings[0]).to.include('there is nothing to see');
  });

  it('refuse a batch that is too small, and name a proxy that fails', () => {
    expect(() => score([proxyNamed('zico')], 3)).to.throw('at least 4 examples');
    const broken = defineProxy({
      ...made('broken', []),
      score: () => {
        throw new TypeError('a mistake');
      },
    });
    expect(() => score([broken])).to.throw(WeftError, "the proxy 'broken' fails: a mistake");
  });
});
