/**
 * Fisher information of the children of a supernet by one function: the bits of each child by itself, in every space
 * that has one.
 */
import { expect } from 'chai';
import { fisherInformation } from '../../src/curvature/index.js';
import { catalogue } from '../../src/supernet/catalogue.js';
import { createChild } from '../../src/supernet/child.js';
import { createParameterStore } from '../../src/supernet/parameter-store.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { disposeNamed, type NamedTensors, pickNamed } from '../../src/tensor/named.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { SHARED_EVALUATION } from '../../src/training/evaluate.js';
import { sharedFisher } from '../../src/training/shared-fisher.js';
import { values } from '../optimizers/problems.js';
import { examples, SPACES } from './space-table.js';

const EXAMPLES = 6;

for (const { factory, tiny, task } of SPACES.filter((one) => one.task.kind !== 'language'))
  describe(`Fisher information by one function in ${factory.name}`, () => {
    before(() => loadBackend('native'));
    const space = factory.create(tiny, task);
    const isElastic = factory.name.startsWith('elastic');

    it(
      isElastic ? 'is not offered' : 'is that of the child by itself, bit for bit, and leaves no tensor behind',
      () => {
        const store = createParameterStore(catalogue(space.supernet), 1);
        const { x: inputs, labels } = examples(task, EXAMPLES);
        const before = tf.memory().numTensors;
        const notes: string[] = [];
        const shared = sharedFisher(space, { estimates: 0, mode: 'graph', note: (one) => notes.push(one) });
        for (let i = 0; i < 7; i++) {
          const child = createChild(space, space.sample(stream(i, 'child')));
          // As where a regularizer watches some of the weights.
          const names = child.parameterNames.filter((_, k) => i % 2 === 0 || k > 0);
          const parameters = pickNamed(store.parameters, names);
          const alone = (): NamedTensors =>
            fisherInformation(
              (current) =>
                child.forward({ ...store.parameters, ...current }, store.statistics, inputs, SHARED_EVALUATION),
              parameters,
              labels,
            ).fisher;
          const [found, expected] = [shared.of(child, store.parameters, { inputs, labels }, names, alone), alone()];
          expect(values(found)).to.deep.equal(values(expected));
          disposeNamed(found);
          disposeNamed(expected);
        }
        if (isElastic) expect(notes).to.have.lengthOf(1);
        else expect([notes, shared.runs > 0]).to.deep.equal([[], true]);
        shared.dispose();
        expect(tf.memory().numTensors).to.equal(before);
        tf.dispose([inputs, labels]);
        store.dispose();
      },
    );
  });
