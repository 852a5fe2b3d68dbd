/** Regularizers in elastic spaces: they remember and hold the entries that an architecture reads, and no others. */
import { expect } from 'chai';
import { random } from '../../controllers/random.js';
import { elasticMlp } from '../../search-spaces/elastic-mlp.js';
import { checkConfig } from '../../src/config/index.js';
import {
  createRegularizer,
  REGULARIZERS,
  type RegularizerConfigInput,
  regularizerSchema,
} from '../../src/forgetting/index.js';
import { advance } from '../../src/search/advance.js';
import { openData } from '../../src/search/data.js';
import { type SearchEvent } from '../../src/search/events.js';
import { createSession, type SearchSession } from '../../src/search/session.js';
import { catalogue } from '../../src/supernet/catalogue.js';
import { createChild } from '../../src/supernet/child.js';
import { createParameterStore } from '../../src/supernet/parameter-store.js';
import { sliceKey } from '../../src/supernet/slices.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { disposeNamed, mapNamed, pickNamed } from '../../src/tensor/named.js';
import { tf } from '../../src/tensor/tf.js';
import { values } from '../optimizers/problems.js';

const QUADRATIC = ['wpl', 'ewc', 'l2-anchor', 'permuted-fisher'] as const;

describe('regularizers of slices', function () {
  this.timeout(60_000);
  before(() => loadBackend());

  const KERNEL = 'layer0/dense/kernel';
  const space = elasticMlp.create({ depths: [1], widths: [1, 2] }, { inputShape: [1, 1, 2], classes: 2 });
  const [small, large] = [0, 1].map((index) => createChild(space, space.fromGenotype([0, index])));
  const create = (config: RegularizerConfigInput) =>
    createRegularizer(regularizerSchema.parse(config), { seed: 1, space })!;

  it('remember the part of a tensor that was read, and leave the rest unchanged', () => {
    const before = tf.memory().numTensors;
    const store = createParameterStore(catalogue(space.supernet), 1);
    const wpl = create({ name: 'wpl', alpha: 2, fisher: { momentum: 0.75 } });
    const remember = (child: typeof small, fisher: number): void =>
      wpl.remember({
        architecture: child!.encoding,
        parameterNames: child!.parameterNames,
        parameters: store.parameters,
        slices: child!.slices,
        fisher: () => mapNamed(pickNamed(store.parameters, child!.parameterNames), (one) => tf.fill(one.shape, fisher)),
      });
    store.assign({ [KERNEL]: tf.tensor2d([1, 2, 3, 4], [2, 2]) });
    remember(large, 4); // F = 3 everywhere.
    store.assign({ [KERNEL]: tf.tensor2d([10, 2, 30, 4], [2, 2]) });
    remember(small, 8); // The first column: 0.25·3 + 0.75·8 = 6.75.
    const memory = values(wpl.snapshot().tensors);
    expect(memory[`fisher/${KERNEL}`]).to.deep.equal([6.75, 3, 6.75, 3]);
    expect(memory[`anchor/${KERNEL}`]).to.deep.equal([10, 2, 30, 4]);
    expect(wpl.tensors().find(({ name }) => name === KERNEL)!.trained).to.equal(2);

    // θ <- θ + k/(1 + k) (θ^ - θ) with k = lr·alpha·F, on the slice and on the whole.
    const key = sliceKey(KERNEL, [2, 1]);
    const settled = (name: string, moved: number[], shape: [number, number]): number[] =>
      tf.tidy(() => {
        const after = { [name]: tf.tensor2d(moved, shape) };
        return [...wpl.settle!({ before: after, after, learningRate: 0.1 })[name]!.dataSync()];
      });
    const share = (fisher: number): number => (0.2 * fisher) / (1 + 0.2 * fisher);
    settled(key, [0, 0], [2, 1]).forEach((value, i) => expect(value).to.be.closeTo([10, 30][i]! * share(6.75), 1e-5));
    settled(KERNEL, [0, 0, 0, 0], [2, 2]).forEach((value, i) =>
      expect(value).to.be.closeTo([10, 2, 30, 4][i]! * share(i % 2 === 0 ? 6.75 : 3), 1e-5),
    );
    wpl.dispose();

    // A tensor of which the small network alone was trained holds nothing elsewhere.
    const fresh = create({ name: 'wpl', alpha: 2, step: 'loss', fisher: { momentum: 1 } });
    fresh.remember({
      architecture: small!.encoding,
      parameterNames: small!.parameterNames,
      parameters: store.parameters,
      slices: small!.slices,
      fisher: () => mapNamed(pickNamed(store.parameters, small!.parameterNames), (one) => tf.onesLike(one)),
    });
    expect(values(fresh.snapshot().tensors)[`fisher/${KERNEL}`]).to.deep.equal([1, 0, 1, 0]);
    const parameters = { [key]: tf.tensor2d([0, 0], [2, 1]), [KERNEL]: tf.zeros([2, 2]) };
    const penalty = fresh.penalty!(parameters)!;
    expect(values(penalty)).to.deep.equal({ [key]: [-20, -60], [KERNEL]: [-20, -0, -60, -0] });
    disposeNamed(penalty);
    disposeNamed(parameters);
    fresh.dispose();
    store.dispose();
    expect(tf.memory().numTensors).to.equal(before);
  });

  const begin = (regularizer: object, elastic?: object): { session: SearchSession; events: SearchEvent[] } => {
    const config = checkConfig({
      seed: 4,
      space: { name: 'elastic-mlp', depths: [1, 2], widths: [3, 6] },
      controller: { name: 'random' },
      data: { subset: { train: 160 }, fisher: 0.2 },
      search: { epochs: 3, batchSize: 16, batchesPerArchitecture: 2, rounds: 0, probe: 0, regularizer, elastic },
      forgetting: { measure: true, batchSize: 40 },
      derive: { candidates: 2, random: 0 },
      retrain: { epochs: 0 },
    });
    const events: SearchEvent[] = [];
    return {
      session: createSession({ config, space: elasticMlp, controller: random, data: openData(config) }, (event) =>
        events.push(event),
      ),
      events,
    };
  };
  const finish = ({ session }: ReturnType<typeof begin>): Record<string, number[]> => {
    while (session.state.phase !== 'derive') advance(session);
    const end = values(session.supernet.store.parameters);
    session.dispose();
    return end;
  };

  it('change no bit at strength zero, act otherwise, and leave no tensor behind', () => {
    const before = tf.memory().numTensors;
    const none = finish(begin({ name: 'none' }));
    for (const name of QUADRATIC) {
      expect(finish(begin({ name, alpha: 0 })), name).to.deep.equal(none);
      const acting = begin({ name, alpha: 100 });
      const end = finish(acting);
      expect(end, name).to.not.deep.equal(none);
      expect(Object.values(end).flat().every(Number.isFinite)).to.equal(true);
      expect(acting.events.some(({ type }) => type === 'forgetting-tensors')).to.equal(true);
    }
    expect(tf.memory().numTensors).to.equal(before);
  });

  it('are refused by name if they replay architectures, and with the sandwich rule', () => {
    const refusal = (open: () => unknown): string => {
      try {
        open();
      } catch (error) {
        return (error as Error).message;
      }
      return '';
    };
    // Each of the catalogue either works, as above, or is refused.
    const works: readonly string[] = QUADRATIC;
    const others = REGULARIZERS.map(({ name }) => name).filter((name) => !works.includes(name));
    expect(others).to.have.members(['nsas', 'last-architecture', 'fair']);
    for (const name of others)
      expect(refusal(() => begin({ name }))).to.include(`'${name}' works only with whole weights`);
    expect(refusal(() => begin({ name: 'wpl' }, {}))).to.match(/the sandwich rule trains several per step/);
  });
});
