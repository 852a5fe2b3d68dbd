/**
 * Every operation of `nn.ts`, and those of TensorFlow.js that networks use around them, has an exact second
 * derivative on every backend. The references are float64: the operation written again in plain JavaScript,
 * differentiated numerically. A kernel that no case exercises cannot be in the list of verified ones.
 */
import { expect } from 'chai';
import { WeftError } from '../../src/errors.js';
import { defineKernel } from '../../src/tensor/kernels/define.js';
import * as nn from '../../src/tensor/nn.js';
import { stream } from '../../src/tensor/rng.js';
import { hvp, type HessianVectorProduct, type SecondOrderOptions } from '../../src/tensor/second-order/index.js';
import { tf, tidy, type Scalar, type Tensor } from '../../src/tensor/tf.js';
import { onEachBackend } from '../tensor/backends.js';
import { hessianVectorProduct, type Array64 } from './float64-nn.js';
import { OPERATIONS, STOCK, type Case } from './second-order-cases.js';
import { VERIFIED } from '../../src/tensor/second-order/verified.js';

/** Largest relative error of a product in float32. */
const TOLERANCE = 2e-5;

interface Measured extends Pick<HessianVectorProduct, 'method' | 'reasons' | 'kernels'> {
  /** ‖found − expected‖ / ‖expected‖ over all arguments. */
  error: number;
}

/** H·v of Σ c·(y + y²/2 + y³/6) of the operation's result y, with random c and v, against the reference. */
function measure({ shapes, run, reference, place = (value) => value }: Case, options?: SecondOrderOptions): Measured {
  const rng = stream('contract/second-order');
  const random = (shape: number[], f = (value: number) => value): Array64 => ({
    shape,
    data: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => Math.fround(f(rng.normal()))),
  });
  const arrays = (f?: (value: number) => number): Record<string, Array64> =>
    Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, random(shape, f)]));
  const at = arrays(place);
  const direction = arrays();
  const weights = random([reference(at).data.length]).data;

  const expected = hessianVectorProduct(
    (x) => reference(x).data.reduce((sum, y, i) => sum + weights[i]! * (y + y ** 2 / 2 + y ** 3 / 6), 0),
    at,
    direction,
  );
  const tensors = (record: Record<string, Array64>): Record<string, Tensor> =>
    Object.fromEntries(
      Object.entries(record).map(([name, { shape, data }]) => [name, tf.tensor(Float32Array.from(data), shape)]),
    );
  return tidy(() => {
    const loss = (x: Record<string, Tensor>): Scalar => {
      const y = tf.reshape(run(x), [-1]);
      const cubic = tf.mul(y, tf.add(1, tf.mul(y, tf.add(1 / 2, tf.mul(y, 1 / 6)))));
      return tf.sum(tf.mul(cubic, tf.tensor1d(Float32Array.from(weights))));
    };
    const { product, ...how } = hvp(loss, tensors(at), tensors(direction), options);
    let [difference, size] = [0, 0];
    for (const [name, values] of Object.entries(expected)) {
      const found = product[name]!.dataSync();
      values.forEach((value, i) => {
        difference += (found[i]! - value) ** 2;
        size += value ** 2;
      });
    }
    return { ...how, error: Math.sqrt(difference / size) };
  });
}

const CASES: [name: string, example: Case][] = [
  ...Object.entries(OPERATIONS).flatMap(([operation, cases]) =>
    Object.entries(cases).map(([name, example]): [string, Case] => [`nn.${operation}: ${name}`, example]),
  ),
  ...Object.entries(STOCK).map(([name, example]): [string, Case] => [`tf.${name}`, example]),
];

/** A square as a kernel, with this gradient. */
function squareKernel(name: string, backward: (dy: Tensor, x: Tensor) => Tensor): Case {
  const square = ({ x }: { x: Tensor }): Tensor => tf.mul(x, x);
  const kernel = defineKernel<{ x: Tensor }, object, Tensor>({
    name,
    native: square,
    plain: square,
    gradient: { save: ['x'], backward: (dy, [x]) => ({ x: () => backward(dy, x!) }) },
  });
  return { ...STOCK['square']!, run: ({ x }) => kernel({ x: x! }, {}) };
}
const RIGHT = squareKernel('TestSquare', (dy, x) => tf.mul(dy, tf.mul(2, x)));
// The same numbers, but what they depend on is lost to the tape.
const WRONG = squareKernel('TestSquareOffTape', (dy, x) =>
  tf.mul(
    dy,
    tf.tensor(
      x.dataSync().map((value) => 2 * value),
      x.shape,
    ),
  ),
);

describe('second derivatives', () => {
  it('are checked for every operation of nn.ts', () => {
    for (const name of Object.keys(nn))
      expect(Object.keys(OPERATIONS[name as keyof typeof nn] ?? {}), name).to.not.be.empty;
  });

  onEachBackend(() => {
    const exercised = new Set<string>();

    for (const [name, example] of CASES) {
      it(name, () => {
        const before = tf.memory().numTensors;
        const { method, error, kernels } = measure(example);
        expect(method).to.equal('exact');
        expect(error).to.be.below(TOLERANCE);
        expect(tf.memory().numTensors, 'tensors left behind').to.equal(before);
        for (const kernel of kernels) exercised.add(kernel);
      });
    }

    it('list only kernels that these cases exercise', () => {
      expect([...VERIFIED].sort()).to.deep.equal([...exercised].sort());
    });

    it('of an undeclared kernel are refused by name', () => {
      for (const example of [RIGHT, WRONG]) {
        expect(() => measure(example))
          .to.throw(WeftError, /second derivative of 'TestSquare(OffTape)?'/)
          .with.property('code', 'unsupported');
      }
    });

    it('of such a kernel are a central difference if that is allowed, and are reported as such', () => {
      const { method, reasons, error } = measure(WRONG, { onUnverified: 'difference' });
      expect(method).to.equal('central-difference');
      expect(reasons).to.deep.equal(["no verified second derivative of 'TestSquareOffTape'"]);
      expect(error).to.be.below(1e-2);
    });

    it('fail this contract if they are wrong', () => {
      expect(measure(RIGHT, { trust: ['TestSquare'] }).error).to.be.below(TOLERANCE);
      expect(measure(WRONG, { trust: ['TestSquareOffTape'] }).error).to.be.above(0.1);
    });

    it('of a customGrad, which has no kernel name, are refused', () => {
      const square = tf.customGrad((x, save) => {
        (save as tf.GradSaveFunc)([x as Tensor]);
        return {
          value: tf.square(x as Tensor),
          gradFunc: (dy: Tensor, [saved]: Tensor[]) => tf.mul(dy, tf.mul(2, saved!)),
        };
      });
      expect(() => measure({ ...STOCK['square']!, run: ({ x }) => square(x!) })).to.throw(
        WeftError,
        /no verified second derivative/,
      );
    });
  });
});
