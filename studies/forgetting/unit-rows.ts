/** The unit rows that are numbers; the others are tests (U1, U4 to U6 under test/forgetting and test/contract). */
import {
  curvature,
  forgetting,
  gateRow,
  mapNamed,
  type NamedTensors,
  nn,
  type Row,
  stream,
  type Tensor1D,
  type Tensor2D,
  tf,
  tidy,
} from 'weft-nas';
import { perExampleGradients } from 'weft-nas/study';

export function unitRows(seed: number): Row[] {
  const rng = stream(seed, 'units');
  const normal = (...shape: number[]): tf.Tensor =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal()),
      shape,
    );
  return tidy(() => {
    const labels = (count: number, classes: number): Tensor1D =>
      tf.tensor1d(
        Int32Array.from({ length: count }, () => rng.int(classes)),
        'int32',
      );
    const [x, y] = [normal(32, 8) as Tensor2D, labels(32, 5)];
    const params = { w1: normal(8, 6), b1: normal(6), w2: normal(6, 5) };
    const losses = (p: NamedTensors): Tensor1D =>
      nn.softmaxCrossEntropy(
        nn.dense(nn.tanh(nn.dense(x, p['w1'] as Tensor2D, p['b1'] as Tensor1D)), p['w2'] as Tensor2D),
        y,
      );
    const { sums } = curvature.exampleSquares(losses, params);
    const expected = mapNamed(perExampleGradients(losses, params), (each) => tf.sum(tf.square(each), 0));
    const error = Math.max(
      ...Object.keys(params).map(
        (name) => tf.max(tf.div(tf.abs(tf.sub(sums[name]!, expected[name]!)), tf.max(expected[name]!))).dataSync()[0]!,
      ),
    );

    const many = normal(20_000, 4) as Tensor2D;
    const kernel = { kernel: tf.mul(normal(4, 3), 0.5) };
    const logits = (p: NamedTensors): Tensor2D => tf.matMul(many, p['kernel'] as Tensor2D);
    const { fisher } = curvature.fisherInformation(logits, kernel, labels(20_000, 3), {
      kind: 'true-sample',
      rng: stream(seed, 'labels'),
    });
    const p = tf.softmax(logits(kernel));
    const hessian = tf.div(tf.matMul(tf.square(many), tf.mul(p, tf.sub(1, p)), true), 20_000);
    const ratio = tf.max(tf.abs(tf.sub(tf.div(fisher['kernel']!, hessian), 1))).dataSync()[0]!;

    // ∫ exp(-½(2a² + 2av + 3v²)) da = √(2π/2) exp(-½(3 - ½)v²)
    const point = {
      value: 0,
      hessian: [
        [2, 1],
        [1, 3],
      ],
      privateCount: 1,
    };
    const v = 0.8;
    const exact = 0.5 * Math.log(Math.PI) - (2.5 * v * v) / 2;
    return [
      gateRow(
        'U2/examples',
        'largest relative error of squares of all examples at once against one backward pass each',
        +error.toExponential(2),
        'at most',
        1e-5,
      ),
      gateRow(
        'U2/true',
        'largest relative distance of the true Fisher information from the Hessian of softmax regression, 20,000 examples',
        +ratio.toFixed(4),
        'at most',
        0.05,
      ),
      gateRow(
        'U3/marginal',
        'error of the Laplace marginal on a Gaussian',
        +Math.abs(forgetting.logMarginal(point, [v]) - exact).toExponential(2),
        'at most',
        1e-6,
      ),
      gateRow(
        'U3/diagonal',
        'what is left of the two-model term for a diagonal Hessian',
        Math.abs(
          forgetting.twoModelTerm(
            {
              value: 0,
              hessian: [
                [2, 0],
                [0, 3],
              ],
              privateCount: 1,
            },
            [v],
          ),
        ),
        'at most',
        0,
      ),
    ];
  });
}
