/**
 * The problems of the flatness studies: closed forms, the calibrated numbers, and short versions of what the studies
 * run in full.
 */
import { expect } from 'chai';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadController, loadSpace } from '../../src/api/registry.js';
import { hessian } from '../../src/curvature/index.js';
import { prepareData } from '../../src/data/index.js';
import { tailRatio, watchChebyshev } from '../../studies/edge-of-stability/calibrated.js';
import { chebyshevProblem, chebyshevStart } from '../../studies/edge-of-stability/chebyshev.js';
import { transformerProblem } from '../../studies/edge-of-stability/networks.js';
import { trainAtEdge } from '../../studies/edge-of-stability/train.js';
import { cosine, powerIteration, type SmallProblem } from '../../studies/shared/float64/descent.js';
import { calibrationDraws } from '../../studies/shared/float64/generator.js';
import { loadStudy } from '../../src/api/registry.js';
import { runStudy } from '../../src/studies/index.js';
import { trainOnNoise } from '../../studies/label-noise/network.js';
import { CALIBRATED, meetsCalibration, type Quantity } from '../../studies/stable-minima/calibration.js';
import { fit } from '../../studies/stable-minima/fit.js';
import { shatter } from '../../studies/stable-minima/many-dimensions.js';
import {
  bendsOf,
  bendWeight,
  fittedAt,
  knotsOf,
  univariateProblem,
  variationBound,
} from '../../studies/stable-minima/univariate.js';
import { disposeNamed } from '../../src/tensor/named.js';
import { tf, type Scalar } from '../../src/tensor/tf.js';
import { loads, NATIVE } from '../tensor/backends.js';

/** The Hessian by central differences of the gradient, in float64. */
function wholeHessian({ size, evaluate }: SmallProblem, weights: Float64Array, radius = 1e-6): Matrix {
  const rows = Array.from({ length: size }, (_, i) => {
    const at = (step: number): Float64Array => {
      const moved = Float64Array.from(weights);
      moved[i]! += step;
      const gradient = new Float64Array(size);
      evaluate(moved, gradient);
      return gradient;
    };
    const [ahead, behind] = [at(radius), at(-radius)];
    return [...ahead].map((value, j) => (value - behind[j]!) / (2 * radius));
  });
  const h = new Matrix(rows);
  return Matrix.add(h, h.transpose()).mul(0.5);
}

const largestEigenvalue = (h: Matrix): number =>
  Math.max(...new EigenvalueDecomposition(h, { assumeSymmetric: true }).realEigenvalues);

function expectGradient({ size, evaluate }: SmallProblem, weights: Float64Array): void {
  const gradient = new Float64Array(size);
  const scratch = new Float64Array(size);
  evaluate(weights, gradient);
  for (let i = 0; i < size; i += 7) {
    const at = (step: number): number =>
      evaluate(
        Float64Array.from(weights, (w, j) => (i === j ? w + step : w)),
        scratch,
      );
    expect(gradient[i]).to.be.closeTo((at(1e-6) - at(-1e-6)) / 2e-6, 1e-7);
  }
}

describe('the problems of the flatness studies', () => {
  it('have the gradients of their losses', () => {
    expectGradient(chebyshevProblem(10), chebyshevStart(calibrationDraws(1), 10).weights);
    const problem = univariateProblem(calibrationDraws(2), { n: 9, width: 8 });
    expectGradient(problem, problem.start);
  });

  it('have the largest eigenvalue that their whole Hessian has', () => {
    const problem = chebyshevProblem(10);
    const { weights, direction } = chebyshevStart(calibrationDraws(3), 10);
    const power = powerIteration(problem, direction);
    expect(power.top(weights)).to.be.closeTo(largestEigenvalue(wholeHessian(problem, weights)), 1e-4);
    const gradient = new Float64Array(problem.size);
    expect(cosine(power.vector, power.vector)).to.be.closeTo(1, 1e-12);
    expect(cosine(gradient, power.vector)).to.equal(0);
  });

  it('count bends and their sizes', () => {
    // relu(x + .5) - 2 relu(2x - .5) + 3 relu(-x + .25): knots at -.5, .25 and .25.
    const weights = Float64Array.from([1, 2, -1, 0.5, -0.5, 0.25, 1, -2, 3, 0.1]);
    expect([...fittedAt(weights, 3, [-1, 0, 1])]).to.deep.equal([3.85, 1.35, -1.4]);
    const knots = knotsOf(weights, 3);
    expect(knots).to.deep.equal([
      { at: -0.5, jump: 1 },
      { at: 0.25, jump: -4 },
      { at: 0.25, jump: 3 },
    ]);
    expect(knotsOf(weights, 3, { merge: true })).to.deep.equal([
      { at: -0.5, jump: 1 },
      { at: 0.25, jump: -1 },
    ]);
    expect(bendsOf(knots, () => 2)).to.deep.equal({ variation: 8, weighted: 16, count: 3, most: 3 });
  });

  it('weight bends by the data on either side, and not outside', () => {
    const weight = bendWeight(Float64Array.from([-1, 0, 1]));
    expect(weight(-1.5)).to.equal(0);
    expect(weight(1.5)).to.equal(0);
    // P = 1/3, mean -1 at distance .5 below; P = 2/3, mean .5 at distance 1 above.
    expect(weight(-0.5)).to.be.closeTo(Math.min((1 / 9) * 0.5 * Math.SQRT2, (4 / 9) * 1 * Math.sqrt(1.25)), 1e-12);
  });

  it('never exceed the bound on the weighted variation, whatever the weights', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const draws = calibrationDraws(seed);
      const problem = univariateProblem(draws, { n: 5 + (seed % 20), width: 2 + (seed % 6) });
      const scale = 0.5 + 2.5 * draws.uniform();
      const weights = problem.start.map((w) => scale * w);
      const loss = problem.evaluate(weights, new Float64Array(problem.size));
      const { weighted } = bendsOf(knotsOf(weights, problem.width), bendWeight(problem.x));
      const curvature = largestEigenvalue(wholeHessian(problem, weights));
      expect(weighted, `seed ${seed}`).to.be.at.most(variationBound(curvature / 2, loss, problem.x));
    }
  });

  it('give the calibrated values of the large step', async () => {
    const [table] = CALIBRATED;
    const found = await fit({ seed: 1, learningRate: 0.4, steps: table!.steps });
    for (const quantity of [
      'sharpness',
      'error',
      'variation',
      'weighted',
      'count',
      'trainingError',
      'most',
    ] as Quantity[]) {
      expect(meetsCalibration(found[quantity], table![quantity][0]!), `${quantity} ${found[quantity]}`).to.equal(true);
    }
    expect(found.weighted).to.be.at.most(found.curvatureBound).and.at.most(found.bound);
    expect(meetsCalibration(1.09, '1.0')).to.equal(true);
    expect(meetsCalibration(1.11, '1.0')).to.equal(false);
  }).timeout(240_000);

  it('bend less at a large step than at a small one', async () => {
    for (const seed of [1, 2, 3]) {
      const [large, small] = [
        await fit({ seed, learningRate: 0.4, steps: 20_000 }),
        await fit({ seed, learningRate: 0.1, steps: 50_000 }),
      ];
      expect(large.count).to.be.below(small.count);
    }
  }).timeout(240_000);

  it('hold gradient descent at 2/eta and SAM at its edge', async () => {
    for (const [learningRate, rho] of [
      [0.4, 0],
      [0.1, 0.1],
    ] as const) {
      const looks = await watchChebyshev({ learningRate, rho, seed: 1, steps: 6000, every: 400 });
      expect(tailRatio(looks), `rho ${rho}`).to.be.closeTo(1, 0.05);
    }
  }).timeout(240_000);
});

describe('the networks of the flatness studies', () => {
  before(async function () {
    if (!(await loads(NATIVE))) await loads('cpu');
  });

  it('are watched with their true sharpness, and leave no tensor behind', async () => {
    const before = tf.memory().numTensors;
    const problem = {
      loss: ({ w }: Readonly<Record<string, tf.Tensor>>) =>
        tf.mul(0.5, tf.sum(tf.mul(tf.tensor1d([3, 1]), tf.square(w!)))) as Scalar,
      start: () => ({ w: tf.tensor1d([1, 1]) }),
      dispose: () => {},
    };
    const looks = await trainAtEdge(problem, { seed: 1, learningRate: 0.1, rho: 0.05, steps: 9, every: 3 });
    expect(looks.map(({ step }) => step)).to.deep.equal([0, 3, 6]);
    for (const { sharpness, edge } of looks) {
      expect(sharpness).to.be.closeTo(3, 1e-4);
      expect(edge).to.be.below(20);
    }
    expect(tf.memory().numTensors).to.equal(before);
  });

  it('include a causal transformer with exact second derivatives', () => {
    const before = tf.memory().numTensors;
    const size = { layers: 1, heads: 2, width: 8, length: 6 };
    const lossOfLast = (last: number): number => {
      const problem = transformerProblem(Int32Array.from([1, 2, 3, 4, 5, 6, last]), size);
      const weights = problem.start(1);
      const h = hessian(problem.loss, weights, { onUnverified: 'difference' });
      expect(h.method).to.equal('exact');
      h.dispose();
      const value = tf.tidy(
        () => problem.loss({ ...weights, 'head/kernel': tf.zerosLike(weights['head/kernel']!) }).dataSync()[0]!,
      );
      disposeNamed(weights);
      problem.dispose();
      return value;
    };
    // Without output weights every character is equally likely, whatever follows.
    expect(lossOfLast(7)).to.be.closeTo(Math.log(128), 1e-5);
    expect(lossOfLast(9)).to.be.closeTo(Math.log(128), 1e-5);
    expect(tf.memory().numTensors).to.equal(before);
  });

  it('train on noisy labels within their gradients, and interpolate in many dimensions, without a leak', async () => {
    const data = prepareData(
      { source: 'digits', subset: { train: 100, test: 50 }, labelNoise: 0.4, split: { validation: 10, test: 50 } },
      1,
    );
    const before = tf.memory().numTensors;
    for (const optimizer of [{ name: 'momentum' }, { name: 'sam', base: { name: 'momentum' } }] as const) {
      const { accuracies, gradients } = trainOnNoise({
        data,
        seed: 1,
        optimizer,
        batchSize: 20,
        gradients: 9,
        looks: 3,
        augment: true,
      });
      expect(accuracies).to.have.length(3);
      expect(gradients).to.be.within(8, 9);
    }
    const { course, trainingError } = await shatter({
      seed: 1,
      dimensions: 4,
      n: 16,
      width: 32,
      learningRate: 0.5,
      decay: 0,
      steps: 40,
    });
    expect(course).to.have.length(20);
    expect(trainingError).to.be.below(1.5);
    expect(tf.memory().numTensors).to.equal(before);
  });

  it('are timed by a study that writes its rows', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'weft-cost-'));
    const before = tf.memory().numTensors;
    const { rows } = await runStudy(await loadStudy('optimizer-cost'), {
      options: { rounds: 1, steps: 5, batchSize: 8, layers: 2, filters: 4 },
      folder,
      parts: { space: loadSpace, controller: loadController },
    });
    expect(rows.map(({ id }) => id)).to.deep.equal(
      ['', '-32x32'].flatMap((image) => ['sam', 'looksam', 'sgd-tracer', 'tracking'].map((name) => name + image)),
    );
    for (const { measured } of rows) expect(measured).to.be.a('number').above(0);
    expect(JSON.parse(readFileSync(join(folder, 'rows.json'), 'utf8'))).to.have.length(8);
    expect(tf.memory().numTensors).to.equal(before);
    rmSync(folder, { recursive: true });
  }).timeout(240_000);
});
