import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { classCounts } from '../../src/data/dataset.js';
import { readDigits } from '../../src/data/digits.js';
import { sha256 } from '../../src/data/source.js';
import { sharedData } from './files.js';

describe('the embedded digits', () => {
  const { train, test, inputShape, classes } = readDigits();

  it('are 1,797 images of 8x8, with 360 set aside', () => {
    expect([train.count, test!.count]).to.deep.equal([1437, 360]);
    expect(inputShape).to.deep.equal([8, 8, 1]);
    expect(Math.max(...train.images)).to.equal(16);
    expect([...classCounts(test!.labels, classes)]).to.deep.equal([36, 37, 35, 37, 36, 36, 36, 36, 35, 36]);
  });

  it('always keep the same test part', () => {
    const bytes = Uint8Array.from([...test!.images, ...test!.labels]);
    expect(sha256(bytes)).to.equal('c9c9afc988c2b24c98c1cd20095dabf57230cf0705d6de41e9bcd0bf39491d5e');
  });

  it('are those of the source file, split as their README says', function () {
    const folder = sharedData('digits');
    if (!folder) return this.skip();
    const rows = gunzipSync(readFileSync(join(folder, 'digits.csv.gz')))
      .toString()
      .trim()
      .split('\n')
      .map((line) => line.split(',').map(Number));
    const quota = [36, 37, 35, 37, 36, 36, 36, 36, 35, 36];
    const picked = new Set<number>();
    quota.forEach((wanted, c) => {
      const members = rows.flatMap((row, index) => (row[64] === c ? [index] : []));
      for (let i = 0; i < wanted; i++) picked.add(members[Math.floor(((i + 0.5) * members.length) / wanted)]!);
    });
    const part = (inTest: boolean): number[] =>
      rows.filter((_, index) => picked.has(index) === inTest).flatMap((row) => row.slice(0, 64));
    expect([...test!.images]).to.deep.equal(part(true));
    expect([...train.images]).to.deep.equal(part(false));
    expect([...test!.labels]).to.deep.equal(rows.filter((_, index) => picked.has(index)).map((row) => row[64]));
  });
});
