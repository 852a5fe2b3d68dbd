/**
 * Curvature of language models against dense Jacobians in float64: one definition of an example for every Fisher and
 * every form.
 */
import { expect } from 'chai';
import { drawClasses } from '../../src/curvature/index.js';
import { stepStream } from '../../src/chain/random.js';
import {
  type BlockData,
  blocksOf,
  type BlockSolver,
  type CapturedBlock,
  type Curvature,
  dataOf,
  empiricalFisher,
  exactFisher,
  kronecker,
  PRECONDITIONERS,
  type PreconditionerConfigInput,
  sampledFisher,
  type Statistics,
  unit,
} from '../../src/preconditioners/index.js';
import { diagonal } from '../../src/preconditioners/representations/diagonal.js';
import { squaresIn } from '../../src/preconditioners/representations/eigenbasis.js';
import { layerWise } from '../../src/preconditioners/representations/layer.js';
import { meanVectors } from '../../src/preconditioners/representations/mean.js';
import { traceFactors } from '../../src/preconditioners/representations/trace-kronecker.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { mapNamed, type NamedTensors } from '../../src/tensor/named.js';
import * as nn from '../../src/tensor/nn.js';
import { capturedGradients, type LayerCapture } from '../../src/tensor/second-order/index.js';
import { tf, tidy, type Scalar, type Tensor, type Tensor1D, type Tensor2D } from '../../src/tensor/tf.js';
import { labelCrossEntropies } from '../../src/training/index.js';
import {
  CLASSES,
  EXAMPLES,
  LANGUAGE_MODELS,
  type LanguageModel,
  languageModel,
  LENGTH,
  residualsOf,
  sequenceGradients,
  softmax,
} from '../curvature/language-models.js';
import { values } from '../optimizers/problems.js';
import { distance, type Model, normal, precondition } from './models.js';
import { gaussNewtonProduct } from '../tensor/second-order/networks.js';

const LABELS = EXAMPLES * LENGTH;
const CONTEXT = { step: 0, seed: 1 };
type Matrix = Float64Array[];

const zeros = (rows: number, columns = rows): Matrix => Array.from({ length: rows }, () => new Float64Array(columns));
/** m + w·u·vᵀ */
const addOuter = (m: Matrix, u: ArrayLike<number>, v: ArrayLike<number>, weight: number): void =>
  m.forEach((row, i) => row.forEach((_, j) => (row[j]! += weight * u[i]! * v[j]!)));
const gap = (found: Tensor, expected: Matrix): number => {
  const flat = expected.flatMap((row) => [...row]);
  expect(found.size).to.equal(flat.length);
  return distance({ it: tf.reshape(found, [-1]) }, { it: tf.tensor1d(flat) });
};

/** x with A·x = b by Gaussian elimination. */
function solve(a: Matrix, b: ArrayLike<number>): Float64Array {
  const rows = a.map((row, i) => Float64Array.from([...row, b[i]!]));
  rows.forEach((pivot, k) => {
    for (const row of rows) {
      if (row === pivot) continue;
      const share = row[k]! / pivot[k]!;
      for (let j = k; j < row.length; j++) row[j]! -= share * pivot[j]!;
    }
  });
  return Float64Array.from(rows, (row, i) => row[rows.length]! / row[i]!);
}

/** What each Fisher goes back with: residuals by example, token and class, each list of its own with a weight. */
type Weighted = readonly { readonly residuals: number[][][]; readonly weight: number }[];

interface Fisher {
  readonly curvature: Curvature;
  passes(model: LanguageModel): Weighted;
}

const FISHERS: Readonly<Record<string, Fisher>> = {
  empirical: {
    curvature: empiricalFisher,
    passes: ({ reference, labels }) => [
      { residuals: residualsOf(reference, labels.arraySync() as number[][]), weight: 1 },
    ],
  },
  sampled: {
    curvature: sampledFisher(2),
    passes: ({ reference }) =>
      [0, 1].map((sample) => {
        const p = Float32Array.from(reference.logits.flat(1).flatMap(softmax));
        const drawn = drawClasses(p, CLASSES, stepStream(CONTEXT, 'fisher', sample));
        const rows = Array.from({ length: EXAMPLES }, (_, n) => [...drawn.subarray(n * LENGTH, (n + 1) * LENGTH)]);
        return { residuals: residualsOf(reference, rows), weight: 1 / 2 };
      }),
  },
  // By definition: an expectation over the labels of one token, the others having none.
  exact: {
    curvature: exactFisher,
    passes: ({ reference }) =>
      Array.from({ length: LENGTH * CLASSES }, (_, pass) => {
        const [token, label] = [Math.floor(pass / CLASSES), pass % CLASSES];
        const all = residualsOf(
          reference,
          Array.from({ length: EXAMPLES }, () => Array<number>(LENGTH).fill(label)),
        );
        const residuals = all.map((rows, n) =>
          rows.map((row, t) =>
            row.map((r) => (t === token ? r * Math.sqrt(softmax(reference.logits[n]![t]!)[label]!) : 0)),
          ),
        );
        return { residuals, weight: 1 };
      }),
  },
};

/** Gradients of whole sequences with respect to some parameters, one after another. */
const joined = ({ reference }: LanguageModel, residuals: number[][][], names: readonly string[]): Float64Array[] => {
  const parts = names.map((parameter) => sequenceGradients(reference, residuals, parameter));
  return Array.from({ length: EXAMPLES }, (_, n) => Float64Array.from(parts.flatMap((part) => [...part[n]!])));
};

/** (1/L)·Σ over passes and examples of w·g·gᵀ. */
function denseFisher(model: LanguageModel, passes: Weighted, names: readonly string[]): Matrix {
  const size = names.reduce((sum, name) => sum + model.params[name]!.size, 0);
  const fisher = zeros(size);
  for (const { residuals, weight } of passes)
    for (const g of joined(model, residuals, names)) addOuter(fisher, g, g, weight / LABELS);
  return fisher;
}

const membersOf = ({ weight, bias }: CapturedBlock): string[] => [weight, bias].filter((name) => name !== undefined);

function captured(model: LanguageModel): { layers: LayerCapture; gradients: NamedTensors } {
  const loss = (logits: Tensor): Scalar => tf.mean(labelCrossEntropies(logits, model.labels));
  return capturedGradients({ outputs: model.outputs, loss }, model.params);
}

/**
 * Rows of the factors of a weight by example: inputs with a one where there is a bias, and output gradients of a pass.
 */
function factorRows(
  { reference }: LanguageModel,
  { weight, bias }: CapturedBlock,
  residuals: number[][][],
): { inputs: number[][]; outputs: number[][] }[] {
  return reference.taps.map((taps, n) => {
    const own = taps.filter((tap) => tap.weight === weight);
    return {
      inputs: own.map(({ input }) => (bias === undefined ? input : [...input, 1])),
      outputs: own.map(({ jacobian }) =>
        jacobian[0]![0]!.map((_, column) =>
          jacobian.reduce(
            (sum, byClass, t) =>
              sum + byClass.reduce((all, slopes, k) => all + slopes[column]! * residuals[n]![t]![k]!, 0),
            0,
          ),
        ),
      ),
    };
  });
}

const meanOf = (rows: readonly number[][]): number[] =>
  rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length);
const square = (row: readonly number[]): number => row.reduce((sum, value) => sum + value * value, 0);
const matrixOf = (statistics: Statistics, side: string): Tensor => statistics[`${side}-dense`]!;

for (const name of LANGUAGE_MODELS) {
  describe(`curvature of the language model ${name}`, function () {
    this.timeout(60_000);
    let model: LanguageModel;
    before(async () => {
      await loadBackend();
      model = languageModel(name);
    });

    it('covers every layer, and all parameters except the tied table', () =>
      tidy(() => {
        const { layers } = captured(model);
        const { blocks, rest } = blocksOf(layers);
        expect(rest).to.deep.equal(['embedding/table']);
        expect(blocks.flatMap(membersOf).concat(rest).sort()).to.deep.equal(Object.keys(model.params).sort());
        layers.dispose();
      }));

    it('is the Gauss-Newton matrix of the mean loss if the Fisher information is exact', () =>
      tidy(() => {
        const names = Object.keys(model.params);
        const fisher = denseFisher(model, FISHERS['exact']!.passes(model), names);
        const loss = (logits: Tensor): Scalar => tf.mean(labelCrossEntropies(logits, model.labels));
        const v = Object.fromEntries(names.map((key) => [key, normal(model.params[key]!.shape, key)]));
        const { product } = gaussNewtonProduct({ outputs: model.outputs, loss }, model.params, v);
        const flat = names.flatMap((key) => [...v[key]!.dataSync()]);
        const expected = fisher.map((row) => row.reduce((sum, value, i) => sum + value * flat[i]!, 0));
        expect(
          gap(tf.concat(names.map((key) => tf.reshape(product[key]!, [-1]))), [Float64Array.from(expected)]),
        ).to.be.below(1e-4);
      }));

    for (const [fisher, { curvature, passes }] of Object.entries(FISHERS)) {
      /** Runs `check` on every block with its data. */
      const each = (check: (data: BlockData, block: CapturedBlock) => void): void =>
        void tidy(() => {
          const { layers } = captured(model);
          const lists = curvature.outputGradients(layers, CONTEXT);
          for (const block of blocksOf(layers).blocks)
            check(dataOf(block, layers, lists, model.params, curvature.passes === 0), block);
          layers.dispose();
        });
      const statistics = (solver: BlockSolver | undefined, data: BlockData): Statistics => solver!.statistics(data);

      describe(`${fisher} Fisher information`, () => {
        it('of layers, units and single numbers', () =>
          each((data, block) => {
            const dense = denseFisher(model, passes(model), membersOf(block));
            const { rows, columns, key } = data.block;
            expect(gap(statistics(layerWise({ memory: 1e9 }).of(data.block), data)['layer']!, dense), key).to.be.below(
              1e-4,
            );
            const squares = [Float64Array.from(dense, (row, i) => row[i]!)];
            expect(gap(statistics(diagonal.of(data.block), data)['diagonal']!, squares), key).to.be.below(1e-4);
            const byUnit = Array.from({ length: columns }, (_, j) =>
              Array.from({ length: rows }, (_, r) =>
                Float64Array.from({ length: rows }, (_, s) => dense[r * columns + j]![s * columns + j]!),
              ),
            );
            expect(gap(statistics(unit.of(data.block), data)['unit']!, byUnit.flat()), key).to.be.below(1e-4);
          }));

        it('in Kronecker factors, of all positions and reduced, with the trace restricted, and as mean vectors', () =>
          each((data, block) => {
            if (block.kind !== 'matrix') return;
            const { rows, columns, key } = data.block;
            const [A, B, reducedA, reducedB] = [zeros(rows), zeros(columns), zeros(rows), zeros(columns)];
            const [traceA, traceB] = [zeros(rows), zeros(columns)];
            const sum = new Float64Array(columns);
            let delta = 0;
            const all = passes(model);
            all.forEach(({ residuals, weight }, pass) => {
              const examples = factorRows(model, block, residuals);
              const count = examples.reduce((total, { inputs }) => total + inputs.length, 0);
              for (const { inputs, outputs } of examples) {
                inputs.forEach((a, i) => {
                  const b = outputs[i]!;
                  if (pass === 0) addOuter(A, a, a, 1 / count);
                  addOuter(B, b, b, weight / LABELS);
                  addOuter(traceA, a, a, (square(b) * weight) / LABELS);
                  addOuter(traceB, b, b, (square(a) * weight) / LABELS);
                  delta += (square(a) * square(b) * weight) / LABELS;
                  b.forEach((value, j) => (sum[j]! += (value * Math.sqrt(weight)) / LABELS / all.length));
                });
                const [a, b] = [meanOf(inputs), meanOf(outputs).map((value) => value * outputs.length)];
                if (pass === 0) addOuter(reducedA, a, a, 1 / EXAMPLES);
                addOuter(reducedB, b, b, weight / LABELS);
              }
            });
            const expand = statistics(kronecker({ rows: 'never' }).of(data.block), data);
            expect(gap(matrixOf(expand, 'A'), A), `${key} A`).to.be.below(1e-4);
            expect(gap(matrixOf(expand, 'B'), B), `${key} B`).to.be.below(1e-4);
            const reduce = statistics(kronecker({ rows: 'never', sharing: 'reduce' }).of(data.block), data);
            expect(gap(matrixOf(reduce, 'A'), reducedA), `${key} A reduced`).to.be.below(1e-4);
            expect(gap(matrixOf(reduce, 'B'), reducedB), `${key} B reduced`).to.be.below(1e-4);
            const traces = traceFactors(data);
            expect(gap(traces.input, traceA), `${key} Φ`).to.be.below(1e-4);
            expect(gap(traces.output, traceB), `${key} Ψ`).to.be.below(1e-4);
            expect(traces.delta.dataSync()[0]! / delta, `${key} δ`).to.be.closeTo(1, 1e-4);
            if (fisher === 'exact') return; // Its residuals have a mean of zero.
            expect(gap(statistics(meanVectors.of(data.block), data)['output']!, [sum]), `${key} mean`).to.be.below(
              1e-4,
            );
          }));

        it('in the eigenbasis of the factors: squares of whole sequences', () =>
          each((data, block) => {
            if (block.kind !== 'matrix') return;
            const { rows, columns, key } = data.block;
            const [u, v] = [normal([rows, rows], `u${key}`), normal([columns, columns], `v${key}`)];
            let expected: Tensor = tf.zeros([rows, columns]);
            for (const { residuals, weight } of passes(model))
              for (const g of joined(model, residuals, membersOf(block))) {
                const rotated = tf.matMul(tf.matMul(u, tf.tensor2d(Float32Array.from(g), [rows, columns]), true), v);
                expected = tf.add(expected, tf.mul(tf.square(rotated), weight / LABELS));
              }
            const found = squaresIn({ 'input-basis': u, 'output-basis': v }, data);
            expect(distance({ it: found }, { it: expected }), key).to.be.below(1e-4);
          }));

        it('of all weights together: the natural gradient by the full matrix and by the Gram matrix of the examples', () => {
          if (fisher === 'sampled') return; // These two draw one label, which the next test of the suite has.
          tidy(() => {
            const lambda = 0.1;
            const names = Object.keys(model.params).filter((key) => key !== 'embedding/table');
            const matrix = denseFisher(model, passes(model), names);
            matrix.forEach((row, i) => (row[i]! += lambda));
            const [own] = FISHERS['empirical']!.passes(model);
            const rows = joined(model, own!.residuals, names);
            const g = rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / LABELS);
            const expected = [solve(matrix, g)];
            for (const config of [
              { name: 'ngd', shape: 'full', fisher, damping: lambda },
              { name: 'smw-ng', fisher, damping: lambda },
            ] as PreconditionerConfigInput[]) {
              const { gradients, notes } = precondition(config, asModel(model));
              const found = tf.concat(names.map((key) => tf.reshape(gradients[key]!, [-1])));
              expect(gap(found, expected), config.name).to.be.below(1e-4);
              expect(notes).to.have.length(1);
              expect(notes[0]).to.include('embedding/table');
            }
          });
        });
      });
    }
  });
}

/** As the helpers of other tests take it. */
function asModel({ outputs, params, labels }: Pick<LanguageModel, 'outputs' | 'params' | 'labels'>): Model {
  return {
    outputs,
    params,
    labels,
    examples: labels.shape[0],
    loss: (logits) => tf.mean(labelCrossEntropies(logits, labels)),
    losses: (at) => tf.mean(tf.reshape(labelCrossEntropies(outputs(at), labels), [labels.shape[0], -1]), 1),
  };
}

describe('labels that are drawn for tokens', () => {
  before(() => loadBackend());

  it('are one for each token: residuals of a mean square of 1 − Σp²', () =>
    tidy(() => {
      const [examples, length, classes] = [4, 35, 500];
      const outputs = normal([examples, length, classes], 'logits');
      let cotangent: Tensor | undefined;
      const layers = { outputs, outputGradients: (given: Tensor) => [(cotangent = given)] };
      sampledFisher().outputGradients(layers as never, CONTEXT);
      const each = tf.mul(tf.sum(tf.square(cotangent!)), 1 / examples).dataSync()[0]!;
      const expected = tf.mean(tf.sub(1, tf.sum(tf.square(tf.softmax(outputs)), -1))).dataSync()[0]!;
      expect(each).to.be.closeTo(expected, 0.002);
      expect(expected).to.be.closeTo(0.998, 0.005);
    }));

  it('give the exact Fisher information on average', () =>
    tidy(() => {
      const model = languageModel('rnn-cell');
      const { layers } = captured(model);
      const traceOf = (curvature: Curvature): number => {
        const lists = curvature.outputGradients(layers, CONTEXT);
        return blocksOf(layers)
          .blocks.map((block) => {
            const data = dataOf(block, layers, lists, model.params);
            return tf.sum(diagonal.of(data.block)!.statistics(data)['diagonal']!).dataSync()[0]!;
          })
          .reduce((a, b) => a + b);
      };
      expect(traceOf(sampledFisher(300)) / traceOf(exactFisher)).to.be.closeTo(1, 0.1);
      layers.dispose();
    })).timeout(60_000);

  it('are refused in the exact information if their passes would not fit in memory', () =>
    tidy(() => {
      const outputs = tf.zeros([2, 35, 5000]);
      const layers = { outputs, lossGradients: [tf.zeros([70, 200])] };
      expect(() => exactFisher.outputGradients(layers as never, CONTEXT)).to.throw(/175000 backward passes.*9\.1 GB/);
    }));
});

describe('flattening a sequence whose tokens are independent', () => {
  before(() => loadBackend());
  const [N, T, F, K] = [3, 4, 4, 3];
  /** The same network on [N,T,F] and on [N·T,F]. */
  const tokenWise = (flat: boolean): Model => {
    const params = {
      'a/kernel': normal([F, 5], 'a', 0.5),
      'a/bias': normal([5], 'ab', 0.1),
      'b/kernel': normal([5, K], 'b', 0.5),
      'b/bias': normal([K], 'bb', 0.1),
    };
    const x = normal([N * T, F], 'x') as Tensor2D;
    const labels = tf.tensor1d(
      Int32Array.from({ length: N * T }, (_, i) => (i * i) % K),
      'int32',
    );
    const rows = (p: NamedTensors): Tensor => {
      const h = nn.tanh(nn.dense(x, p['a/kernel'] as Tensor2D, p['a/bias'] as Tensor1D));
      return nn.dense(h, p['b/kernel'] as Tensor2D, p['b/bias'] as Tensor1D);
    };
    return asModel(
      flat
        ? { outputs: rows, params, labels }
        : { outputs: (p) => tf.reshape(rows(p), [N, T, K]), params, labels: tf.reshape(labels, [N, T]) },
    );
  };
  /** Of these an example is more than its tokens: they reduce its positions, or take the labels of the data alone. */
  const BY_SEQUENCE = ['skfac', 'seng'];
  const SETTINGS: Readonly<Record<string, object[]>> = {
    kfac: [{ fisher: 'sampled' }, { fisher: 'empirical' }, { fisher: 'exact' }],
    tkfac: [{ fisher: 'sampled' }, { fisher: 'empirical' }, { fisher: 'exact' }],
    ekfac: [{ fisher: 'exact' }],
    ingd: [{ fisher: 'sampled' }],
    'smw-ng': [{ fisher: 'exact' }],
    custom: [{ curvature: 'sampled', representation: 'mean-vectors' }],
    ngd: ['full', 'layer', 'unit', 'diagonal'].map((shape) => ({ shape, fisher: 'exact' })),
  };
  for (const { name } of PRECONDITIONERS.filter((one) => !BY_SEQUENCE.includes(one.name)))
    for (const options of SETTINGS[name] ?? [{}])
      it(`changes nothing for ${name} ${JSON.stringify(options)}`, () =>
        tidy(() => {
          const config = { name, ...options } as PreconditionerConfigInput;
          // At the first look, and a step later at other weights with the state of the first.
          const [flat, sequences] = [true, false].map((way) => {
            const model = tokenWise(way);
            const first = precondition(config, model);
            const moved = mapNamed(model.params, (tensor, key) =>
              tf.add(tensor, normal(tensor.shape, `to ${key}`, 0.1)),
            );
            return [first, precondition(config, model, first.state, moved, 1)].map(({ gradients }) => gradients);
          });
          flat!.forEach((expected, step) => {
            // SOAP's first update is none.
            if (name === 'soap' && step === 0)
              expect(values(sequences![step]!)).to.deep.equal(
                values(mapNamed(expected, (tensor) => tf.zerosLike(tensor))),
              );
            else expect(distance(sequences![step]!, expected), `step ${step}`).to.be.below(1e-3);
          });
        }));
});

describe('operations that hide the examples', () => {
  before(() => loadBackend());

  /** The rows in reverse and back again: no example can be followed through that. */
  const reversed = (): Model => {
    const params = { kernel: normal([4, 4], 'a', 0.5), head: normal([4, 3], 'b', 0.5) };
    const [x, labels] = [normal([6, 4], 'x') as Tensor2D, tf.tensor1d([0, 1, 2, 0, 1, 2], 'int32')];
    return asModel({
      params,
      labels,
      outputs: (p) => {
        const h = nn.dense(tf.reverse(x, 0), p['kernel'] as Tensor2D);
        return nn.dense(nn.tanh(tf.reverse(h, 0)), p['head'] as Tensor2D);
      },
    });
  };

  for (const config of [
    { name: 'ngd', shape: 'full' },
    { name: 'ngd', shape: 'diagonal' },
    { name: 'smw-ng' },
    { name: 'seng' },
    { name: 'ekfac' },
    { name: 'skfac' },
  ] as PreconditionerConfigInput[]) {
    it(`are named by ${JSON.stringify(config)}, which uses the fallback for their parameters`, () =>
      tidy(() => {
        const { notes, gradients } = precondition(config, reversed());
        expect(notes).to.deep.equal([
          `'${config.name}' cannot tell the examples of kernel apart before the kernel 'Reverse': its gradient is divided by the diagonal of its own second moment`,
        ]);
        for (const tensor of Object.values(gradients)) expect([...tensor.dataSync()].every(Number.isFinite)).to.be.true;
      }));
  }

  it('do not matter to Kronecker factors of all positions', () =>
    tidy(() => {
      expect(precondition({ name: 'kfac' }, reversed()).notes).to.deep.equal([]);
    }));
});
