import { basename, dirname, join } from 'node:path';
import { expect } from 'chai';
import { findDataset, openDataset } from '../../src/data/open.js';
import { cifar, classFolder, expectError, folderWith, removeFolders, tinyMnist } from './files.js';

const under = (folder: string, files: Record<string, Uint8Array>): Record<string, Uint8Array> =>
  Object.fromEntries(Object.entries(files).map(([name, bytes]) => [join(folder, name), bytes]));
const tenClasses = { 'data_batch_1.bin': cifar([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) };
const nowhere = { cwd: '/nowhere', env: {} };

describe('openDataset', () => {
  after(removeFolders);

  it('opens the digits from anywhere', () => {
    expect(openDataset('digits', {}, nowhere).train.count).to.equal(1437);
  });

  it('looks for mnist in WEFT_DATA, ./data and ../shared/data, in this order', () => {
    const shared = folderWith({ ...under('shared/data/mnist', tinyMnist()), 'project/package.json': '{}' });
    const cwd = join(shared, 'project');
    expect(findDataset('mnist', {}, { cwd, env: {} }).folder).to.equal(join(shared, 'shared/data/mnist'));
    expect(openDataset('mnist', {}, { cwd, env: {} }).name).to.equal('mnist');
    const local = folderWith(under('data/mnist', tinyMnist()));
    expect(findDataset('mnist', {}, { cwd: local, env: {} }).folder).to.equal(join(local, 'data/mnist'));
    const own = folderWith(under('mnist', tinyMnist()));
    expect(findDataset('mnist', {}, { cwd: local, env: { WEFT_DATA: own } }).folder).to.equal(join(own, 'mnist'));
    expect(findDataset('mnist', {}, { cwd: local, env: { WEFT_DATA: join(own, 'mnist') } }).folder).to.equal(
      join(own, 'mnist'),
    );
  });

  it('looks only at the path if one is given', () => {
    const local = folderWith(under('data/mnist', tinyMnist()));
    const empty = folderWith();
    expectError(
      'data',
      () => openDataset('mnist', { path: empty }, { cwd: local, env: {} }),
      join(empty, 'mnist'),
      /option path, or WEFT_DATA/,
    );
    expect(openDataset('mnist', { path: 'data' }, { cwd: local, env: {} }).train.count).to.equal(2);
  });

  it('says where it looked for what it did not find', () => {
    expectError(
      'data',
      () => openDataset('cifar10', {}, nowhere),
      '/nowhere/data/cifar10',
      '/shared/data/cifar10',
      /'digits' needs no files/,
    );
  });

  const forms: [form: string, files: Record<string, Uint8Array | string>, shape: number[]][] = [
    ['IDX files', tinyMnist(), [2, 3, 1]],
    ['CIFAR-10 batches', tenClasses, [32, 32, 3]],
    ["the folder of CIFAR-10's archive", under('cifar-10-batches-bin', tenClasses), [32, 32, 3]],
    [
      'images by class',
      { ...classFolder('a', 2, [1, 2, 3]), ...classFolder('b', 1, [4, 5, 6]), 'notes.csv': 'a,b\n' },
      [4, 4, 3],
    ],
    [
      'images in train and test',
      { ...classFolder('train/a', 1, [1, 2, 3]), ...classFolder('train/b', 1, [4, 5, 6]) },
      [4, 4, 3],
    ],
    ['one CSV file', { 'any.csv': '1,2,a\n3,4,b\n' }, [1, 1, 2]],
    ['train.csv and test.csv', { 'train.csv': '1,a\n2,b\n', 'test.csv': '3,a\n', 'more.csv': '' }, [1, 1, 1]],
  ];
  for (const [form, files, shape] of forms)
    it(`recognizes ${form}`, () => {
      const folder = folderWith(files);
      const dataset = openDataset(`./${basename(folder)}`, {}, { cwd: dirname(folder), env: {} });
      expect(dataset.inputShape).to.deep.equal(shape);
      expect(dataset.name).to.equal(basename(folder));
    });

  it('opens a CSV file and names the data after it', () => {
    const folder = folderWith({ 'wine.csv': 'x,kind\n1,a\n2,b\n' });
    expect(openDataset(join(folder, 'wine.csv'), { label: 'kind' }).name).to.equal('wine');
  });

  it('refuses unknown names and lists the known ones', () => {
    expectError('data', () => openDataset('digit', {}, nowhere), /'digit'/, /did you mean 'digits'/, '/nowhere/digit');
    expectError('data', () => openDataset(folderWith()), /no data in a known form/, /train-images-idx3-ubyte/);
    expectError('data', () => openDataset(folderWith({ 'a/notes.txt': 'x' })), /no data in a known form/);
    expectError('data', () => openDataset(join(folderWith({ 'a.txt': 'x' }), 'a.txt')), /no data in a known form/);
    expectError(
      'data',
      () => openDataset(folderWith({ 'a.csv': '', 'b.csv': '' })),
      /a\.csv, b\.csv/,
      /train\.csv and test\.csv/,
    );
  });

  it('refuses options that do not apply to the data', () => {
    expectError('config', () => openDataset('digits', { size: [16, 16] }), /'size' does not apply/);
    expectError(
      'config',
      () => openDataset(folderWith({ 'a.csv': '1,2,a\n3,4,b\n' }), { size: [4, 4] }),
      /'size' does not apply to csv data/,
      /known: label, .*task, header, /,
    );
  });
});
