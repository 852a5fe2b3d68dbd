/**
 * The program at the head of the guide to the library: short, and of nothing but the package. That it runs and prints
 * what the page says is checked with all other snippets.
 */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../search/weft.js';
import { blocksOf } from './markdown.js';

const PAGE = 'docs/how-to/library.md';

describe('a whole search as a program', () => {
  const block = blocksOf(PAGE, readFileSync(join(ROOT, PAGE), 'utf8')).find(
    ({ directive }) => directive.file === 'whole-search.ts',
  )!;

  it('has at most 40 lines', () => {
    expect(block.code.trimEnd().split('\n').length).to.be.at.most(40);
  });

  it("imports only 'weft-nas', and has its own data, optimizer, events, report and prediction", () => {
    const imported = [...block.code.matchAll(/from '([^']+)'|import\('([^']+)'\)/g)].map(([, name]) => name);
    expect(imported).to.deep.equal(['weft-nas']);
    for (const part of ['data,', 'defineOptimizer(', 'runSearch(', 'on: {', 'report', '.predict('])
      expect(block.code, part).to.include(part);
  });
});
