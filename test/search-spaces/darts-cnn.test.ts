import { expect } from 'chai';
import { depthwiseConv, loadBackend, nn, stream, tf } from 'weft-nas';
import { dartsCnn, dartsNetworks, everyOther } from '../../search-spaces/darts-cnn.js';

const task = { inputShape: [8, 8, 3], classes: 10 };

describe('the space darts-cnn', () => {
  it('has the 10^18 networks of the paper, and the architectures that unused edges add', () => {
    // (1·3·6·10 pairs of inputs · 7^8 operations)² is the paper's "about 10^18".
    expect(dartsNetworks(4)).to.equal((180n * 7n ** 8n) ** 2n);
    expect(Number(dartsNetworks(4))).to.be.closeTo(1.077e18, 1e15);
    expect(dartsCnn.create({}, task).size()).to.equal((180n * 7n ** 14n) ** 2n);
  });

  it('lets an operation on an unused edge change nothing', () => {
    const space = dartsCnn.create({ nodes: 2, layers: 1, filters: 2 }, task);
    const cell = (unused: 'sep3' | 'max3') =>
      [
        { inputs: '01', ops: ['skip', 'sep3'] },
        { inputs: '02', ops: ['dil3', unused, 'avg3'] },
      ] as const;
    const hash = (unused: 'sep3' | 'max3'): string =>
      space.canonicalHash({ normal: cell(unused), reduction: cell(unused) });
    expect(hash('sep3')).to.equal(hash('max3'));
    const nodes = space.activate({ normal: cell('sep3'), reduction: cell('sep3') });
    expect(nodes.find(({ name }) => name === 'cell0/node1')!.inputs).to.deep.equal([
      'cell0/node1/from0/dil3',
      'cell0/node1/from2/avg3',
    ]);
    expect(
      nodes.filter(({ name }) => /^cell\d\/nodes$/.test(name)).map(({ output }) => output.join('x')),
    ).to.deep.equal(['4x4x8', '2x2x16', '2x2x16']);
  });

  for (const [height, width] of [
    [8, 6],
    [7, 5],
  ] as const) {
    it(`dilates by two: a window of 3 on every other position is one of 5 with holes, on ${height}x${width}`, async () => {
      await loadBackend('cpu');
      tf.tidy(() => {
        const rng = stream(1, 'dilated');
        const values = (size: number): Float32Array => Float32Array.from({ length: size }, () => rng.normal());
        const x = tf.tensor4d(values(2 * height * width * 3), [2, height, width, 3]);
        const kernel = tf.tensor4d(values(27), [3, 3, 3, 1]);
        const built = everyOther(depthwiseConv({ size: 3 })).build([[height, width, 3]]);
        const context = {
          mode: { training: true, normalization: 'batch' },
          parameter: () => kernel,
        } as unknown as Parameters<typeof built.forward>[1];
        const ours = built.forward([x], context);
        const wide = tf.buffer([5, 5, 3, 1]);
        kernel
          .dataSync()
          .forEach((value, i) => wide.set(value, 2 * Math.floor(i / 9), 2 * (Math.floor(i / 3) % 3), i % 3, 0));
        const reference = nn.depthwiseConv2d(x, wide.toTensor() as tf.Tensor4D, { stride: 1, padding: 'same' });
        expect(ours.shape).to.deep.equal(reference.shape);
        expect(tf.max(tf.abs(tf.sub(ours, reference))).dataSync()[0]).to.be.below(1e-5);
        expect(built.multiplyAdds).to.equal(4 * Math.ceil(height / 2) * Math.ceil(width / 2) * 9 * 3);
      });
    });
  }
});
