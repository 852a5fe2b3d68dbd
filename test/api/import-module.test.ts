/**
 * Files of the user's own that change while a process lives, as those that the worker of a queue has loaded for an
 * earlier job.
 */
import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashOfLoaded, importModule } from '../../src/api/import-module.js';
import { sha256 } from '../../src/runs/index.js';
import { temporaryFolder } from '../runs/temporary.js';

describe("a user's file that was loaded before", function () {
  const folder = temporaryFolder(this);
  const typed = (value: number): string => `export const value: number = ${value};\nexport default {};\n`;
  const forms: [name: string, text: (value: number) => string][] = [
    ['part.ts', typed],
    ['part.mts', typed],
    ['part.mjs', (value) => `export const value = ${value};\n`],
    ['part.cjs', (value) => `exports.value = ${value};\n`],
  ];
  for (const [name, text] of forms)
    it(`is reloaded if it has changed: ${name}`, async () => {
      const path = join(folder(), name);
      const seen: unknown[] = [];
      for (const value of [1, 2, 2, 3, 1]) {
        writeFileSync(path, text(value));
        const module = await importModule(path);
        expect(module['value']).to.equal(value);
        seen.push(module);
        writeFileSync(path, text(9));
        expect(hashOfLoaded(path)).to.equal(sha256(text(value)));
        writeFileSync(path, text(value));
      }
      expect(seen[2]).to.equal(seen[1]);
    });
});
