/** Parquet files: what the same table in CSV is. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openDataset } from '../../src/data/open.js';
import { readRows } from '../../src/data/unlabelled.js';
import { expectError, folderWith, removeFolders } from './files.js';

/**
 * Twelve rows as pyarrow writes them (snappy): width (a double, one of them null), colour, count (int64), day (a date),
 * label.
 */
const WRITTEN_BY_PYARROW =
  'UEFSMRUAFb4BFXwsFRgVABUGFQYcAAAAXxwDAAAABfcPAAUBBOA/BQcEAPgNCAQEQAkQABINCAAWDQgAGg0IAB4NCAAhDQgAIw0IJCVAAAAAAAAAJ0AVABXAARU4LBUYFQAVBhUGHAAAAGBQAgAAABgBAwAAAHJlZAQAAABibHVl/g8AHQ8VABXMARWkASwVGBUAFQYVBhwAAABmGAIAAAAYAQANAQhAQg8FCgiAhB4FCAjAxi0FCAgACT0FCAhAS0wFCAiAjVsFCAjAz2oFCAgAEnoFCAhAVIkFCDyAlpgAAAAAAMDYpwAAAAAAFQAVbBVwLBUYFQAVBhUGHAAAADbUAgAAABgBC00AAAxNAAANTQAADk0AAA9NAAAQTQAAEU0AABJNAAATTQAAFE0AABVNAAAWTQAAFQAVhAEVNCwVGBUAFQYVBhwAAABCKAIAAAAYAQEAAABhAQUAYgEFAGMBBaIPABUEGWw1ABgGc2NoZW1hFQoAFQolAhgFd2lkdGgAFQwlAhgGY29sb3VyJQBMHAAAABUEJQIYBWNvdW50ABUCJQIYA2RheSUMTGwAAAAVDCUCGAVsYWJlbCUATBwAAAAWGBkcGVwmABwVChklBgAZGAV3aWR0aBUCFhgW5gEWpAEmCEkcFQAVABUCADwpBhkmAhYAAAAmABwVDBklBgAZGAZjb2xvdXIVAhYYFugBFmAmrAFJHBUAFQAVAgA8FlQZBhkmABgAAAAmABwVBBklBgAZGAVjb3VudBUCFhgW9gEWzgEmjAJJHBUAFQAVAgA8KQYZJgAYAAAAJgAcFQIZJQYAGRgDZGF5FQIWGBaSARaWASbaA0kcFQAVABUCADwpBhkmABgAAAAmABwVDBklBgAZGAVsYWJlbBUCFhgWrAEWXCbwBEkcFQAVABUCADwWGBkGGSYAGAAAABaCCBYYJggWxAUAGRwYDEFSUk9XOnNjaGVtYRisAy8vLy8vemdCQUFBUUFBQUFBQUFLQUF3QUJnQUZBQWdBQ2dBQUFBQUJCQUFNQUFBQUNBQUlBQUFBQkFBSUFBQUFCQUFBQUFVQUFBRFlBQUFBbUFBQUFGd0FBQUF3QUFBQUJBQUFBRXovLy84QUFBRVVFQUFBQUJnQUFBQUVBQUFBQUFBQUFBVUFBQUJzWVdKbGJBQUFBSGovLy85MC8vLy9BQUFCQ0JBQUFBQVVBQUFBQkFBQUFBQUFBQUFEQUFBQVpHRjVBR0wvLy84QUFBQUFuUC8vL3dBQUFRSVFBQUFBSUFBQUFBUUFBQUFBQUFBQUJRQUFBR052ZFc1MEFBQUFDQUFNQUFnQUJ3QUlBQUFBQUFBQUFVQUFBQURVLy8vL0FBQUJGQkFBQUFBY0FBQUFCQUFBQUFBQUFBQUdBQUFBWTI5c2IzVnlBQUFFQUFRQUJBQUFBQkFBRkFBSUFBWUFCd0FNQUFBQUVBQVFBQUFBQUFBQkF4QUFBQUFjQUFBQUJBQUFBQUFBQUFBRkFBQUFkMmxrZEdnQUJnQUlBQVlBQmdBQUFBQUFBZ0E9ABggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyNi4wLjEZXBwAABwAABwAABwAABwAAABYAwAAUEFSMQ==';

const CSV = [
  'width,colour,count,day,label',
  ...Array.from({ length: 12 }, (_, i) =>
    [
      i === 3 ? '' : i + 0.5,
      ['red', 'blue'][i % 2],
      i * 1e6,
      `2024-01-${String(i + 1).padStart(2, '0')}`,
      ['a', 'b', 'c'][i % 3],
    ].join(','),
  ),
].join('\n');

describe('Parquet', () => {
  let folder: string;
  before(() => {
    folder = folderWith({ 't.csv': CSV, 't.parquet': Buffer.from(WRITTEN_BY_PYARROW, 'base64') });
  });
  after(removeFolders);

  it('gives the same data as the table in CSV', () => {
    const [expected, read] = ['t.csv', 't.parquet'].map((file) => openDataset(join(folder, file)));
    expect(read!.train).to.deep.equal(expected!.train);
    expect(read!.encoding).to.deep.equal(expected!.encoding);
    expect([read!.name, read!.classNames, read!.sources.length]).to.deep.equal(['t', ['a', 'b', 'c'], 1]);
    const form = { inputShape: expected!.inputShape, columns: expected!.columns, encoding: expected!.encoding };
    const rows = readRows(join(folder, 't.parquet'), form);
    expect(rows.images).to.deep.equal(expected!.train.images);
    expect(rows.names[0]).to.equal(`${join(folder, 't.parquet')}:1`);
  });

  it('is refused by name if it cannot be read', () => {
    writeFileSync(join(folder, 'broken.parquet'), 'PAR1 and nothing more');
    expectError('data', () => openDataset(join(folder, 'broken.parquet')), /broken\.parquet cannot be read \(parquet/);
    expectError('config', () => openDataset(join(folder, 't.parquet'), { header: false }), /data\.header/);
    expectError('config', () => openDataset(join(folder, 't.parquet'), { charset: 'latin1' }), /data\.charset/);
    expectError('data', () => openDataset(join(folder, 't.parquet'), { label: 'colours' }), /'colours'/);
  });
});
