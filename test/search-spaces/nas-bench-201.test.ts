import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'chai';
import {
  nasBench201,
  canonicalCell,
  type Cell,
  fromBenchmark,
  toBenchmark,
} from '../../search-spaces/nas-bench-201.js';
import { readBenchmarkTable } from '../../src/tabular/index.js';

const space = nasBench201.create({ filters: 4 }, { inputShape: [8, 8, 3], classes: 10 });
const cells = [...space.enumerate()];
const TABLE = resolve(process.cwd(), '..', 'shared', 'data', 'nasbench201', 'nats_bench.csv');

describe('the space nas-bench-201', () => {
  it('has 15,625 cells, each with its own text in the notation of the benchmark', () => {
    expect(space.size()).to.equal(15625n);
    expect(new Set(cells.map(toBenchmark)).size).to.equal(15625);
    for (const cell of cells) expect(fromBenchmark(toBenchmark(cell))).to.deep.equal(cell);
    expect(toBenchmark([['conv3'], ['none', 'skip'], ['avg3', 'conv1', 'skip']])).to.equal(
      '|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|skip_connect~2|',
    );
  });

  it('has 6,466 different cells', () => {
    expect(new Set(cells.map(canonicalCell)).size).to.equal(6466);
  });

  it('has a graph that identifies a network by its hash, however it is encoded', () => {
    const direct = space.canonicalHash([['none'], ['conv3', 'none'], ['none', 'none', 'skip']]);
    expect(space.canonicalHash([['skip'], ['none', 'conv3'], ['none', 'none', 'skip']])).to.equal(direct);
    expect(space.canonicalHash([['none'], ['none', 'none'], ['conv3', 'none', 'none']])).to.equal(direct);
    expect(space.canonicalHash([['none'], ['none', 'none'], ['conv1', 'none', 'none']])).to.not.equal(direct);
  });

  it('uses none of the weights before an unconnected cell', () => {
    const apart: Cell = [['conv3'], ['conv3', 'skip'], ['none', 'none', 'none']];
    expect(space.activate(apart).map(({ name }) => name)).to.not.include('stem');
    expect(space.activate([['none'], ['none', 'none'], ['skip', 'none', 'none']]).map(({ name }) => name)).to.include(
      'stem',
    );
  });

  it('refuses text that is not a cell', () => {
    expect(() => fromBenchmark('|nor_conv_3x3~0|')).to.throw('1 nodes');
    expect(() => fromBenchmark('|nor_conv_3x3~0|+|none~0|+|a~0|b~1|c~2|')).to.throw('node 2');
    expect(() => fromBenchmark('|nor_conv_3x3~0|+|none~0|nor_conv_7x7~1|+|none~0|none~1|none~2|')).to.throw(
      'nor_conv_7x7',
    );
    expect(() => fromBenchmark('|nor_conv_3x3~0|+|none~0|none~0|+|none~0|none~1|none~2|')).to.throw('node 1');
  });

  describe('against the published table', () => {
    before(function () {
      if (!existsSync(TABLE)) this.skip();
    });

    it('reads every cell, and its canonical form is the published one', () => {
      const table = readBenchmarkTable(TABLE);
      const unique = table.text('UniqueString');
      table.text('ArchitectureString').forEach((text, row) => {
        expect(toBenchmark(fromBenchmark(text))).to.equal(text);
        expect(canonicalCell(fromBenchmark(text))).to.equal(unique[row]);
      });
    });

    it('finds the known extremes', () => {
      const table = readBenchmarkTable(TABLE);
      const cifar10 = table.numbers('CIFAR10TestAccuracy200Epochs');
      expect(Math.max(...cifar10)).to.be.closeTo(94.3733, 1e-4);
      expect(Math.max(...table.numbers('CIFAR100TestAccuracy200Epochs'))).to.be.closeTo(73.5133, 1e-4);
      expect(Math.max(...table.numbers('ImageNetTestAccuracy200Epochs'))).to.be.closeTo(47.3111, 1e-4);
      expect(cifar10.reduce((sum, value) => sum + value, 0) / cifar10.length).to.be.closeTo(87.063, 1e-3);
      const allSkip = toBenchmark([['skip'], ['skip', 'skip'], ['skip', 'skip', 'skip']]);
      expect(cifar10[table.text('ArchitectureString').indexOf(allSkip)]).to.be.closeTo(54.2967, 1e-4);
    });
  });
});
