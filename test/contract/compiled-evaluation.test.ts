/** Children that are evaluated node by node as compiled: in every space the bits of the children as they are. */
import { expect } from 'chai';
import { type Mode } from '../../src/operations/operation.js';
import { catalogue } from '../../src/supernet/catalogue.js';
import { createChild } from '../../src/supernet/child.js';
import { type CompiledNodes } from '../../src/supernet/compiled-nodes.js';
import { forwardTogether } from '../../src/supernet/forward-together.js';
import { createParameterStore } from '../../src/supernet/parameter-store.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { compiler } from '../../src/tensor/plan/index.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { evaluateBatch, evaluateTogether, FINAL_EVALUATION, SHARED_EVALUATION } from '../../src/training/index.js';
import { examples, SPACES } from './space-table.js';

/** Dropout masks are those of each node, whichever node has been recorded. */
const TRAINING: Mode = { training: true, normalization: 'batch', seed: 'masks' };

for (const { factory, options, task } of SPACES) {
  describe(`compiled evaluation in ${factory.name}`, () => {
    before(() => loadBackend('native'));
    const space = factory.create(options, task);

    for (const way of ['replay', 'session'] as const)
      it(`by ${way} gives the bits of the children as they are, and leaves no tensor behind`, () => {
        const before = tf.memory().numTensors;
        const store = createParameterStore(catalogue(space.supernet), 1);
        const notes: string[] = [];
        const compiled: CompiledNodes = compiler({ mode: way, kept: 1000, note: (note) => notes.push(note) });
        const { x: inputs, labels } = examples(task, 6);
        for (let round = 0; round < 5; round++) {
          const children = Array.from({ length: 4 }, (_, i) => createChild(space, space.sample(stream(round, i))));
          for (const mode of [SHARED_EVALUATION, FINAL_EVALUATION, { ...TRAINING, seed: `masks ${round}` }]) {
            const logits = (nodes?: CompiledNodes): number[][] =>
              forwardTogether(children, store, inputs, mode, (y) => [...y.dataSync()], nodes);
            expect(logits(compiled)).to.deep.equal(logits());
          }
          const batch = { inputs, labels };
          const judged = children.map((child) => evaluateBatch(child, store, batch, SHARED_EVALUATION));
          expect(evaluateTogether(children, store, batch, SHARED_EVALUATION, { compiled })).to.deep.equal(judged);
          expect(
            children.map((child) => evaluateBatch(child, store, batch, SHARED_EVALUATION, { compiled })),
          ).to.deep.equal(judged);
        }
        expect(compiled.runs[way]).to.be.greaterThan(20);
        expect(notes).to.deep.equal([]);
        compiled.dispose();
        store.dispose();
        tf.dispose([inputs, labels]);
        expect(tf.memory().numTensors).to.equal(before);
      });
  });
}
