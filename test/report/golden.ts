/** Files that a drawing is compared with; `UPDATE_GOLDEN=1` writes them anew. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';

const folder = new URL('../golden/report/', import.meta.url);

/** Fails unless `text` is what the file `name` under test/golden/report holds. */
export function expectGolden(name: string, text: string | undefined): void {
  const file = new URL(name, folder);
  expect(text, `${name} is empty`).to.be.a('string');
  if (process.env['UPDATE_GOLDEN']) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, `${text?.trimEnd()}\n`);
  }
  expect(existsSync(file), `${name} is missing: write it with UPDATE_GOLDEN=1`).to.equal(true);
  const golden = readFileSync(file, 'utf8').trimEnd();
  expect(
    text!.trimEnd() === golden,
    `${name} has changed: look at it, then UPDATE_GOLDEN=1 (${firstDifference(text!, golden)})`,
  ).to.equal(true);
}

function firstDifference(text: string, golden: string): string {
  const at = [...text].findIndex((character, i) => character !== golden[i]);
  return `first at ${at}: …${text.slice(Math.max(0, at - 30), at + 40)}… was …${golden.slice(Math.max(0, at - 30), at + 40)}…`;
}
