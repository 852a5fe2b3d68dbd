import { expect } from 'chai';
import fc from 'fast-check';
import {
  type ArchitectureOf,
  choiceSpace,
  type ChoiceTree,
  oneOf,
  previous,
  repeat,
  sizes,
  stream,
  subset,
} from 'weft-nas';
import { said } from '../said.js';

const OPS = ['conv3', 'sep3', 'conv5', 'sep5', 'avg3', 'max3'] as const;
const macro = (layers: number) => ({ layers: repeat(layers, (index) => ({ op: oneOf(OPS), skip: subset(index) })) });
const micro = (nodes: number) =>
  repeat(2, () =>
    repeat(nodes, (index) => ({
      left: previous(index + 2),
      right: previous(index + 2),
      leftOp: oneOf([1, 2, 3, 4, 5]),
      rightOp: oneOf([1, 2, 3, 4, 5]),
    })),
  );

describe('choice spaces', () => {
  it('counts the spaces of ENAS exactly', () => {
    // 6^L · 2^(L(L-1)/2) for the macro space; 4^N · N! for the recurrent cell.
    expect(choiceSpace('macro', macro(12)).size()).to.equal(160618186625454535808756219904n);
    const rnn = repeat(12, (index) => ({
      from: previous(index + 1),
      activation: oneOf(['tanh', 'relu', 'identity', 'sigmoid']),
    }));
    expect(choiceSpace('rnn', rnn).size()).to.equal(8036313307545600n);
    // Two cells of two input choices and two operations a node: (5^N · (N+1)!)^4 with N nodes.
    expect(choiceSpace('micro', micro(5)).size()).to.equal((5n ** 5n * 720n) ** 4n);
  });

  it('infers the type of an architecture', () => {
    const tree = {
      width: oneOf([16, 32]),
      layers: repeat(2, (i) => ({ op: oneOf(['a', 'b']), from: previous(i + 1), skip: subset(i) })),
    };
    // Compiles only if the inference is right.
    const architecture: ArchitectureOf<typeof tree> = {
      width: 16,
      layers: [
        { op: 'a', from: 0, skip: [] },
        { op: 'b', from: 1, skip: [true] },
      ],
    };
    const width: 16 | 32 = architecture.width;
    expect(choiceSpace('typed', tree).validate(architecture).width).to.equal(width);
    // @ts-expect-error 'c' is no option
    const wrong: ArchitectureOf<typeof tree>['layers'][number]['op'] = 'c';
    expect(() =>
      choiceSpace('typed', tree).validate({
        ...architecture,
        layers: [{ op: wrong, from: 0, skip: [] }, architecture.layers[1]],
      }),
    ).to.throw(/layers\.0\.op.*one of a, b/);
  });

  it('writes readable text that needs no quoting', () => {
    const space = choiceSpace('macro', macro(3));
    const text = space.encode({
      layers: [
        { op: 'sep5', skip: [] },
        { op: 'conv3', skip: [true] },
        { op: 'max3', skip: [false, true] },
      ],
    });
    expect(text).to.match(/^macro~[0-9a-f]{6}:sep5\.conv3-1\.max3-01$/);
  });

  it('decodes what it encodes in every space, whatever numbers, words and flags there are to choose from', () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value || 0);
    const listed = <T>(value: fc.Arbitrary<T>) => fc.uniqueArray(value, { minLength: 1, maxLength: 5 });
    const leaf = fc.oneof(
      listed(fc.oneof(number, fc.integer(), fc.constantFrom(1.5, -0.25, 1e-7, 1e21, 1.5e300))).map((options) =>
        oneOf(options),
      ),
      listed(fc.double({ min: 1e-9, max: 1e9, noNaN: true })).map((options) => sizes(options)),
      listed(fc.stringMatching(/^[A-Za-z]{1,4}$/)).map((options) => oneOf(options)),
      fc.constant(null).map(() => oneOf([false, true])),
      fc.integer({ min: 1, max: 12 }).map((count) => previous(count)),
      fc.integer({ min: 0, max: 3 }).map((count) => subset(count)),
    );
    const { tree } = fc.letrec<{ tree: ChoiceTree }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small', maxDepth: 5 },
        leaf,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), tie('tree'), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(tree, fc.nat(), (choices, seed) => {
        const space = choiceSpace('any', choices);
        const architecture = space.sample(stream(seed, 'any'));
        const text = space.encode(architecture);
        expect(text).to.match(/^[A-Za-z0-9~:./_+,=-]+$/);
        expect(space.decode(text)).to.deep.equal(architecture);
      }),
    );
    const ratio = choiceSpace('ratio', { ratio: sizes([1, 1.5, 2]) });
    expect(ratio.encode({ ratio: 1.5 })).to.match(/:1p5$/);
    expect(said(() => ratio.decode(ratio.encode({ ratio: 1.5 }).replace('1p5', '1.5')))).to.match(
      /not an option of 'ratio'.*1p5/s,
    );
    expect(() => choiceSpace('x', { a: oneOf([1.5, '1p5']) })).to.throw(/lists an option twice/);
  });

  it('samples every architecture equally often', () => {
    const space = choiceSpace('small', { a: oneOf([1, 2, 3]), b: subset(2) });
    const rng = stream(11, 'uniform');
    const counts = new Map<string, number>();
    const draws = 12_000;
    for (let i = 0; i < draws; i++) {
      const text = space.encode(space.sample(rng));
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
    const expected = draws / 12;
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(counts.size).to.equal(12);
    expect(chiSquare).to.be.below(31.3); // 0.1 % point of chi-square with 11 degrees of freedom
  });

  it('obeys constraints everywhere', () => {
    const tree = { a: oneOf([1, 2, 3, 4]), b: oneOf([1, 2, 3, 4]) };
    const space = choiceSpace('sum', tree, [{ name: 'a + b = 5', holds: ({ a, b }) => a + b === 5 }]);
    expect(space.size()).to.equal(4n);
    expect([...space.enumerate()]).to.have.length(4);
    const sample = space.sample(stream(1, 'c'));
    expect(sample.a + sample.b).to.equal(5);
    expect(() => space.validate({ a: 1, b: 1 })).to.throw(/a \+ b = 5/);
    expect(space.neighbours(sample)).to.have.length(0);
    const contradictory = choiceSpace('none', tree, [{ name: 'a < 1', holds: ({ a }) => a < 1 }]);
    expect(contradictory.size()).to.equal(0n);
    expect(said(() => contradictory.sample(stream(1, 'c')))).to.match(/contradict/);
  });

  it('lists all neighbours', () => {
    const space = choiceSpace('macro', macro(3));
    const architecture = space.sample(stream(4, 'n'));
    const neighbours = space.neighbours(architecture);
    expect(neighbours).to.have.length(3 * 5 + 3);
    expect(new Set(neighbours.map((neighbour) => space.encode(neighbour))).size).to.equal(neighbours.length);
  });

  it('names what is wrong with a tree', () => {
    const shared = oneOf([1, 2]);
    expect(() => choiceSpace('x', { a: shared, b: shared })).to.throw(/'b' occurs twice/);
    expect(() => choiceSpace('x', { a: oneOf([]) })).to.throw(/'a' has no options/);
    expect(() => choiceSpace('x', { a: oneOf([1, 1]) })).to.throw(/lists an option twice/);
    expect(said(() => choiceSpace('x', { a: oneOf(['a-b']) }))).to.match(/letters and digits/);
    expect(said(() => choiceSpace('x', { a: previous(0) }))).to.match(/previous\(n\) needs/);
    for (const count of [10_001, 1e9, Infinity])
      expect(said(() => repeat(count, () => oneOf([1, 2])))).to.match(
        /\d+ equal parts .* at most 10000|Infinity equal parts/,
      );
  });

  it('decodes nothing that it would not encode', () => {
    const space = choiceSpace('macro', macro(3));
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'sep5conv3max01.-~:macro'), maxLength: 40 }), (text) => {
        let decoded;
        try {
          decoded = space.decode(text);
        } catch (error) {
          expect(error).to.have.property('code', 'architecture');
          return;
        }
        expect(space.encode(decoded)).to.equal(text);
      }),
    );
  });

  it('finds the one architecture in ten thousand that satisfies the constraints', () => {
    const rare = choiceSpace(
      'rare',
      repeat(4, () => oneOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])),
      [{ name: 'all are 7', holds: (values) => values.every((value) => value === 7) }],
    );
    expect(rare.sample(stream(1, 'rare'))).to.deep.equal([7, 7, 7, 7]);
    expect(() => rare.mutate([7, 7, 7, 7], stream(1, 'rare'))).to.throw('no neighbour of rare~');
  });
});
