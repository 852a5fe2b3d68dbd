/** Every command has its function in the table of docs/how-to/library.md, and every function there is exported. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as weft from '../../src/index.js';
import { program } from '../../src/cli/program.js';
import { ROOT } from '../built.js';

/** `setup` is a script of the package that runs before the library can be loaded. */
const WITHOUT_FUNCTION = ['setup', 'help'];

describe('the functions of the commands', () => {
  const page = readFileSync(join(ROOT, 'docs/how-to/library.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `weft '));

  it('are named for each command', () => {
    const commands = program()
      .commands.filter((command) => !(command as unknown as { _hidden: boolean })._hidden)
      .map((command) => command.name());
    expect(commands).to.include('search');
    const named = rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`weft ([\w-]+)/g)].map(([, name]) => name));
    expect(commands.filter((name) => !WITHOUT_FUNCTION.includes(name) && !named.includes(name))).to.deep.equal([]);
  });

  it('are exported', () => {
    const functions = rows.flatMap((row) => [...row.split('|')[2]!.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
    expect(functions.length).to.be.above(25);
    expect(functions.filter((name) => !(name in weft))).to.deep.equal([]);
  });
});
