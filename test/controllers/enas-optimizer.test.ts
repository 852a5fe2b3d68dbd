/** The policy of ENAS trained by any optimizer of the list. */
import { expect } from 'chai';
import { type CompileMode, loadBackend, stream, tf } from 'weft-nas';
import { enas } from '../../controllers/enas.js';
import mlp from '../../search-spaces/mlp.js';

const space = mlp.create({}, { inputShape: [8, 8, 1], classes: 3 });

/** Values of the policy after some rounds of made-up rewards. */
function trained(options: object, rounds = 4, mode?: CompileMode): Record<string, number[]> {
  const controller = enas.create({ lstmSize: 8, ...options }, { space, seed: 3, compile: { mode } });
  for (let round = 0; round < rounds; round++) {
    const proposals = controller.propose(5, stream('proposals', round));
    controller.observe(proposals.map((architecture, i) => ({ architecture, reward: 0.1 * i })));
  }
  const { tensors } = controller.snapshot();
  const values = Object.fromEntries(
    Object.entries(tensors)
      .filter(([name]) => name.startsWith('parameters/'))
      .map(([name, tensor]) => [name, [...tensor.dataSync()]]),
  );
  controller.dispose();
  return values;
}

describe('the optimizer of the ENAS controller', () => {
  before(() => loadBackend());

  it('is Adam by default, and SAM with radius 0 over the same Adam gives the same bits', () => {
    const adam = { name: 'adam', learningRate: 3.5e-4, schedule: { name: 'constant' } };
    const plain = trained({});
    expect(trained({ optimizer: adam })).to.deep.equal(plain);
    expect(trained({ optimizer: { name: 'sam', rho: 0, base: adam } })).to.deep.equal(plain);
    expect(trained({ optimizer: { name: 'sam', rho: 0.1, base: adam } })).to.not.deep.equal(plain);
  });

  it('may be any other, leaves no tensor behind, and keeps its learning rate', () => {
    const before = tf.memory().numTensors;
    const constant = trained({ optimizer: { name: 'lion', learningRate: 1e-3, schedule: { name: 'constant' } } });
    expect(trained({ optimizer: { name: 'lion', learningRate: 1e-3 } })).to.deep.equal(constant);
    trained({ optimizer: { name: 'looksam', every: 2, base: { name: 'momentum' } } });
    expect(tf.memory().numTensors).to.equal(before);
    expect(() => enas.create({ optimizer: { name: 'sam', rho: -1 } }, { space, seed: 1 })).to.throw(/rho/);
  });

  it('gives the same weights bit by bit when its steps are compiled', () => {
    for (const options of [{ entropy: 'full' }, { entropy: 'differentiated' }, { optimizer: { name: 'sam' } }]) {
      const before = tf.memory().numTensors;
      const plain = trained(options, 12, 'off');
      expect(trained(options, 12, 'replay')).to.deep.equal(plain);
      expect(trained(options, 12, 'session')).to.deep.equal(plain);
      expect(tf.memory().numTensors).to.equal(before);
    }
  });
});
