import { expect } from 'chai';
import { openSources } from '../../studies/preconditioners/images.js';
import { folderWith, mnistOf, removeFolders } from '../data/files.js';

describe('the images of the comparison of preconditioners', () => {
  after(removeFolders);

  const counts = (train: number, test: number): { train: number; validation: number; test: number } => {
    const path = folderWith(mnistOf({ size: 2, classes: 2, train: 48, test: 6 }));
    const { splits } = openSources({ path, train, test, seed: 1 }).data('mnist')!;
    return {
      train: splits.train.indices.length,
      validation: splits.validation.indices.length,
      test: splits.test.indices.length,
    };
  };

  it('are as many as asked for, or all where there are fewer', () => {
    expect(counts(24, 4)).to.deep.equal({ train: 22, validation: 2, test: 4 });
    expect(counts(49_152, 10_000)).to.deep.equal({ train: 44, validation: 4, test: 6 });
  });

  it('are missing with a reason where there are none', () => {
    const sources = openSources({ path: folderWith(), train: 10, test: 10, seed: 1 });
    expect(sources.data('mnist')).to.equal(undefined);
    expect(sources.missing().map(({ source }) => source)).to.deep.equal(['mnist']);
  });
});
