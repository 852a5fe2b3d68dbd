/** One round of the ENAS controller on the macro space: propose a batch of architectures, learn from their rewards. */
import { enas } from '../../controllers/enas.js';
import { enasPresets } from '../../controllers/enas/presets.js';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { stream } from '../../src/tensor/rng.js';
import { type Running, type Workload } from '../workload.js';

export interface ControllerOptions {
  layers?: number;
  count?: number;
  /** Skip the proposal: learn from the same architectures every time. */
  observeOnly?: boolean;
}

export function enasController({ layers = 12, count = 20, observeOnly = false }: ControllerOptions = {}): Workload {
  const preset = enasPresets['official-code'];
  function prepare(): Running {
    const space = macroCnn.create({ layers, filters: 2 }, { inputShape: [8, 8, 1], classes: 10 });
    const controller = enas.create(preset, { space, seed: 1 });
    const fixed = controller.propose(count, stream('bench', 'proposal'));
    return {
      step(index) {
        const proposal = observeOnly ? fixed : controller.propose(count, stream('bench', 'proposal', index));
        controller.observe(proposal.map((architecture, i) => ({ architecture, reward: i / count })));
      },
      dispose: () => controller.dispose(),
    };
  }
  return {
    name: `ENAS controller ${observeOnly ? 'update' : 'round'}, ${layers} layers, ${count} architectures`,
    prepare,
    anchors: [{ name: 'PyTorch, one by one', module: 'controller', options: { layers, size: preset.lstmSize, count } }],
    block: 3,
  };
}
