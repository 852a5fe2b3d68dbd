/**
 * Relations between two trainings that hold for every optimizer and every preconditioner: changes of the problem that
 * do not change its answer, or change it in a known way. A new method is covered by being in its list.
 */
import { expect } from 'chai';
import { loadBackend } from '../../src/tensor/backend.js';
import { tidy } from '../../src/tensor/tf.js';
import { exceptionFor } from './exceptions.js';
import { RELATIONS } from './relations.js';
import { METHODS, type Outcome, outcomeOf, relativeGap, type Setup, setupOf } from './runs.js';

/** Of float32 arithmetic in another order, relative to the whole move. */
const TOLERANCE = 1e-3;

for (const space of ['mlp', 'macro-cnn', 'lstm', 'elastic-mlp']) {
  describe(`trainings of a child of ${space}`, () => {
    let subject: { setup: Setup; dispose(): void };
    before(async () => {
      await loadBackend();
      subject = setupOf(space);
    });
    after(() => subject.dispose());

    for (const method of METHODS) {
      describe(method.name, () => {
        let plain: Outcome;
        before(() => {
          plain = outcomeOf(method, subject.setup);
          expect(
            Object.values(plain.moves)
              .flat()
              .some((move) => move !== 0),
            'something moves',
          ).to.equal(true);
        });

        for (const { name, change, restore, exact } of RELATIONS) {
          const listed = exceptionFor(name, method.name, space, []);
          it(listed ? `depends on ${name}: ${listed.reason}` : `does not depend on ${name}`, () => {
            const changed = tidy(() => outcomeOf(method, change(subject.setup)));
            const moves = restore ? restore(changed, plain, subject.setup) : changed.moves;
            const gap = relativeGap(moves, plain.moves);
            const exception = exceptionFor(name, method.name, space, plain.notes);
            const tolerance = exact ? 0 : TOLERANCE;
            if (exception && exception.tolerance === undefined)
              expect(gap, `${method.name} needs no exception here`).to.be.above(tolerance);
            else
              expect(
                gap,
                `${method.name} depends on ${name}; if it should, enter it with the reason in EXCEPTIONS of test/metamorphic/exceptions.ts`,
              ).to.be.at.most(exception?.tolerance ?? tolerance);
          });
        }
      });
    }
  });
}
