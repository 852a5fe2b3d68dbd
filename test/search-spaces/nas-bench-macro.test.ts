import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { multiplyAddCount, parameterCount, readNetworkTable, rowLookup, stream, tableColumn } from 'weft-nas';
import { nasBenchMacro } from '../../search-spaces/nas-bench-macro.js';
import { sampleTable } from '../../src/tabular/sample.js';

const TABLE = resolve(process.cwd(), '..', 'shared', 'data', 'nas-tables', 'nas-bench-macro_cifar10.json');

describe('NAS-Bench-Macro', () => {
  const space = nasBenchMacro.create({}, { inputShape: [32, 32, 3], classes: 10 });
  const named = (digits: string) => space.fromGenotype([...digits].map(Number));

  it('has 3^8 networks, equal where identities make them equal', () => {
    expect(space.size()).to.equal(6561n);
    const hash = (digits: string): string => space.canonicalHash(named(digits));
    expect(hash('00000010')).to.equal(hash('00000001'));
    expect(hash('00010000')).to.equal(hash('00001000'));
    expect(hash('00000100')).not.to.equal(hash('00000010'));
    expect(hash('00000012')).not.to.equal(hash('00000021'));
    const last = Array.from({ length: 27 }, (_, i) => i.toString(3).padStart(8, '0')).map(hash);
    // The first layer of a stage is one of three; of the two others seven pairs differ. 9 · 21 · 21 = 3,969.
    expect(new Set(last).size).to.equal(21);
  });

  it('has the published numbers of parameters and multiply-adds', function () {
    if (!existsSync(TABLE)) this.skip();
    const table = readNetworkTable([TABLE]);
    const [parameters, multiplyAdds] = ['parameters', 'multiplyAdds'].map((name) => tableColumn(table, name).values);
    const row = rowLookup(space, table);
    const sample = sampleTable(space, table, 120, stream(1, 'macro'));
    expect(sample).to.have.length(120);
    for (const { architecture, row: at } of sample) {
      expect(row(architecture)).to.equal(at);
      const nodes = space.activate(architecture);
      expect(parameterCount(nodes), table.keys[at]).to.equal(parameters![at]);
      expect(multiplyAddCount(nodes), table.keys[at]).to.equal(multiplyAdds![at]);
    }
    const best = row(named('22212220'));
    expect(tableColumn(table, 'mean_acc').values[best]).to.be.closeTo(93.127, 0.001);
  });

  it('is retrained with the options for it', () => {
    const small = nasBenchMacro.create(
      { filters: 4, features: 16, retrainFilters: 8, retrainFeatures: 32 },
      { inputShape: [32, 32, 3], classes: 10 },
    );
    const count = (of: typeof small): number => parameterCount(of.activate(of.fromGenotype(Array(8).fill(0))));
    expect(count(small)).to.be.below(count(small.forRetraining()));
  });
});
