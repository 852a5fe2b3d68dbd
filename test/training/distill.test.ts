/** What smaller networks learn from the largest one. */
import { expect } from 'chai';
import fc from 'fast-check';
import { valueAndGradients } from '../../src/tensor/autodiff.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf } from '../../src/tensor/tf.js';
import { alphaDivergence } from '../../src/training/distill.js';

const softmax = (logits: readonly number[]): number[] => {
  const powers = logits.map(Math.exp);
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
};
const sumOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** In float64; `bound` on r^-1. */
function divergence(teacher: readonly number[], student: readonly number[], bound = 5): number {
  const [p, q] = [softmax(teacher), softmax(student)];
  const minus = sumOf(q.map((one, k) => (one * (Math.min(bound, one / p[k]!) - 1)) / 2));
  const plus = sumOf(p.map((one, k) => one * Math.log(one / q[k]!)));
  return Math.max(minus, plus);
}

describe('distillation by alpha divergences', () => {
  before(() => loadBackend('cpu'));

  const of = (teacher: readonly number[], student: readonly number[]): { value: number; slope: number[] } =>
    tf.tidy(() => {
      const { value, gradients } = valueAndGradients(
        (p) => alphaDivergence(tf.tensor2d([[...teacher]]), p['student']!),
        { student: tf.tensor2d([[...student]]) },
      );
      return { value: value.dataSync()[0]!, slope: [...gradients['student']!.dataSync()] };
    });

  it('takes the larger of alpha = -1 and 1', () => {
    // p = (3/4, 1/4), q = (1/2, 1/2): 1/6 at -1, 0.1308 at 1.
    expect(of([Math.log(3), 0], [0, 0]).value).to.be.closeTo(1 / 6, 1e-6);
    // p = (1/2, 1/2), q = (0.99, 0.01): the classes that the student leaves out count at alpha = 1.
    const wide = of([0, 0], [Math.log(99), 0]);
    expect(wide.value).to.be.closeTo(0.5 * Math.log(0.5 / 0.99) + 0.5 * Math.log(0.5 / 0.01), 1e-5);
    expect(wide.slope[0]).to.be.closeTo(0.99 - 0.5, 1e-5); // That of the Kullback-Leibler divergence.
    expect(of([1, 2, 3], [1, 2, 3]).value).to.be.closeTo(0, 1e-6);
  });

  it('has the gradient of the divergence if no ratio is capped, and no gradient for the teacher', () => {
    const logits = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(logits, logits, (teacher, student) => {
        const [p, q] = [softmax(teacher), softmax(student)];
        fc.pre(p.every((one, k) => q[k]! / one < 4.5));
        const minus = sumOf(q.map((one, k) => (one * (one / p[k]! - 1)) / 2));
        const plus = sumOf(p.map((one, k) => one * Math.log(one / q[k]!)));
        fc.pre(Math.abs(minus - plus) > 1e-3); // Away from where the two change places.
        const { value, slope } = of(teacher, student);
        expect(value).to.be.closeTo(divergence(teacher, student), 1e-5);
        slope.forEach((number, k) => {
          const at = (by: number): number => divergence(teacher, student.with(k, student[k]! + by));
          expect(number).to.be.closeTo((at(1e-5) - at(-1e-5)) / 2e-5, 1e-4);
        });
      }),
      { numRuns: 40 },
    );
    tf.tidy(() => {
      const logits = { teacher: tf.tensor2d([[1, 0]]), student: tf.tensor2d([[0, 1]]) };
      const { gradients } = valueAndGradients((p) => alphaDivergence(p['teacher']!, p['student']!), logits);
      expect(Object.keys(gradients)).to.deep.equal(['student']);
      expect(() => alphaDivergence(logits.teacher, tf.zeros([1, 3]))).to.throw(/cannot be compared with logits/);
    });
  });

  it('is bounded if the teacher rules out a class that the student predicts, also at each position of a sequence', () => {
    const { value, slope } = of([20, -20], [0, 0]);
    // q (min(5, q/p) - 1) / 2 = 0.5·(0.5 - 1)/2 + 0.5·(5 - 1)/2; log 2 at alpha = 1.
    expect(value).to.be.closeTo(0.875, 1e-5);
    // -Σ [q rho] ∇log q with q·rho = (-0.25, -2.5): minus that plus q times its sum.
    expect(slope[0]).to.be.closeTo(0.25 - 0.5 * 2.75, 1e-5);
    tf.tidy(() => {
      const sequence = alphaDivergence(
        tf.tensor3d([20, -20, Math.log(3), 0], [1, 2, 2]),
        tf.zeros([1, 2, 2]),
      ).dataSync()[0]!;
      expect(sequence).to.be.closeTo((0.875 + 1 / 6) / 2, 1e-5);
    });
  });
});
