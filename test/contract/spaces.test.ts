/** What holds for every search space. A new space is one line in the table `SPACES`. */
import { expect } from 'chai';
import fc from 'fast-check';
import {
  choiceEncoding,
  graphEncoding,
  logitsShape,
  pathEncoding,
  type SearchSpace,
  createChild,
  createParameterStore,
  catalogue,
  stream,
  tf,
} from 'weft-nas';
import { loadBackend } from '../../src/tensor/backend.js';
import { valueAndGradients } from '../../src/tensor/autodiff.js';
import { dotNamed, mapNamed, type NamedTensors, pickNamed } from '../../src/tensor/named.js';
import { hessianOperator } from '../../src/tensor/second-order/index.js';
import { labelCrossEntropies } from '../../src/training/cross-entropy.js';
import { examples, SPACES } from './space-table.js';

const MODE = { training: true, normalization: 'batch', seed: 'contract' } as const;

const dot = (a: NamedTensors, b: NamedTensors): number => dotNamed(a, b).dataSync()[0]!;
const norm = (a: NamedTensors): number => Math.sqrt(dot(a, a));
const distance = (a: NamedTensors, b: NamedTensors): number =>
  norm(mapNamed(a, (tensor, name) => tf.sub(tensor, b[name]!)));
/** The weights, each one or two units in the last place larger or smaller. */
const otherwiseRounded = (weights: NamedTensors): NamedTensors =>
  mapNamed(weights, (weight) =>
    tf.mul(weight, tf.add(1, tf.mul(2 ** -23, tf.sign(tf.randomNormal(weight.shape, 0, 1, 'float32', 7))))),
  );

for (const { factory, options, tiny, task } of SPACES) {
  describe(`space ${factory.name}`, () => {
    let space: SearchSpace;
    before(async () => {
      await loadBackend('cpu');
      space = factory.create(options, task);
    });

    const architectures = (): fc.Arbitrary<unknown> =>
      fc.integer({ min: 0, max: 1 << 30 }).map((seed) => space.sample(stream(seed, 'sample')));

    it('decodes what it encodes', () => {
      fc.assert(
        fc.property(architectures(), (architecture) => {
          const text = space.encode(architecture);
          expect(text).to.match(/^[A-Za-z0-9~:./_+,=-]+$/);
          expect(space.decode(text)).to.deep.equal(architecture);
          expect(space.fromGenotype(space.genotype(architecture))).to.deep.equal(architecture);
        }),
      );
    });

    it('mutates one choice into another valid architecture', () => {
      fc.assert(
        fc.property(architectures(), fc.nat(), (architecture, seed) => {
          const mutant = space.mutate(architecture, stream(seed, 'mutate'));
          space.validate(mutant);
          const before = space.genotype(architecture);
          const changed = space.genotype(mutant).filter((value, slot) => value !== before[slot]);
          expect(changed).to.have.length(1);
        }),
      );
    });

    it('has every encoding for predictors: rows of equal length, the same for networks that compute the same', () => {
      const rng = stream(3, 'encodings');
      const drawn = Array.from({ length: 12 }, () => space.sample(rng));
      for (const [name, { names, encode }] of Object.entries({
        choices: choiceEncoding(space),
        graph: graphEncoding(space),
        paths: pathEncoding(space, { samples: 40 }),
      })) {
        expect(new Set(names).size, name).to.equal(names.length);
        const rows = drawn.map(encode);
        for (const row of rows) expect(row.length === names.length && row.every(Number.isFinite), name).to.equal(true);
        expect(new Set(rows.map(String)).size, `${name} tells networks apart`).to.be.above(1);
        if (name === 'choices') continue;
        const byHash = new Map(drawn.map((one, i) => [space.canonicalHash(one), String(rows[i])]));
        drawn.forEach((one, i) => expect(String(rows[i]), name).to.equal(byHash.get(space.canonicalHash(one))));
      }
    });

    it('enumerates as many architectures as its size says, all different', () => {
      const small = factory.create(tiny, task);
      const encodings = new Set([...small.enumerate()].map((architecture) => small.encode(architecture)));
      expect(BigInt(encodings.size)).to.equal(small.size());
    });

    it('samples the same from the same stream, and eventually every option', () => {
      const draw = (): string[] => {
        const rng = stream(5, 'draws');
        return Array.from({ length: 300 }, () => space.encode(space.sample(rng)));
      };
      expect(draw()).to.deep.equal(draw());
      const genotypes = draw().map((text) => space.genotype(space.decode(text)));
      space.cardinalities.forEach((cardinality, slot) => {
        expect(new Set(genotypes.map((genotype) => genotype[slot])).size, `slot ${slot}`).to.equal(cardinality);
      });
    });

    it('refuses the encoding of another space and of other options', () => {
      const text = space.encode(space.sample(stream(1, 'x')));
      expect(() => space.decode(text.replace(/^[^~]+/, 'other'))).to.throw(/belongs to the space 'other'/);
      expect(() => factory.create(tiny, task).decode(text)).to.throw(/different choices/);
      expect(() => space.decode(text.slice(0, -1))).to.throw();
    });

    it('sends a gradient to every active weight and to no other', () => {
      const store = createParameterStore(catalogue(space.supernet), 3);
      try {
        fc.assert(
          fc.property(architectures(), (architecture) => {
            const child = createChild(space, architecture);
            const before = tf.memory().numTensors;
            tf.tidy(() => {
              const { x } = examples(task, 6);
              // Squared logits, so that the gradient of a bias before a normalization is the only kind that may vanish.
              const { gradients } = valueAndGradients(
                (parameters) => tf.sum(tf.square(child.forward(parameters, store.statistics, x, MODE))),
                store.parameters,
              );
              expect(Object.keys(gradients).sort()).to.deep.equal([...child.parameterNames].sort());
              for (const [name, gradient] of Object.entries(gradients))
                expect(gradient.shape, name).to.deep.equal(store.parameters[name]!.shape);
            });
            expect(tf.memory().numTensors).to.equal(before);
          }),
          { numRuns: 8 },
        );
      } finally {
        store.dispose();
      }
    });

    // Kernels with unproven second derivatives are refused by name, so this holds for every operation that the space
    // offers.
    it('has exact Hessian-vector products, symmetric ones', () => {
      const store = createParameterStore(catalogue(space.supernet), 3);
      try {
        fc.assert(
          fc.property(architectures(), (architecture) => {
            const child = createChild(space, architecture);
            tf.tidy(() => {
              const { x, labels } = examples(task, 4);
              const parameters = pickNamed(store.parameters, child.parameterNames);
              const hessianAt = (weights: NamedTensors) =>
                hessianOperator(
                  (p) => tf.mean(labelCrossEntropies(child.forward(p, store.statistics, x, MODE), labels)),
                  weights,
                );
              const [hessian, rounded] = [hessianAt(parameters), hessianAt(otherwiseRounded(parameters))];
              expect(hessian.method).to.equal('exact');
              const normal = (seed: number): NamedTensors =>
                mapNamed(parameters, ({ shape }) => tf.randomNormal(shape, 0, 1, 'float32', seed));
              const [u, v] = [normal(1), normal(2)];
              const [hu, hv] = [hessian.apply(u), hessian.apply(v)];
              // What rounding does to each product: a random error e of it changes u·Hv by |e| on average.
              const noise = distance(hu, rounded.apply(u)) + distance(hv, rounded.apply(v));
              const scale = norm(u) * norm(hv) + norm(v) * norm(hu);
              expect(dot(u, hv)).to.be.closeTo(dot(v, hu), 4 * noise + 2 ** -22 * scale);
              rounded.dispose();
              hessian.dispose();
            });
          }),
          { numRuns: 5 },
        );
      } finally {
        store.dispose();
      }
    });

    it('makes children that are pure functions', () => {
      const store = createParameterStore(catalogue(space.supernet), 3);
      const child = createChild(space, space.sample(stream(8, 'pure')));
      const { x, labels } = examples(task, 4);
      const run = (mode: Parameters<typeof child.forward>[3]): number[] =>
        tf.tidy(() => [
          ...child.forward(pickNamed(store.parameters, child.parameterNames), store.statistics, x, mode).dataSync(),
        ]);
      expect(run(MODE)).to.deep.equal(run(MODE));
      expect(run({ ...MODE, training: false })).to.have.length(4 * logitsShape(task).reduce((a, b) => a * b));
      expect(run({ training: false, normalization: 'running' }).every(Number.isFinite)).to.equal(true);
      tf.dispose([x, labels]);
      store.dispose();
    });

    it('hashes what is computed', () => {
      fc.assert(
        fc.property(architectures(), (architecture) => {
          expect(space.canonicalHash(architecture)).to.equal(
            space.canonicalHash(space.decode(space.encode(architecture))),
          );
          expect(space.canonicalHash(architecture)).to.match(/^[0-9a-f]{16}$/);
        }),
        { numRuns: 20 },
      );
    });

    it('initializes weights independently of what else is drawn', () => {
      const all = createParameterStore(catalogue(space.supernet), 3);
      const child = createChild(space, space.sample(stream(2, 'part')));
      const part = createParameterStore(catalogue(space.supernet), 3, child.parameterNames);
      for (const name of child.parameterNames)
        expect([...part.parameters[name]!.dataSync()], name).to.deep.equal([...all.parameters[name]!.dataSync()]);
      all.dispose();
      part.dispose();
    });

    it('names an unknown option', () => {
      expect(() => factory.create({ laayers: 3 }, task)).to.throw(/laayers/);
    });
  });
}
