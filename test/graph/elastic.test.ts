/** Operations whose sizes are choices. */
import { expect } from 'chai';
import {
  batchNorm,
  choiceSpace,
  conv,
  createChild,
  defineSpace,
  dense,
  factorizedReduction,
  flatten,
  globalAveragePool,
  type GraphBuilder,
  type NodeRef,
  repeat,
  type SearchSpace,
  sizes,
  z,
} from 'weft-nas';
import { elasticCnn } from '../../search-spaces/elastic-cnn.js';
import { elasticMlp } from '../../search-spaces/elastic-mlp.js';
import { elasticTransformer } from '../../search-spaces/elastic-transformer.js';
import { latencyOf, measureLatency } from '../../src/search/latency.js';
import { createParameterStore } from '../../src/supernet/parameter-store.js';
import { catalogue, childCatalogue } from '../../src/supernet/catalogue.js';
import { activeWeights, readSlice, writeSlice } from '../../src/supernet/slices.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf } from '../../src/tensor/tf.js';
import { examples } from '../contract/space-table.js';
import { messageOf } from '../said.js';

const TASK = { inputShape: [6, 6, 1], classes: 3 };
const TEXT = { kind: 'language', inputShape: [5], classes: 4 } as const;

function spaceOf(write: (g: GraphBuilder, width: ReturnType<typeof sizes<number>>) => NodeRef) {
  return defineSpace({
    name: 'own',
    description: '',
    options: z.strictObject({}),
    choices: () => ({ width: sizes([2, 4]) }),
    graph: (g, { width }) =>
      g.elastic('head', {}, () => dense({ units: 3 }), g.elastic('pool', {}, globalAveragePool, write(g, width))),
  }).create({}, TASK);
}

describe('elastic operations', () => {
  before(() => loadBackend());

  it('keep one name and the largest shape, and give a child the leading channels and the centre of the window', () => {
    const space = elasticCnn.create({ widths: [[1, 2]], depths: [1], kernels: [1, 3], block: 'plain', stem: 1 }, TASK);
    const name = 'stage0/block0/conv/linear/kernel';
    expect(catalogue(space.supernet).parameters.get(name)!.shape).to.deep.equal([3, 3, 1, 2]);
    const small = createChild(space, space.decode(space.encode(space.fromGenotype([0, 0, 0, 0]))));
    expect(small.slices!.get(name)!.shape).to.deep.equal([1, 1, 1, 1]);
    const whole = tf.range(0, 18).reshape([3, 3, 1, 2]);
    const spec = small.slices!.get(name)!;
    const part = readSlice(whole, spec);
    expect([...part.dataSync()]).to.deep.equal([8]); // Row 1, column 1, channel 0.
    const back = writeSlice(whole, spec, tf.fill([1, 1, 1, 1], -1));
    expect([...back.dataSync()]).to.deep.equal(Array.from({ length: 18 }, (_, i) => (i === 8 ? -1 : i)));
    tf.dispose([whole, part, back]);
  });

  it('compute the same as a network of that size with the slices as its weights', () => {
    for (const [space, genotype] of [
      [elasticMlp.create({ depths: [1, 2], widths: [3, 5] }, TASK), [1, 0, 1]],
      [
        elasticCnn.create({ widths: [[2, 3]], depths: [1, 2], kernels: [3, 5], expansions: [1, 2], stem: 2 }, TASK),
        [0, 1, 0, 1, 1, 0],
      ],
      [
        elasticTransformer.create(
          { widths: [2, 4, 6], depths: [1, 2], heads: [1, 2], headSize: 2, ratios: [1, 2] },
          TEXT,
        ),
        [1, 1, 0, 1, 1, 0],
      ],
      [
        elasticTransformer.create(
          { widths: [2, 4, 6], depths: [1, 2], heads: [1, 2], headSize: 2, ratios: [1, 2] },
          { inputShape: [1, 5, 3], classes: 2 },
        ),
        [1, 1, 0, 1, 1, 0],
      ],
    ] as [SearchSpace, number[]][]) {
      const child = createChild(space, space.fromGenotype(genotype));
      const shared = createParameterStore(catalogue(space.supernet), 4);
      const own = createParameterStore(childCatalogue(space, child), 4, [
        ...child.parameterNames,
        ...child.statisticNames,
      ]);
      const slices: Record<string, tf.Tensor> = {};
      for (const name of child.parameterNames)
        slices[name] = tf.tidy(() =>
          readSlice(shared.parameters[name]!, childCatalogue(space, child).parameters.get(name)!).clone(),
        );
      own.assign(slices);
      const { x, labels } = examples(space.task, 4);
      for (const normalization of ['batch', 'running'] as const) {
        const [a, b] = [shared, own].map(({ parameters, statistics }) =>
          tf.tidy(() => [...child.forward(parameters, statistics, x, { training: false, normalization }).dataSync()]),
        );
        expect(a).to.deep.equal(b);
      }
      tf.dispose([x, labels]);
      shared.dispose();
      own.dispose();
    }
  });

  it('have a latency at every size', () => {
    const space = elasticMlp.create({ depths: [1], widths: [2, 3] }, TASK);
    const table = measureLatency(space, 1);
    for (const architecture of space.enumerate())
      expect(latencyOf(space.activate(architecture), table)).to.be.greaterThan(0);
  });

  it('refuse what cannot be sliced, what would grow, and invalid sizes', () => {
    expect(
      messageOf(() =>
        spaceOf((g, width) =>
          g.elastic('halve', { width }, ({ width: filters }) => factorizedReduction({ filters }), g.input),
        ),
      ),
    ).to.match(/own\/halve is the operation 'factorized-reduction', which cannot be sliced/);
    expect(
      messageOf(() =>
        spaceOf((g, width) =>
          g.elastic('odd', { width }, ({ width: filters }) => conv({ filters: 5 - filters, size: 1 }), g.input),
        ),
      ),
    ).to.match(/'kernel' of own\/odd is \[1, 1, 1, 3\] at some sizes, and \[1, 1, 1, 1\] at the largest/);
    expect(
      messageOf(() => spaceOf((g) => g.elastic('none', { width: sizes([2]) }, () => batchNorm(), g.input))),
    ).to.match(/choice that is not in the tree/);
    expect(messageOf(() => elasticMlp.create({ depths: [1], widths: [0, 2] }, TASK))).to.match(/widths/);
    expect(
      messageOf(() =>
        spaceOf((g, width) => {
          const wide = g.elastic('wide', { width }, ({ width: filters }) => conv({ filters, size: 1 }), g.input);
          g.elastic(
            'mixed',
            {},
            () => dense({ units: 2 }),
            g.select('either', width, [g.apply('flat', flatten(), g.input), wide]),
          );
          return wide;
        }),
      ),
    ).to.match(/own\/mixed/);
    tf.tidy(() => {
      const spec = { shape: [3], initial: 0 };
      expect(messageOf(() => readSlice(tf.zeros([2]), spec))).to.match(/a slice \[3\] of a tensor \[2\]/);
      expect(messageOf(() => writeSlice(tf.zeros([2]), spec, tf.zeros([3])))).to.match(
        /a slice \[3\] of a tensor \[2\]/,
      );
    });
  });

  it('give as many networks as once-for-all: (9² + 9³ + 9⁴)⁵', () => {
    const stage = choiceSpace(
      'stage',
      { depth: sizes([2, 3, 4]), blocks: repeat(4, () => ({ kernel: sizes([3, 5, 7]), expansion: sizes([3, 4, 6]) })) },
      [
        {
          name: 'blocks that are left out have the first sizes',
          holds: ({ depth, blocks }) =>
            blocks.slice(depth).every(({ kernel, expansion }) => kernel === 3 && expansion === 3),
        },
      ],
    );
    expect(stage.size()).to.equal(7371n);
    expect(stage.size() ** 5n).to.equal(21758655492572485851n);
  });

  it('give as many transformers as AutoFormer: 3 widths, 3 depths, and 4 blocks with 2 numbers of heads and 2 ratios each', () => {
    const ofDepth = (depth: number) =>
      choiceSpace('autoformer', {
        width: sizes([192, 216, 240]),
        blocks: repeat(depth, () => ({ heads: sizes([3, 4]), ratio: sizes([35, 40]) })),
      }).size();
    expect([12, 13, 14].reduce((sum, depth) => sum + ofDepth(depth), 0n)).to.equal(1056964608n);
  });

  it('attend with the heads of the largest network, and never to later positions', () => {
    const space = elasticTransformer.create(
      { widths: [4], depths: [1], heads: [1, 2], headSize: 2, ratios: [1] },
      TEXT,
    );
    const store = createParameterStore(catalogue(space.supernet), 2);
    const [one, two] = [0, 1].map((heads) => createChild(space, space.fromGenotype([0, 0, heads, 0])));
    expect(one!.slices!.get('block0/attention/heads/query/kernel')!.shape).to.deep.equal([4, 2]);
    expect(one!.slices!.get('block0/attention/heads/projection/kernel')!.shape).to.deep.equal([2, 4]);
    const logits = (child: typeof one, ids: number[]): number[][] =>
      tf.tidy(
        () =>
          child!
            .forward(store.parameters, {}, tf.tensor2d([ids], [1, 5], 'int32'), {
              training: false,
              normalization: 'batch',
            })
            .arraySync() as number[][][],
      )[0]!;
    const [a, b] = [logits(two, [0, 1, 2, 3, 0]), logits(two, [0, 1, 2, 0, 3])];
    expect(a.slice(0, 3)).to.deep.equal(b.slice(0, 3));
    expect(a[3]).to.not.deep.equal(b[3]);
    // A second head whose projection is zero adds nothing.
    const projection = store.parameters['block0/attention/heads/projection/kernel']!;
    store.assign({
      'block0/attention/heads/projection/kernel': tf.tidy(() =>
        tf.mul(projection, tf.tensor2d([1, 1, 0, 0], [4, 1])).clone(),
      ),
    });
    const [fewer, more] = [one, two].map((child) => logits(child, [0, 1, 2, 3, 0]).flat());
    fewer!.forEach((value, i) => expect(more![i]).to.be.closeTo(value, 1e-6));
    store.dispose();
  });

  it('read windows of a text that are shorter than those for which they were built', () => {
    const space = elasticTransformer.create({ widths: [4], depths: [1], heads: [1], headSize: 2, ratios: [1] }, TEXT);
    const store = createParameterStore(catalogue(space.supernet), 2);
    const child = createChild(space, space.fromGenotype([0, 0, 0, 0]));
    const shape = tf.tidy(
      () =>
        child.forward(store.parameters, {}, tf.tensor2d([[0, 1, 2]], [1, 3], 'int32'), {
          training: false,
          normalization: 'batch',
        }).shape,
    );
    expect(shape).to.deep.equal([1, 3, 4]);
    store.dispose();
  });

  it('share a step only if the largest takes part', () => {
    const space = elasticMlp.create({ depths: [1], widths: [2, 3, 4] }, TASK);
    const store = createParameterStore(catalogue(space.supernet), 1);
    const [small, middle, large] = [0, 1, 2].map((index) => createChild(space, space.fromGenotype([0, index])));
    expect(messageOf(() => activeWeights([small!, middle!], store.parameters))).to.match(/different slices of 'layer0/);
    const active = activeWeights([large!, small!, middle!], store.parameters);
    expect(Object.keys(active.values).sort()).to.deep.equal([...large!.parameterNames].sort());
    active.dispose();
    store.dispose();
  });
});
