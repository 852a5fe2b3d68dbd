import { expect } from 'chai';
import { type Controller, loadBackend, stream, tf } from 'weft-nas';
import { darts } from '../../controllers/darts.js';
import { nasBench201 } from '../../search-spaces/nas-bench-201.js';
import { checkConfig, type SearchConfig } from '../../src/config/index.js';
import { advance } from '../../src/search/advance.js';
import { openData } from '../../src/search/data.js';
import { createSession, type SearchSession } from '../../src/search/session.js';
import { restoreSnapshot, takeSnapshot } from '../../src/search/snapshot.js';

const space = nasBench201.create({ filters: 2 }, { inputShape: [8, 8, 1], classes: 3 });
const create = (options: object = {}): Controller => darts.create(options, { space, seed: 1 });
const logits = (controller: Controller): number[][] =>
  Object.values(controller.relaxation!.logits).flatMap((tensor) => tensor.arraySync() as number[][]);

describe('the controller darts', () => {
  before(() => loadBackend());

  it('makes the first step of Adam on the gradient and the decayed logits', () => {
    const controller = create({ learningRate: 0.1, epsilon: 0.01, weightDecay: 0.5, initialScale: 1 });
    const before = logits(controller);
    const gradient = [0.3, -0.2, 0, 1, -1];
    const gradients = Object.fromEntries(
      Object.keys(controller.relaxation!.logits).map((path) => [path, tf.tensor2d([gradient])]),
    );
    controller.relaxation!.descend(gradients);
    tf.dispose(gradients);
    logits(controller).forEach((row, slot) =>
      row.forEach((value, i) => {
        const g = gradient[i]! + 0.5 * before[slot]![i]!;
        expect(value).to.be.closeTo(before[slot]![i]! - (0.1 * g) / (Math.abs(g) + 0.01), 1e-5);
      }),
    );
    controller.dispose();
  });

  it('leaves no tensor behind by a step that fails', () => {
    const controller = create();
    const before = logits(controller);
    const gradients = Object.fromEntries(
      Object.keys(controller.relaxation!.logits).map((path) => [path, tf.tensor2d([[1, 2]])]),
    );
    const { numTensors } = tf.memory();
    expect(() => controller.relaxation!.descend(gradients)).to.throw();
    expect(tf.memory().numTensors).to.equal(numTensors);
    expect(logits(controller)).to.deep.equal(before);
    tf.dispose(gradients);
    controller.dispose();
  });

  it('derives the most probable architecture first, and learns nothing from rewards', () => {
    const controller = create({ learningRate: 0.1 });
    const hidden = [3, 1, 4, 0, 2, 3];
    for (let step = 0; step < 40; step++) {
      const paths = Object.keys(controller.relaxation!.logits);
      const gradients = Object.fromEntries(
        paths.map((path, slot) => [
          path,
          tf.tensor2d([[0, 1, 2, 3, 4].map((value) => (value === hidden[slot] ? -1 : 1))]),
        ]),
      );
      controller.relaxation!.descend(gradients);
      tf.dispose(gradients);
    }
    const before = logits(controller);
    controller.observe([{ architecture: space.sample(stream(1, 'x')), reward: 1 }]);
    expect(logits(controller)).to.deep.equal(before);
    expect(space.genotype(controller.derive(3, stream(1, 'derive'))[0] as never)).to.deep.equal(hidden);
    controller.dispose();
  });

  it('derives another architecture if constraints forbid the most probable one', () => {
    const constrained = space.constrain([{ name: 'some convolution', holds: (cell) => cell.flat().includes('conv3') }]);
    const controller = darts.create({ initialScale: 0.1 }, { space: constrained, seed: 3 });
    for (let i = 0; i < 20; i++)
      for (const architecture of controller.derive(2, stream(i, 'd')))
        expect((architecture as string[][]).flat()).to.include('conv3');
    controller.dispose();
  });

  describe('in a search', () => {
    const config = checkConfig({
      space: { name: 'nas-bench-201', filters: 2 },
      controller: { name: 'darts', preset: 'quick' },
      data: { subset: { train: 80 } },
      search: {
        epochs: 2,
        batchSize: 32,
        warmupEpochs: 1,
        rounds: 1,
        samplesPerRound: 2,
        probe: 0,
        rewardBatchSize: 16,
      },
      derive: { candidates: 1, random: 0 },
      retrain: { epochs: 0 },
    });
    const open = (search: SearchConfig['search'] = config.search): SearchSession =>
      createSession(
        { config: { ...config, search }, space: nasBench201, controller: darts, data: openData(config) },
        () => {},
      );
    const finish = (session: SearchSession): number[][] => {
      while (advance(session));
      return logits(session.controller);
    };

    it('learns from averages of the weights if the optimizer keeps some: slow weights that never move act as frozen ones', () => {
      const sgd = { name: 'sgd', learningRate: 0.3, schedule: { name: 'constant' } } as const;
      const [slow, frozen, moving] = [
        { name: 'lookahead', every: 1000, base: sgd },
        { ...sgd, learningRate: 0 },
        sgd,
      ].map((optimizer) => {
        const session = open(checkConfig({ ...config, search: { ...config.search, optimizer } as never }).search);
        const found = finish(session);
        session.dispose();
        return found;
      });
      expect(slow).to.deep.equal(frozen);
      expect(slow).to.not.deep.equal(moving);
    });

    it('is inactive during the warm-up, then learns at every step, and continues from a snapshot to the bit', () => {
      const before = tf.memory().numTensors;
      const [a, b] = [open(), open()];
      const first = logits(a.controller);
      while (a.state.epoch === 0) advance(a);
      expect(logits(a.controller)).to.deep.equal(first);
      advance(a);
      expect(logits(a.controller)).to.not.deep.equal(first);
      const { tensors, state } = takeSnapshot(a);
      restoreSnapshot(b, {
        tensors,
        state: JSON.parse(JSON.stringify(state)) as typeof state,
      });
      expect(finish(b)).to.deep.equal(finish(a));
      expect(b.state.derived).to.deep.equal(a.state.derived);
      expect(a.state.derived!.architecture).to.be.a('string');
      a.dispose();
      b.dispose();
      expect(tf.memory().numTensors).to.equal(before);
    });
  });
});
