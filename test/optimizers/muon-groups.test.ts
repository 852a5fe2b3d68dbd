/**
 * Muon leaves the last layer of every space to Adam, as its authors do, wherever its name stands in the parameter's
 * path.
 */
import { expect } from 'chai';
import { emptyState } from '../../src/optimizers/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { advance, subject } from '../preconditioners/subjects.js';
import { disposeState } from './problems.js';

before(() => loadBackend());

for (const [kind, optimizer] of [
  ['optimizer', { name: 'muon' }],
  ['preconditioner', { name: 'sgd', preconditioner: { name: 'muon' } }],
] as const) {
  for (const space of ['mlp', 'macro-cnn', 'nas-bench-201']) {
    it(`Muon as ${kind} trains the classifier of ${space} by Adam, and other kernels by orthogonalized momentum`, () => {
      const s = subject(space);
      const state = advance(s, s.trainer({}, optimizer), s.child(3), 0, 1, emptyState);
      const kernels = Object.keys(s.store.parameters).filter((name) => s.store.parameters[name]!.rank > 1);
      const slotsOf = (name: string): string[] =>
        Object.keys(state.tensors)
          .filter((key) => key.endsWith(`/${name}`))
          .map((key) => key.slice(0, -name.length - 1));
      const trained = kernels.filter((name) => slotsOf(name).length > 0);
      // Adam's second moment.
      const adam = trained.filter((name) => slotsOf(name).some((slot) => slot.endsWith('/v')));
      expect(trained.length).to.be.above(adam.length);
      expect(adam).to.not.be.empty;
      for (const name of adam) expect(name.split('/')).to.include('classifier');
      for (const name of trained.filter((one) => one.split('/').includes('classifier'))) expect(adam).to.include(name);
      s.dispose();
      disposeState(state);
    });
  }
}
