/**
 * Each candidate operation of the macro space on its own, with its preceding 1x1 convolution: forward, and backward to
 * input and weights.
 */
import { macroCnn, OPERATIONS } from '../../search-spaces/macro-cnn.js';
import { createChild, createParameterStore, catalogue } from '../../src/supernet/index.js';
import { valueAndGradients } from '../../src/tensor/autodiff.js';
import { disposeNamed, pickNamed } from '../../src/tensor/named.js';
import { compile } from '../../src/tensor/plan/index.js';
import { tf, tidy, type Tensor } from '../../src/tensor/tf.js';
import { bothLayouts, type Workload } from '../workload.js';
import { draws } from './random-tensors.js';

/** Without reductions, the macro space has a single layer of this shape after its stem. */
export function operation(
  index: number,
  [height, width]: [number, number] = [32, 32],
  filters = 24,
  batch = 64,
): Workload {
  const op = OPERATIONS[index]!;
  const taps = Number(/\d/.exec(op)![0]) ** 2;
  // The preceding 1x1 convolution, and the candidate's own operations per pixel.
  const products =
    filters * filters +
    { conv: taps * filters ** 2, sep: (taps + filters) * filters, avg: 0, max: 0 }[
      op.slice(0, -1) as 'conv' | 'sep' | 'avg' | 'max'
    ];
  return {
    name: `${op}, ${height}x${width}x${filters}, batch ${batch}, forward and backward`,
    block: 10,
    warmUp: 15,
    gigaOperations: (3 * 2 * batch * height * width * products) / 1e9,
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
      const gradients = compile<null, null>(({ dy, ...given }) => ({
        outputs: tidy(() => {
          const { value, gradients } = valueAndGradients((at) => {
            const y = built.forward([at['x']!], {
              mode: { training: true, normalization: 'batch' },
              parameter: (local): Tensor => at[`${prefix}/${local}`]!,
              statistic: none,
              random: none,
              values: none,
              record: () => undefined,
              state: () => undefined,
              carry: () => undefined,
            });
            return tf.sum(tf.mul(y, dy!));
          }, given);
          return { ...gradients, value };
        }),
        fixed: null,
      }));
      return {
        step() {
          const { outputs } = gradients.run({ ...inputs, dy }, null, { due: 1000 });
          outputs['value']!.dataSync();
          disposeNamed(outputs);
        },
        dispose() {
          gradients.dispose();
          store.dispose();
          tf.dispose([inputs['x'], dy]);
        },
      };
    },
  };
}
