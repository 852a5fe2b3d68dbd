/** Each candidate of the macro space by itself, with its 1x1 convolution in front: forward, and back to input and weights. */
import { macroCnn, OPERATIONS } from '../../search-spaces/macro-cnn.js';
import { createChild, createParameterStore, catalogue } from '../../src/supernet/index.js';
import { valueAndGradients } from '../../src/tensor/autodiff.js';
import { pickNamed } from '../../src/tensor/named.js';
import { tf, tidy, type Tensor } from '../../src/tensor/tf.js';
import { bothLayouts, type Workload } from '../workload.js';
import { draws } from './random-tensors.js';

/** The macro space without reductions has one layer of this shape behind its stem. */
export function operation(
  index: number,
  [height, width]: [number, number] = [32, 32],
  filters = 24,
  batch = 64,
): Workload {
  const op = OPERATIONS[index]!;
  return {
    name: `${op}, ${height}x${width}x${filters}, batch ${batch}, forward and backward`,
    block: 10,
    anchors: bothLayouts('operation', { index, height, width, filters, batch }),
    prepare() {
      const space = macroCnn.create(
        { layers: 1, filters, reductions: 0, keep: 1 },
        { inputShape: [height, width, 3], classes: 10 },
      );
      const child = createChild(space, { layers: [{ op, skip: [] }] });
      const node = child.nodes.find(({ name }) => name.startsWith('layer0'))!;
      if (node.kind !== 'operation') throw new Error('layer0 is an operation');
      const { built, prefix } = node;
      const store = createParameterStore(catalogue(space.supernet), 0);
      const { normal } = draws('operation');
      const shape = [batch, height, width, filters];
      const inputs = {
        x: normal(shape),
        ...pickNamed(
          store.parameters,
          child.parameterNames.filter((name) => name.startsWith(prefix)),
        ),
      };
      const dy = normal(shape);
      const none = (): never => {
        throw new Error('nothing random, no statistics');
      };
      return {
        step: () =>
          tidy(() => {
            valueAndGradients((given) => {
              const y = built.forward([given['x']!], {
                mode: { training: true, normalization: 'batch' },
                parameter: (local): Tensor => given[`${prefix}/${local}`]!,
                statistic: none,
                random: none,
                values: none,
                record: () => undefined,
                state: () => undefined,
                carry: () => undefined,
              });
              return tf.sum(tf.mul(y, dy));
            }, inputs).value.dataSync();
          }),
        dispose() {
          store.dispose();
          tf.dispose([inputs['x'], dy]);
        },
      };
    },
  };
}
