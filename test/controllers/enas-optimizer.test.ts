/** The policy of ENAS trained by any optimizer of the list. */
import { expect } from 'chai';
import { type CompileMode, type Controller, loadBackend, stream, tf } from 'weft-nas';
import { enas } from '../../controllers/enas.js';
import mlp from '../../search-spaces/mlp.js';
import { said } from '../said.js';

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

describe('an update of the ENAS controller that fails', () => {
  before(() => loadBackend());

  /** What a checkpoint would hold. */
  const contents = (controller: Controller): unknown => {
    const { tensors, state } = controller.snapshot();
    return structuredClone([state, Object.entries(tensors).map(([name, tensor]) => [name, [...tensor.dataSync()]])]);
  };

  for (const options of [{}, { optimizer: { name: 'sgd' } }, { entropy: 'differentiated' }])
    it(`names a reward beyond what float32 can learn from, and changes nothing: ${JSON.stringify(options)}`, () => {
      const controller = enas.create({ lstmSize: 8, ...options }, { space, seed: 3 });
      const architectures = controller.propose(4, stream('proposals'));
      const results = (reward: number) =>
        architectures.map((architecture, i) => ({ architecture, reward: i * reward }));
      const before = contents(controller);
      const { numTensors } = tf.memory();
      for (const reward of [1e16, -1e30, 1e39, 1e300])
        expect(said(() => controller.observe(results(reward)))).to.match(
          /reward \S+: it is beyond ±1000000000000000 .*scale/,
        );
      expect(contents(controller)).to.deep.equal(before);
      expect(tf.memory().numTensors).to.equal(numTensors);
      controller.dispose();
    });

  it('learns from the largest reward, and from usual ones afterwards', () => {
    const controller = enas.create({ lstmSize: 8, baselineDecay: 0 }, { space, seed: 3 });
    const learn = (reward: number): number[] => {
      const architectures = controller.propose(4, stream('proposals'));
      controller.observe(architectures.map((architecture, i) => ({ architecture, reward: i * reward })));
      const { tensors } = controller.snapshot();
      return Object.values(tensors).flatMap((tensor) => [...tensor.dataSync()]);
    };
    const values = [learn(1e15 / 3), learn(0.1), learn(0.1)];
    for (const one of values) expect(one.every(Number.isFinite)).to.equal(true);
    controller.dispose();
  });

  for (const mode of ['off', 'replay', 'session'] as const)
    for (const prefix of ['parameters', 'optimizer'])
      it(`leaves no tensor behind and keeps its baseline: ${prefix}, compile ${mode}`, () => {
        const [controller, other] = [8, 6].map((lstmSize) =>
          enas.create({ lstmSize }, { space, seed: 3, compile: { mode } }),
        ) as [Controller, Controller];
        const results = controller.propose(4, stream('proposals')).map((architecture) => ({ architecture, reward: 1 }));
        for (const one of [controller, other]) one.observe(results);
        const { tensors, state } = controller.snapshot();
        // Values of another width, as from a mixed-up checkpoint: the update cannot be computed.
        const foreign = Object.entries(other.snapshot().tensors).filter(([name]) => name.startsWith(`${prefix}/`));
        controller.restore({ tensors: { ...tensors, ...Object.fromEntries(foreign) }, state });
        const before = contents(controller);
        const { numTensors } = tf.memory();
        for (let i = 0; i < 4; i++) expect(() => controller.observe(results)).to.throw();
        expect(tf.memory().numTensors).to.equal(numTensors);
        expect(contents(controller)).to.deep.equal(before);
        controller.dispose();
        other.dispose();
      });
});

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
