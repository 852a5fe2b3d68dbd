/** The public names of weft-nas, with their types: what programs rely on changes only where somebody wants it to. */
import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as weft from 'weft-nas';
import { ROOT } from '../search/weft.js';
import { declarationsOf } from './declarations.js';

const FIXTURE = join(ROOT, 'test/fixtures/public-names.txt');
const UPDATE = 'WEFT_UPDATE=1 npx mocha test/package/public-names.test.ts';

describe('the public names of weft-nas', () => {
  const declarations = declarationsOf(join(ROOT, 'src/index.ts'));
  const lines = [...declarations].map(([name, text]) => `${name}: ${text}`).sort();

  it(`are those of test/fixtures/public-names.txt; a change of them is a line of CHANGELOG.md, and written with \`${UPDATE}\``, () => {
    if (process.env['WEFT_UPDATE']) writeFileSync(FIXTURE, `${lines.join('\n')}\n`);
    const pinned = readFileSync(FIXTURE, 'utf8').trim().split('\n');
    expect(
      lines.filter((line) => !pinned.includes(line)),
      'new or changed',
    ).to.deep.equal([]);
    expect(
      pinned.filter((line) => !lines.includes(line)),
      'gone',
    ).to.deep.equal([]);
  });

  it('are those of the loaded module', () => {
    const values = Object.keys(weft).filter((name) => name !== 'default');
    const roots = new Set([...declarations.keys()].map((name) => name.split('.')[0]!));
    expect(values.filter((name) => !roots.has(name))).to.deep.equal([]);
    const functions = [...declarations].filter(([, text]) => text.startsWith('function ')).map(([name]) => name);
    expect(functions.length).to.be.above(100);
    for (const name of functions.filter((one) => !one.includes('.'))) expect(values).to.include(name);
  });
});
