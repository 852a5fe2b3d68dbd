/** What holds for every data set that has a name. A new one is one line in the table `DATASETS`. */
import { expect } from 'chai';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { datasetDescriptions, datasetNames, openDataset, type Dataset } from '../../src/data/index.js';
import { sha256 } from '../../src/data/source.js';
import { cifar, expectError, folderWith, removeFolders, tinyMnist } from '../data/files.js';

/** What is in its files where it has any: a few examples in the form of the real ones, and the shape of an example. */
const DATASETS: readonly {
  readonly name: string;
  readonly files?: Readonly<Record<string, Uint8Array>>;
  readonly inputShape: readonly number[];
}[] = [
  { name: 'digits', inputShape: [8, 8, 1] },
  { name: 'mnist', files: tinyMnist(), inputShape: [2, 3, 1] },
  {
    name: 'cifar10',
    files: { 'data_batch_1.bin': cifar([3, 1, 0, 2, 4, 5, 6, 7, 8, 9]), 'test_batch.bin': cifar([9, 8]) },
    inputShape: [32, 32, 3],
  },
];

describe('data sets by name', () => {
  after(removeFolders);

  it('are all in this table', () => {
    expect(DATASETS.map(({ name }) => name)).to.have.members([...datasetNames]);
  });

  for (const { name, files, inputShape } of DATASETS) {
    describe(name, () => {
      /** From a folder of its own name below the one that is named, and from that folder itself. */
      const opened = (): Dataset[] => {
        if (!files) return [openDataset(name), openDataset(name)];
        const folder = folderWith(
          Object.fromEntries(Object.entries(files).map(([file, bytes]) => [`${name}/${file}`, bytes])),
        );
        return [openDataset(name, { path: folder }), openDataset(name, { path: join(folder, name) })];
      };

      it('says what it is', () => {
        expect(datasetDescriptions[name]).to.be.a('string').and.not.empty;
      });

      it('has complete examples with labels of its classes, the same each time', () => {
        const [first, second] = opened() as [Dataset, Dataset];
        expect(first.name).to.equal(name);
        expect(first.inputShape).to.deep.equal(inputShape);
        for (const part of [first.train, ...(first.test ? [first.test] : [])]) {
          expect(part.count).to.be.above(0);
          expect(part.images).to.have.length(part.count * inputShape.reduce((a, b) => a * b));
          expect(part.labels).to.have.length(part.count);
          for (const label of part.labels) expect(label).to.be.at.least(0).and.below(first.classes);
        }
        expect(new Set(first.train.labels).size).to.equal(first.classes);
        expect(second.train).to.deep.equal(first.train);
        expect(second.test).to.deep.equal(first.test);
      });

      it('names what it was read from, with hashes', () => {
        const { sources } = opened()[0]!;
        expect(sources).to.not.be.empty;
        for (const { sha256: hash } of sources) expect(hash).to.match(/^[0-9a-f]{64}$/);
        if (files) expect(sources.map((one) => one.sha256)).to.have.members(Object.values(files).map(sha256));
      });

      it('refuses options of other formats, and says which files are missing', () => {
        expectError('config', () => openDataset(name, { label: 'x' }), name, 'label');
        if (!files) return;
        const empty = folderWith();
        mkdirSync(join(empty, name));
        expectError('data', () => openDataset(name, { path: empty }), `${name} was not found`, empty, 'put ');
      });
    });
  }
});
