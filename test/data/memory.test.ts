/** Data in memory: what a data set is made of, and what is refused. */
import { expect } from 'chai';
import fc from 'fast-check';
import { collectDataset, defineDataset, exampleSize, inMemory, type MemoryData } from '../../src/data/index.js';
import { saidLater } from '../said.js';

const twoClasses = (inputs: number[][]): MemoryData => ({
  train: { inputs, labels: inputs.map((_, i) => i % 2) },
});

describe('data in memory', () => {
  it('is the same whether it comes as arrays, one typed array, an iterable or a stream', async () => {
    const inputs = [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]; // prettier-ignore
    const labels = ['b', 'a', 'b', 'a'];
    const examples = inputs.map((input, i) => ({ input, label: labels[i]! }));
    async function* stream(): AsyncGenerator<(typeof examples)[number]> {
      for (const example of examples) yield await Promise.resolve(example);
    }
    const all = await Promise.all(
      [
        { train: { inputs, labels } },
        { train: { inputs: Float32Array.from(inputs.flat()), labels }, inputShape: [3] },
        { train: examples },
        { train: new Set(examples) },
        { train: stream() },
      ].map((data) => collectDataset(data)),
    );
    for (const dataset of all) expect(dataset).to.deep.equal(all[0]);
    const [{ inputShape, classes, classNames, train, test, sources }] = all as [(typeof all)[0]];
    expect({ inputShape, classes, classNames, test }).to.deep.equal({
      inputShape: [1, 1, 3],
      classes: 2,
      classNames: ['a', 'b'],
      test: undefined,
    });
    expect([...train.labels]).to.deep.equal([1, 0, 1, 0]);
    expect(sources).to.have.length(1);
    expect(sources[0]).to.include({ path: 'memory:data', bytes: 4 * 12 + 4 * 4 });
  });

  it('keeps bytes as bytes, reads nested images, and splits validation off the training examples', async () => {
    const image = (value: number): number[][] => [[value, value], [value, 0]]; // prettier-ignore
    const part = { inputs: [image(1), image(2)], labels: [0, 1] };
    const dataset = await collectDataset({ name: 'squares', train: part, validation: part, test: part });
    expect(dataset.inputShape).to.deep.equal([2, 2, 1]);
    expect(dataset.train.count).to.equal(4);
    expect([...dataset.validation!]).to.deep.equal([2, 3]);
    expect([...dataset.test!.images]).to.deep.equal([1, 1, 1, 0, 2, 2, 2, 0]);
    const bytes = await collectDataset({
      train: { inputs: [Uint8Array.of(1, 255), Uint8Array.of(0, 7)], labels: [0, 1] },
    });
    expect(bytes.train.images).to.deep.equal(Uint8Array.of(1, 255, 0, 7));
    const colour = await collectDataset({ train: { inputs: [[[[1, 2, 3]]], [[[4, 5, 6]]]], labels: [0, 1] } });
    expect(colour.inputShape).to.deep.equal([1, 1, 3]);
  });

  it('has a hash that changes with every number, label, shape or name', async () => {
    const base: MemoryData = { train: { inputs: [[1, 2], [3, 4]], labels: [0, 1] } }; // prettier-ignore
    const hashOf = async (data: MemoryData): Promise<string> => (await collectDataset(data)).sources[0]!.sha256;
    const others: MemoryData[] = [
      { train: { inputs: [[1, 2], [3, 5]], labels: [0, 1] } }, // prettier-ignore
      { train: { inputs: [[1, 2], [3, 4]], labels: [1, 0] } }, // prettier-ignore
      { ...base, classNames: ['x', 'y'] },
      { ...base, inputShape: [2, 1] },
      { ...base, test: base.train },
      { ...base, validation: base.train },
    ];
    expect(new Set(await Promise.all([base, ...others].map(hashOf))).size).to.equal(others.length + 1);
    expect(await hashOf({ ...base, name: 'other' })).to.equal(await hashOf(base));
  });

  it('keeps every number in its place (property)', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }).chain((size) =>
          fc.array(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: size, maxLength: size }), {
            minLength: 2,
            maxLength: 6,
          }),
        ),
        async (inputs) => {
          const { train, inputShape } = await collectDataset(twoClasses(inputs));
          expect(exampleSize(inputShape)).to.equal(inputs[0]!.length);
          expect(train.images).to.deep.equal(Float32Array.from(inputs.flat()));
        },
      ),
      { numRuns: 30 },
    ));

  it('may have several regression targets, or any number of labels, as lists', async () => {
    const inputs = Array.from({ length: 12 }, (_, i) => [i, -i]);
    const two = { inputs, labels: inputs.map(([a]) => [a! / 2, 10 * a!]) };
    const numbers = await collectDataset({ target: ['half', 'ten'], train: two, validation: two, test: two });
    expect([numbers.targets, numbers.classes >= 2]).to.deep.equal([{ names: ['half', 'ten'] }, true]);
    expect([...numbers.train.targets!.slice(0, 6)]).to.deep.equal([0, 0, 0.5, 10, 1, 20]);
    expect([numbers.train.count, numbers.test!.targets!.length]).to.deep.equal([24, 24]);

    const names = inputs.map((_, i) => [...(i % 2 ? ['odd'] : []), ...(i < 5 ? ['few'] : [])]);
    const byName = await collectDataset({ train: { inputs, labels: names } });
    expect(byName.targets).to.deep.include({ names: ['few', 'odd'], areFlags: true });
    expect([...byName.train.targets!.slice(0, 6)]).to.deep.equal([1, 0, 1, 1, 1, 0]);
    const answers = names.map((list) => ['few', 'odd'].map((one) => list.includes(one)));
    const byAnswer = await collectDataset({ classNames: ['few', 'odd'], train: { inputs, labels: answers } });
    expect(byAnswer).to.deep.equal(byName);
    const [first, second] = await Promise.all(
      [{ target: ['few', 'odd'] }, { classNames: ['few', 'odd'] }].map((what) =>
        collectDataset({ ...what, train: { inputs, labels: answers.map((row) => row.map(Number)) } }),
      ),
    );
    expect(first!.sources[0]!.sha256).not.to.equal(second!.sources[0]!.sha256);
  });

  it('may be windows of a series', async () => {
    const window = [[1, 2], [3, 4], [5, 6]]; // prettier-ignore
    const { inputShape, train } = await collectDataset({
      inputShape: [1, 3, 2],
      train: { inputs: [window, window], labels: [0, 1] },
    });
    expect([inputShape, [...train.images.slice(0, 6)]]).to.deep.equal([
      [1, 3, 2],
      [1, 2, 3, 4, 5, 6],
    ]);
  });

  it('is refused with the part and the example that are wrong', async () => {
    const refusal = (data: MemoryData): Promise<string> => saidLater(collectDataset(data));
    const good = { inputs: [[1, 2], [3, 4]], labels: [0, 1] }; // prettier-ignore
    const wrong: [MemoryData, RegExp][] = [
      [{ train: { inputs: [[1, 2], [3]], labels: [0, 1] } }, /training part: example 1 has the shape \[1, 1, 1\]/], // prettier-ignore
      [{ train: { inputs: [[1, 2], [3, NaN]], labels: [0, 1] } }, /number 1 of example 1 of the training part is NaN/], // prettier-ignore
      [{ train: { inputs: [[1, 2]], labels: [0, 1] } }, /1 inputs and 2 labels/],
      [{ train: { inputs: [[1], [2]], labels: ['a', 1] } }, /label of example 1 is 1, not one of a/],
      [{ train: { inputs: [[1], [2]], labels: [0, 0.5] } }, /label of example 1 is 0\.5, not a class number/],
      [{ train: { inputs: [[1], [2]], labels: ['a', 'c'] }, classNames: ['a', 'b'] }, /"c", not one of a, b/],
      [{ train: { inputs: [[1], [2]], labels: [0, 2] } }, /no training example is of class 1/],
      [{ train: { inputs: [[1], [2]], labels: ['yes', 'Yes'] } }, /differ only in case/],
      [{ train: { inputs: [[1], [2]], labels: [0, 0] } }, /all examples are of one class/],
      [{ train: { inputs: new Float32Array(4), labels: [0, 1] } }, /nothing says where each example ends.*inputShape/],
      [{ train: { inputs: new Float32Array(5), labels: [0, 1] }, inputShape: [2] }, /5 numbers are not 2 examples/],
      [{ train: good, inputShape: [1, 1, 1, 2] }, /inputShape of 4 numbers/],
      [{ train: [] }, /training part has no examples/],
      [{ train: { inputs: [[1], [2]], labels: [[1, 0], [0, 1]] } }, /nothing says what they are.*classNames/], // prettier-ignore
      [{ train: { inputs: [[1], [2]], labels: [[1, 0], [0, 2]] }, classNames: ['a', 'b'] }, /example 1 is \[0,2\], not 2 answers/], // prettier-ignore
      [{ train: { inputs: [[1], [2]], labels: [['a'], ['c']] }, classNames: ['a', 'b'] }, /'c' is not among the labels/], // prettier-ignore
      [{ train: { inputs: [[1], [2]], labels: [['yes'], ['Yes']] } }, /differ only in case/],
      [{ train: { inputs: [[1], [2]], labels: [[1, 2], [3]] }, target: ['p', 'q'] }, /example 1 is \[3\], and 2 numbers \(p, q\)/], // prettier-ignore
      [{ train: good, test: { inputs: [[1, 2, 3]], labels: [0] } }, /test part: example 0 has the shape \[1, 1, 3\]/],
    ];
    for (const [data, message] of wrong) expect(await refusal(data)).to.match(message);
    const images = Float32Array.of(1, 2);
    const fields = { name: 'own', inputShape: [1, 1, 1] as const, classes: 2 };
    const dataset = defineDataset({ ...fields, train: { images, labels: Uint8Array.of(0, 1) } });
    expect(inMemory(dataset).sources[0]!.path).to.equal('memory:own');
  });
});
