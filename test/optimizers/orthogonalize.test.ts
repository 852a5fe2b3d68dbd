/**
 * Muon's Newton-Schulz iteration, in float32 and in bfloat16, against the polynomial that it applies to each singular
 * value.
 */
import { expect } from 'chai';
import { orthogonalize } from '../../src/optimizers/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { qr } from '../../src/tensor/linalg/index.js';
import { compile } from '../../src/tensor/plan/index.js';
import { tf, tidy, type Tensor } from '../../src/tensor/tf.js';

/**
 * Relative distance from a matrix with the given singular vectors, and of the singular values from those that the
 * quintic gives. Five quintics multiply errors in singular values, so in bfloat16 only Muon's range for them holds, 0.5
 * to 1.5.
 */
const TOLERANCES = {
  float32: { vectors: 1e-5, values: 1e-4 },
  bfloat16: { vectors: 0.1, values: Infinity },
} as const;

const random = (shape: [number, number], seed: number): Tensor => tf.randomNormal(shape, 0, 1, 'float32', seed);

/** What five iterations make of a singular value. */
const pushed = (value: number): number => {
  let s = value;
  for (let i = 0; i < 5; i++) s = 3.4445 * s - 4.775 * s ** 3 + 2.0315 * s ** 5;
  return s;
};

for (const precision of ['float32', 'bfloat16'] as const) {
  describe(`orthogonalize in ${precision}`, () => {
    before(() => loadBackend('native'));

    it('keeps the singular vectors of tall, wide and stacked matrices, and applies the quintic to the singular values', () =>
      tidy(() => {
        const values = [3, 2.5, 2, 1.5, 1.25, 1];
        const norm = Math.hypot(...values);
        const [u, v] = [qr(random([40, 6], 1)).q, qr(random([6, 6], 2)).q];
        const made = (of: readonly number[]): Tensor => tf.matMul(tf.mul(u, tf.tensor1d([...of])), v, false, true);
        const x = made(values);
        const cases: [string, Tensor, (result: Tensor) => Tensor][] = [
          ['tall', x, (result) => result],
          ['wide', tf.transpose(x), (result) => tf.transpose(result)],
          [
            'stacked',
            tf.stack([x, tf.mul(x, 3)]),
            (result) => tf.squeeze(tf.slice(result, [1, 0, 0], [1, -1, -1]), [0]),
          ],
        ];
        for (const [name, given, back] of cases) {
          const result = orthogonalize(given, 5, precision);
          expect(result.shape).to.deep.equal(given.shape);
          expect(result.dtype).to.equal('float32');
          const y = back(result);
          const found = tf.sum(tf.mul(tf.matMul(u, y, true, false), tf.transpose(v)), 1).arraySync() as number[];
          const distance = tf.div(tf.norm(tf.sub(y, made(found))), tf.norm(y)).dataSync()[0]!;
          expect(distance, name).to.be.below(TOLERANCES[precision].vectors);
          found.forEach((value, i) => {
            expect(value, name).to.be.within(0.5, 1.5);
            expect(Math.abs(value - pushed(values[i]! / norm)), name).to.be.below(TOLERANCES[precision].values);
          });
        }
      }));

    it('gives the same bits compiled', () => {
      const before = tf.memory().numTensors;
      const steps = (['session', 'off'] as const).map((mode) =>
        compile<null, null>(({ x }) => ({ outputs: { y: tidy(() => orthogonalize(x!, 5, precision)) }, fixed: null }), {
          mode,
        }),
      );
      for (let i = 0; i < 8; i++) {
        const x = random([70, 50], i);
        const [compiled, plain] = steps.map((step) => {
          const { y } = step.run({ x }, null, { due: 50 }).outputs;
          const values = Array.from(y!.dataSync());
          y!.dispose();
          return values;
        });
        expect(compiled).to.deep.equal(plain);
        x.dispose();
      }
      expect(steps[0]!.runs.session).to.equal(5);
      steps.forEach((step) => step.dispose());
      expect(tf.memory().numTensors).to.equal(before);
    });
  });
}

describe('orthogonalize on other backends', () => {
  before(() => loadBackend('wasm'));
  after(() => loadBackend('native'));

  it('refuses bfloat16', () =>
    tidy(() => {
      expect(() => orthogonalize(tf.ones([3, 2]), 5, 'bfloat16'))
        .to.throw(/bfloat16 need the native backend/)
        .with.property('code', 'unsupported');
    }));
});
