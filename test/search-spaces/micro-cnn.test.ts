import { expect } from 'chai';
import { stream } from 'weft-nas';
import { microCnn, microSize, OPERATIONS } from '../../search-spaces/micro-cnn.js';

const task = { inputShape: [16, 16, 3], classes: 10 };
const plain = { from: 0, op: 'identity' } as const;
const same = { left: plain, right: { from: 1, op: 'avg3' } } as const;

describe('the space micro-cnn', () => {
  it('has as many networks as its decisions give: 2 inputs and 2 operations per node, 2 cells', () => {
    expect(microCnn.create({}, task).size()).to.equal(microSize(5));
    // Nodes see 2, 3, 4, 5 and 6 earlier ones: (5^5 · 6!)^4.
    expect(microSize(5)).to.equal((5n ** 5n * 720n) ** 4n);
    expect(microCnn.create({ nodes: 1 }, task).size()).to.equal(10_000n);
    expect([...microCnn.create({ nodes: 1 }, task).enumerate()]).to.have.length(10_000);
  });

  it('has more than the paper states, which is (5·(B-2)!)^4 for B = 7', () => {
    const printed = (5n * 120n) ** 4n;
    expect(printed).to.equal(129_600_000_000n);
    expect(microSize(5) > printed).to.equal(true);
  });

  it('puts the reductions where the ENAS code puts them: after a third and two thirds of the layers', () => {
    const space = microCnn.create({ nodes: 1, layers: 6, filters: 4 }, task);
    const shapes = space
      .activate({ normal: [same], reduction: [same] })
      .filter(({ name }) => /^cell\d+\/norm$/.test(name))
      .map(({ output }) => output.join('x'));
    expect(shapes).to.deep.equal(['16x16x4', '16x16x4', '8x8x8', '8x8x8', '8x8x8', '4x4x16', '4x4x16', '4x4x16']);
  });

  it('concatenates the nodes that no other node uses', () => {
    const space = microCnn.create({ nodes: 3, layers: 1, reductions: 0, filters: 4 }, task);
    const node = (left: number, right: number) =>
      ({ left: { from: left, op: 'max3' }, right: { from: right, op: 'sep3' } }) as const;
    const ends = (...nodes: ReturnType<typeof node>[]): readonly string[] =>
      space
        .activate({ normal: nodes, reduction: nodes })
        .find(({ name }) => name === 'cell0/ends')!
        .inputs.map((name) => name.replace('cell0/', ''));
    expect(ends(node(0, 1), node(0, 0), node(1, 1))).to.deep.equal(['end0', 'end1', 'end2']);
    expect(ends(node(0, 1), node(2, 0), node(1, 1))).to.deep.equal(['end1', 'end2']);
    expect(ends(node(0, 1), node(2, 0), node(3, 2))).to.deep.equal(['end2']);
  });

  it('gives five different networks for five operations, and one for the two ways to write a node', () => {
    const space = microCnn.create({ nodes: 1, layers: 1, reductions: 0, filters: 4 }, task);
    const other = { left: plain, right: plain };
    const hash = (left: object, right: object): string =>
      space.canonicalHash({ normal: [{ left, right }], reduction: [other] } as never);
    expect(new Set(OPERATIONS.map((op) => hash({ from: 0, op }, plain))).size).to.equal(5);
    expect(hash({ from: 0, op: 'sep3' }, { from: 1, op: 'max3' })).to.equal(
      hash({ from: 1, op: 'max3' }, { from: 0, op: 'sep3' }),
    );
  });

  it('retrains a deeper and wider stack of the same cells', () => {
    const space = microCnn.create(
      { nodes: 2, layers: 2, filters: 4, retrainLayers: 6, retrainFilters: 8, retrainDropPathKeep: 0.8 },
      task,
    );
    const architecture = space.sample(stream(1, 'micro'));
    const final = space.forRetraining();
    expect(final.encode(architecture)).to.equal(space.encode(architecture));
    const cells = (of: typeof space): number =>
      new Set(of.activate(architecture).flatMap(({ name }) => /^cell\d+/.exec(name) ?? [])).size;
    expect([cells(space), cells(final)]).to.deep.equal([4, 8]);
    expect(final.activate(architecture).find(({ name }) => name === 'cell0/norm')!.output).to.deep.equal([16, 16, 8]);
  });
});
