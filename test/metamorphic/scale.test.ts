/**
 * What becomes of an optimizer's step when the loss is multiplied by a constant: it stays, or is multiplied by the
 * same.
 */
import { expect } from 'chai';
import { type Evaluate } from '../../src/chain/loss.js';
import { OPTIMIZERS } from '../../src/optimizers/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { mapNamed } from '../../src/tensor/named.js';
import { type Scalar, tf, tidy } from '../../src/tensor/tf.js';
import { configFor } from '../optimizers/problems.js';
import { KEEPS_ITS_STEP, NEITHER_KEEPS_NOR_MULTIPLIES } from './exceptions.js';
import { outcomeOf, relativeGap, type Setup, setupOf } from './runs.js';

const SCALE = 4;

const scaled =
  (evaluate: Evaluate): Evaluate =>
  (parameters, options) =>
    tidy(() => {
      const { loss, gradients } = evaluate(parameters, options);
      return { loss: tf.mul(loss, SCALE) as Scalar, gradients: mapNamed(gradients, (g) => tf.mul(g, SCALE)) };
    });

describe('one step on a multiple of the loss', () => {
  let subject: { setup: Setup; dispose(): void };
  before(async () => {
    await loadBackend();
    subject = setupOf('mlp');
  });
  after(() => subject.dispose());

  // Products with the Hessian come from the batch and not from the loss that is multiplied here.
  for (const { name } of OPTIMIZERS.filter(({ kind }) => kind !== 'curvature')) {
    const neither = NEITHER_KEEPS_NOR_MULTIPLIES[name];
    const isInvariant = KEEPS_ITS_STEP.includes(name);
    it(`${name} ${neither ? `does neither: ${neither}` : isInvariant ? 'is unchanged' : 'is multiplied'}`, () => {
      const method = { name, config: configFor(name) };
      const { moves } = outcomeOf(method, subject.setup, undefined, 1);
      const found = outcomeOf(method, subject.setup, scaled, 1).moves;
      const gapFrom = (factor: number): number =>
        relativeGap(
          found,
          Object.fromEntries(Object.entries(moves).map(([key, move]) => [key, move.map((x) => x * factor)])),
        );
      if (neither) expect(Math.min(gapFrom(1), gapFrom(SCALE)), `${name} needs no exception`).to.be.above(1e-3);
      else
        expect(
          gapFrom(isInvariant ? 1 : SCALE),
          `relative to its step; if ${name} divides by the size of the gradient, name it in KEEPS_ITS_STEP of test/metamorphic/exceptions.ts`,
        ).to.be.below(1e-3);
    });
  }
});
