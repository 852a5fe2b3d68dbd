/**
 * Relations between two pulls of a quadratic regularizer, and between two mixtures of a replaying one, in every space.
 */
import { expect } from 'chai';
import { createRegularizer, type Regularizer, regularizerSchema } from '../../src/forgetting/index.js';
import { type Json } from '../../src/operations/operation.js';
import { type Child } from '../../src/supernet/child.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { disposeNamed, mapNamed, type NamedTensors, pickNamed } from '../../src/tensor/named.js';
import { stream } from '../../src/tensor/rng.js';
import { tf, tidy } from '../../src/tensor/tf.js';
import { values } from '../optimizers/problems.js';
import { SPACES, subject } from '../preconditioners/subjects.js';
import { relativeGap } from './runs.js';

const QUADRATIC: Readonly<Record<string, object>> = {
  wpl: { fisher: { average: 'accumulate' } },
  ewc: {},
  'l2-anchor': { fisher: { average: 'ema', momentum: 0.7 } },
  'permuted-fisher': {},
};
const REPLAYING: Readonly<Record<string, object>> = {
  'last-architecture': { lambda: 0.4 },
  nsas: { epsilon: 0.4, archive: 3 },
  fair: { accumulate: 3 },
};
const STEPS = ['proximal', 'explicit', 'loss'];
const TOLERANCE = 1e-5;
const RATE = 0.1;

for (const space of Object.keys(SPACES)) {
  describe(`regularizers of ${space}`, () => {
    let s: ReturnType<typeof subject>;
    let children: readonly Child[];
    let noise: (name: string, positive?: boolean) => NamedTensors;
    const owned: NamedTensors[] = [];
    before(async () => {
      await loadBackend();
      s = subject(space);
      const seeds = Array.from({ length: 20 }, (_, seed) => s.child(seed));
      children = seeds.filter(({ encoding }, i) => seeds.findIndex((other) => other.encoding === encoding) === i);
      noise = (name, positive = false) => {
        const rng = stream(name, space);
        const tensors = mapNamed(s.store.parameters, ({ shape, size }) =>
          tf.tensor(Float32Array.from({ length: size }, positive ? rng.uniform : rng.normal), shape),
        );
        owned.push(tensors);
        return tensors;
      };
    });
    after(() => {
      owned.forEach(disposeNamed);
      s.dispose();
    });

    const create = (options: object): Regularizer => {
      const regularizer = createRegularizer(regularizerSchema.parse(options), { seed: 1, space: s.space })!;
      regularizer.startEpoch(1);
      return regularizer;
    };
    const remember = (regularizer: Regularizer, child: Child, parameters: NamedTensors, fisher: NamedTensors): void =>
      regularizer.remember({
        architecture: child.encoding,
        parameterNames: child.parameterNames,
        parameters,
        fisher: () => mapNamed(pickNamed(fisher, child.parameterNames), (tensor) => tf.clone(tensor)),
      });

    for (const [name, options] of Object.entries(QUADRATIC))
      for (const step of space === 'mlp' ? STEPS : ['proximal'])
        describe(`${name}, ${step}`, () => {
          /**
           * How far it pulls the child's weights after two architectures; `factor` multiplies what it has been told of
           * Fisher information.
           */
          const pull = ({ alpha = 2, factor = 1, moved = 0, saved = false } = {}): Record<string, number[]> =>
            tidy(() => {
              let regularizer = create({ name, alpha, step, ...options });
              const fisher = mapNamed(noise('fisher', true), (f) => tf.mul(f, factor));
              const at = (key: string): NamedTensors => mapNamed(noise(key), (w) => tf.add(w, moved));
              remember(regularizer, children[0]!, at('first'), fisher);
              remember(regularizer, children[1]!, at('second'), fisher);
              if (saved) {
                const { tensors, state } = regularizer.snapshot();
                const next = create({ name, alpha, step, ...options });
                next.restore({ tensors, state: JSON.parse(JSON.stringify(state)) as Json });
                regularizer.dispose();
                regularizer = next;
              }
              const [before, after] = ['before', 'after'].map((key) => pickNamed(at(key), children[0]!.parameterNames));
              const pulled = regularizer.penalty
                ? regularizer.penalty(after!)!
                : mapNamed(
                    regularizer.settle!({ before: before!, after: after!, learningRate: RATE }),
                    (w, parameter) => tf.sub(w, after![parameter]!),
                  );
              const found = values(pulled);
              regularizer.dispose();
              return found;
            });

          it('depends only on strength times information, proportionally unless implicit', () => {
            const plain = pull();
            expect(relativeGap(pull({ alpha: 1, factor: 2 }), plain)).to.be.below(TOLERANCE);
            const half = Object.fromEntries(
              Object.entries(pull({ alpha: 1 })).map(([k, v]) => [k, v.map((x) => 2 * x)]),
            );
            const gap = relativeGap(half, plain);
            if (step === 'proximal') expect(gap).to.be.above(1e-3);
            else expect(gap).to.be.below(TOLERANCE);
          });

          it('does not depend on the origin of the weights', () => {
            expect(relativeGap(pull({ moved: 1 }), pull())).to.be.below(TOLERANCE * 10);
          });

          it('pulls only what was trained before, and continues from a snapshot bit for bit', () => {
            const plain = pull();
            const trained = new Set([...children[0]!.parameterNames, ...children[1]!.parameterNames]);
            expect(Object.keys(plain).every((parameter) => trained.has(parameter))).to.equal(true);
            expect(pull({ saved: true })).to.deep.equal(plain);
          });
        });

    for (const [name, options] of Object.entries(REPLAYING))
      it(`${name}: the shares of a mixture sum to one, the trained architecture's first, and are the same again`, () => {
        const [last, ...others] = children.slice(0, 3) as [Child, ...Child[]];
        const mixtures = [0, 1].map(() => {
          const regularizer = create({ name, ...options });
          const weights = noise('weights');
          for (const child of others) remember(regularizer, child, weights, weights);
          return regularizer.mixture!(last.encoding, 7);
        });
        expect(mixtures[1]).to.deep.equal(mixtures[0]);
        const shares = mixtures[0]!;
        expect(shares[0]!.architecture).to.equal(last.encoding);
        expect(shares.reduce((sum, { weight }) => sum + weight, 0)).to.be.closeTo(1, 1e-12);
        expect(shares.every(({ weight }) => weight > 0)).to.equal(true);
      });
  });
}
