/** Where the examples lie: random chains of kernels, against what the gradients of single examples touch. */
import { expect } from 'chai';
import fc from 'fast-check';
import { loadBackend } from '../../../src/tensor/backend.js';
import { gradientsOf } from '../../../src/tensor/autodiff.js';
import { stream } from '../../../src/tensor/rng.js';
import { followExamples, rowsByExample } from '../../../src/tensor/second-order/index.js';
import { tf, tidy, type Scalar, type Tensor } from '../../../src/tensor/tf.js';
import { type KernelCall, watchKernels } from '../../../src/tensor/trace.js';

const EXAMPLES = 3;

const normal = (shape: readonly number[], name: string): Tensor => {
  const rng = stream('example-axis', name);
  return tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal()),
    [...shape],
  );
};

/** What may happen to a tensor, at a place that a number chooses; nothing where it does not fit. */
const STEPS: Readonly<Record<string, (x: Tensor, n: number) => Tensor>> = {
  transpose: (x, n) => tf.transpose(x, rotated([...x.shape.keys()], n)),
  swap: (x) => (x.rank < 2 ? x : tf.transpose(x, [1, 0, ...[...x.shape.keys()].slice(2)])),
  merge: (x, n) => {
    const at = n % Math.max(1, x.rank - 1);
    return x.rank < 2
      ? x
      : tf.reshape(x, [...x.shape.slice(0, at), x.shape[at]! * x.shape[at + 1]!, ...x.shape.slice(at + 2)]);
  },
  cut: (x, n) => {
    const at = n % x.rank;
    const factor = [2, 3].find((one) => x.shape[at]! % one === 0 && x.shape[at]! > one);
    return factor === undefined || x.rank > 4
      ? x
      : tf.reshape(x, [...x.shape.slice(0, at), factor, x.shape[at]! / factor, ...x.shape.slice(at + 1)]);
  },
  dense: (x) => {
    const width = x.shape.at(-1)!;
    return tf.reshape(tf.matMul(tf.reshape(x, [-1, width]), normal([width, width], 'dense')), x.shape);
  },
  left: (x) => (x.rank < 2 ? x : tf.matMul(normal([x.shape.at(-2)!, x.shape.at(-2)!], 'left'), x)),
  attention: (x) => (x.rank < 2 ? x : tf.matMul(tf.softmax(tf.matMul(x, x, false, true)), x)),
  tanh: (x) => tf.tanh(x),
  shift: (x) => tf.add(x, normal(x.shape.slice(1), 'shift')),
  centre: (x, n) => tf.sub(x, tf.mean(x, n % x.rank, true)),
  steps: (x, n) =>
    tf.stack(
      tf.unstack(x, n % x.rank).map((part) => tf.sin(part)),
      n % x.rank,
    ),
  halves: (x, n) => {
    const at = n % x.rank;
    return x.shape[at]! % 2 === 0 ? tf.concat(tf.split(x, 2, at).reverse(), at) : x;
  },
  roll: (x, n) => {
    const at = n % x.rank;
    const length = x.shape[at]!;
    if (length < 5) return x;
    const [first, second, last] = tf.split(x, [EXAMPLES, length - EXAMPLES - 1, 1], at);
    return tf.concat([last!, first!, second!], at);
  },
  reverse: (x, n) => tf.reverse(x, n % x.rank),
  sum: (x, n) => (x.rank > 2 ? tf.sum(x, n % x.rank) : x),
  pad: (x, n) =>
    tf.pad(
      x,
      x.shape.map((_, axis) => (axis === n % x.rank && x.size < 200 ? [1, 0] : [0, 0])),
    ),
  slice: (x, n) => {
    const at = n % x.rank;
    return x.shape[at]! < 2
      ? x
      : tf.slice(
          x,
          x.shape.map((_, axis) => (axis === at ? 1 : 0)),
          x.shape.map((length, axis) => (axis === at ? length - 1 : length)),
        );
  },
  rows: (x) => tf.gather(x, tf.tensor1d([...Array(x.shape[0]).keys()].reverse(), 'int32')),
};

function rotated(axes: number[], n: number): number[] {
  const by = n % axes.length;
  return [...axes.slice(by), ...axes.slice(0, by)];
}

type Chain = readonly (readonly [step: string, n: number])[];

/** The chain from x [3,2,4] on, its end as a row for each example if it has a first axis for that. */
function run(x: Tensor, chain: Chain): Tensor | undefined {
  const end = chain.reduce((current, [step, n]) => STEPS[step]!(current, n), x);
  return end.size % EXAMPLES === 0 ? tf.tanh(tf.reshape(end, [EXAMPLES, -1])) : undefined;
}

/** For each element of x the examples whose rows of the end depend on it. */
function touched(x: Tensor, chain: Chain): Set<number>[] {
  const weights = normal(run(x, chain)!.shape.slice(1), 'weights');
  const result = Array.from({ length: x.size }, () => new Set<number>());
  for (let n = 0; n < EXAMPLES; n++) {
    const { x: gradient } = gradientsOf(
      (p) => tf.sum(tf.mul(tf.slice(run(p['x']!, chain)!, [n, 0], [1, -1]), weights)) as Scalar,
      { x },
      { unused: 'zero' },
    );
    gradient!.dataSync().forEach((value, i) => value !== 0 && result[i]!.add(n));
  }
  return result;
}

/** The example of each element of x, by its axis; undefined where that is not known. */
function claimed(x: Tensor, chain: Chain): number[] | undefined {
  const calls: KernelCall[] = [];
  const end = watchKernels(
    () => run(x, chain)!,
    (call) => calls.push(call),
  );
  const axis = followExamples(calls, end).of(x);
  return axis && Array.from({ length: x.size }, (_, i) => Math.floor(i / axis.stride) % EXAMPLES);
}

describe('the axis of the examples', function () {
  this.timeout(120_000);
  before(() => loadBackend());

  it('is where per-example gradients are, or unknown', () => {
    let [known, all] = [0, 0];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...Object.keys(STEPS)), fc.nat(5)), { minLength: 1, maxLength: 6 }),
        (chain) =>
          tidy(() => {
            const x = normal([EXAMPLES, 2, 4], 'x');
            if (!run(x, chain)) return;
            all++;
            const claim = claimed(x, chain);
            if (!claim) return;
            known++;
            touched(x, chain).forEach((examples, i) => {
              for (const example of examples) expect(example, `element ${i}`).to.equal(claim[i]);
            });
          }),
      ),
      { numRuns: 500, seed: 7 },
    );
    expect(known, `of ${all}`).to.be.above(all / 4);
  });

  for (const [name, chain] of Object.entries({
    'the steps first, and flattened': [
      ['swap', 0],
      ['merge', 0],
      ['dense', 0],
      ['cut', 0],
      ['swap', 0],
    ],
    'attention over the steps': [['attention', 0]],
    'a mean over the steps taken out': [['centre', 1]],
    'the steps one by one': [['steps', 1]],
    'the steps one by one, first of all axes': [
      ['swap', 0],
      ['steps', 0],
      ['swap', 0],
    ],
    'a shift of its own for each place': [['shift', 0]],
    'the steps in reverse': [['reverse', 1]],
  } as Record<string, Chain>))
    it(`is followed through ${name}`, () =>
      tidy(() => {
        expect(claimed(normal([EXAMPLES, 2, 4], 'x'), chain)).to.deep.equal(
          Array.from({ length: 24 }, (_, i) => Math.floor(i / 8)),
        );
      }));

  /** Rows [6,4] with the two steps first, and the backward pass. */
  const stepsFirst = (x: Tensor): Tensor => tf.reshape(tf.transpose(x, [1, 0, 2]), [6, 4]);
  const examplesFirst = (rows: Tensor): Tensor => tf.transpose(tf.reshape(rows, [2, EXAMPLES, 4]), [1, 0, 2]);

  for (const [name, f, kernel] of [
    ['a mean over the examples taken out', (x) => tf.sub(x, tf.mean(x, 0, true)), 'Sub'],
    ['the examples in reverse', (x) => tf.reverse(x, 0), 'Reverse'],
    ['a choice of rows', (x) => tf.gather(x, tf.tensor1d([2, 0, 1], 'int32')), 'GatherV2'],
    ['examples stacked in another order', (x) => tf.stack(tf.unstack(x, 0).reverse(), 0), 'Pack'],
    [
      'rows in another order',
      (x) => examplesFirst(tf.concat(tf.split(stepsFirst(x), [3, 2, 1], 0).reverse(), 0)),
      'Concat',
    ],
    ['rows that begin within a step', (x) => tf.slice(stepsFirst(x), [1, 0], [EXAMPLES, 4]), 'Slice'],
    [
      'a place among rows of other examples',
      (x) => {
        const steps = tf.slice(x, [0, 0, 0], [-1, 1, -1]);
        const rows = tf.concat([tf.ones([1, 4]), tf.reshape(steps, [EXAMPLES, 4]), tf.ones([2, 4])], 0);
        return examplesFirst(rows);
      },
      'Concat',
    ],
    [
      'examples that are stacked as steps',
      (x) => tf.transpose(tf.stack(tf.unstack(tf.concat([x, tf.ones([EXAMPLES, 1, 4])], 1), 0), 1), [1, 0, 2]),
      'Pack',
    ],
  ] as [string, (x: Tensor) => Tensor, string][])
    it(`is lost through ${name}, by name`, () =>
      tidy(() => {
        const x = normal([EXAMPLES, 2, 4], 'x');
        const calls: KernelCall[] = [];
        const end = watchKernels(
          () => tf.reshape(f(x), [EXAMPLES, -1]),
          (call) => calls.push(call),
        );
        const axes = followExamples(calls, end);
        expect(axes.of(x)).to.equal(undefined);
        expect(axes.endedBy(x)).to.equal(kernel);
      }));

  it('gathers the rows of each example in order', () =>
    tidy(() => {
      // Two steps first, three examples, two rows of one number each.
      const rows = tf.range(0, 12).reshape([12, 1]);
      const found = rowsByExample(rows, { examples: 3, stride: 2 });
      expect(found.arraySync()).to.deep.equal([
        [[0], [1], [6], [7]],
        [[2], [3], [8], [9]],
        [[4], [5], [10], [11]],
      ]);
    }));
});
