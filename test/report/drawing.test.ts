import { expect } from 'chai';
import { toDot } from '../../src/report/drawing/dot.js';
import { architectureSvg, supernetSvg } from '../../src/report/drawing/index.js';
import { outlineChild, outlineSupernet } from '../../src/report/drawing/outline.js';
import { usage } from '../../src/report/drawing/usage.js';
import { type SearchSpace } from '../../src/graph/define-space.js';
import { stream } from '../../src/tensor/rng.js';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { microCnn } from '../../search-spaces/micro-cnn.js';
import { mlp } from '../../search-spaces/mlp.js';
import { DIGITS } from './fixture.js';
import { expectGolden } from './golden.js';
import { markupMistake } from './well-formed.js';

const macro = (layers: number): SearchSpace => macroCnn.create({ layers, filters: 4 }, DIGITS);

interface MacroArchitecture {
  readonly layers: readonly { op: string; skip: readonly boolean[] }[];
}

describe('architecture drawings', () => {
  it('has one box for every chosen operation and one edge for every skip connection', () => {
    const space = macro(8);
    for (let i = 0; i < 20; i++) {
      const architecture = space.sample(stream(i, 'drawing')) as MacroArchitecture;
      const { nodes, edges } = outlineChild(space, architecture);
      expect(nodes.filter(({ role }) => role === 'choice').map(({ label }) => label)).to.deep.equal(
        architecture.layers.map(({ op }) => op),
      );
      const skips = architecture.layers.flatMap(({ skip }) => skip).filter(Boolean).length;
      expect(edges.filter(({ main }) => !main)).to.have.length(skips);
      const ids = new Set(nodes.map(({ id }) => id));
      for (const { from, to } of edges) expect(ids.has(from) && ids.has(to)).to.equal(true);
    }
  });

  it('keeps the two changes of resolution on the main path and marks skip connections that cross them', () => {
    const space = macro(6);
    const genotype = space.cardinalities.map((cardinality) => (cardinality === 2 ? 1 : 0));
    const { nodes, edges } = outlineChild(space, space.fromGenotype(genotype));
    expect(nodes.filter(({ role }) => role === 'resize').map(({ label }) => label)).to.deep.equal(['÷2', '÷2']);
    // Of 15 skip connections those between layers of one third of the network, and from the layer just before a third,
    // need no change.
    expect(edges.filter(({ resized }) => resized)).to.have.length(8);
    expect(edges.filter(({ main, resized }) => !main && !resized)).to.have.length(7);
  });

  it('writes the graph for Graphviz and as SVG, the same every time', async () => {
    const space = macro(6);
    const architecture = space.sample(stream(3, 'golden'));
    expectGolden('architecture.dot', toDot(outlineChild(space, architecture), {}));
    for (const [name, options] of Object.entries({
      down: {},
      right: { direction: 'right' },
      thumbnail: { direction: 'right', thumbnail: true },
    } as const)) {
      const svg = await architectureSvg(space, architecture, options);
      expect(await architectureSvg(space, architecture, options)).to.equal(svg);
      expect(markupMistake(svg)).to.equal(undefined);
      expect(svg).to.not.match(/NaN|undefined| id=/);
      expectGolden(`architecture-${name}.svg`, svg);
    }
  });

  it('draws any space: branches, selections of nodes, fully connected layers', async () => {
    const space = mlp.create({}, DIGITS) as SearchSpace;
    for (let i = 0; i < 10; i++) {
      const svg = await architectureSvg(space, space.sample(stream(i, 'mlp')));
      expect(markupMistake(svg)).to.equal(undefined);
      expect(svg).to.include('classifier');
    }
    // Layers that keep the width are layers all the same; what only normalizes is no box.
    const { nodes } = outlineChild(space, {
      width: 64,
      depth: 2,
      layers: Array(4).fill({ activation: 'tanh', skip: true }),
    });
    expect(nodes.map(({ label }) => label)).to.deep.equal([
      '8×8×1',
      'flatten · stem',
      'tanh',
      '+',
      'linear',
      'tanh',
      '+',
      'classifier',
    ]);
  });

  it('counts how often each part of the supernet is used', () => {
    const space = macro(3);
    const architectures = Array.from({ length: 40 }, (_, i) => space.sample(stream(i, 'usage'))) as MacroArchitecture[];
    const used = usage(space, architectures);
    const share = (op: string): number => architectures.filter(({ layers }) => layers[1]!.op === op).length / 40;
    expect(used.node('layer1/sep3')).to.equal(share('sep3'));
    expect(used.node('stem')).to.equal(1);
    const [, second] = outlineSupernet(space, architectures).nodes.filter(({ role }) => role === 'choices');
    expect(second!.options!.map(({ name, share }) => [name, share])).to.deep.equal(
      ['conv3', 'sep3', 'conv5', 'sep5', 'avg3', 'max3'].map((op) => [op, share(op)]),
    );
    expect(second!.options!.reduce((sum, option) => sum + option.share, 0)).to.be.closeTo(1, 1e-12);
    const skip = outlineSupernet(space, architectures).edges.filter(({ main }) => !main);
    expect(skip.map((edge) => edge.share).sort()).to.deep.equal(
      [
        [1, 0],
        [2, 0],
        [2, 1],
      ]
        .map(([to, from]) => architectures.filter(({ layers }) => layers[to!]!.skip[from!]).length / 40)
        .sort(),
    );
    expect(usage(space, []).node('stem')).to.equal(0);
  });

  it('draws cells, where one of several inputs is selected and then one of several operations on it', async () => {
    const space = microCnn.create(
      { nodes: 2, layers: 1, reductions: 1, filters: 2 },
      { inputShape: [8, 8, 1], classes: 10 },
    );
    const architectures = Array.from({ length: 3 }, (_, i) => space.sample(stream(i, 'micro')));
    expect(markupMistake(await supernetSvg(space, architectures))).to.equal(undefined);
    expect(outlineChild(space, architectures[0]).nodes.filter(({ role }) => role === 'choice')).to.have.length.within(
      4,
      8,
    );
  });

  it('draws the supernet', async () => {
    const space = macro(4);
    const architectures = Array.from({ length: 12 }, (_, i) => space.sample(stream(i, 'supernet')));
    const svg = await supernetSvg(space, architectures);
    expect(markupMistake(svg)).to.equal(undefined);
    expectGolden('supernet.svg', svg);
    expect(toDot(outlineSupernet(space, architectures), {})).to.include('conv3 | sep3 | conv5 | sep5 | avg3 | max3');
  });
});
