/**
 * A checkpoint of a macro supernet with its momentum: written atomically and flushed to disk, read back and verified.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { loadLatestCheckpoint, saveCheckpoint } from '../../src/runs/index.js';
import { catalogue, createParameterStore } from '../../src/supernet/index.js';
import { mapNamed } from '../../src/tensor/named.js';
import { tf } from '../../src/tensor/tf.js';
import { type Workload } from '../workload.js';

export function checkpoint(layers = 12, filters = 36): Workload {
  return {
    name: `checkpoint and restore, macro supernet of ${layers} layers, ${filters} filters, with momentum`,
    anchors: [{ name: 'torch.save and load (not flushed)', module: 'checkpoint', options: { layers, filters } }],
    prepare() {
      const folder = mkdtempSync(join(tmpdir(), 'weft-bench-'));
      mkdirSync(join(folder, 'checkpoints'));
      const space = macroCnn.create({ layers, filters }, { inputShape: [32, 32, 3], classes: 10 });
      const store = createParameterStore(catalogue(space.supernet), 0);
      const momentum = mapNamed(store.parameters, (tensor) => tf.zerosLike(tensor));
      return {
        step(index) {
          saveCheckpoint(folder, 'bench', {
            step: index + 1,
            tensors: { weights: store.parameters, optimizer: momentum },
            state: {},
            events: 0,
          });
          tf.dispose(Object.values(loadLatestCheckpoint(folder, 'bench').tensors).map((tensors) => ({ ...tensors })));
        },
        dispose() {
          store.dispose();
          tf.dispose({ ...momentum });
          rmSync(folder, { recursive: true });
        },
      };
    },
  };
}
