/** Hints name a command that works where they are read. */
import { expect } from 'chai';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { asTyped, COMMANDS, invocation } from '../../src/cli/invocation.js';
import { program } from '../../src/cli/program.js';
import { temporaryFolder } from '../runs/temporary.js';

describe('the command in hints', function () {
  const folder = temporaryFolder(this);
  const put = (...below: string[]): string => {
    const place = join(folder(), ...below);
    mkdirSync(place, { recursive: true });
    for (const name of ['weft', 'weft.cmd']) writeFileSync(join(place, name), '');
    return place;
  };

  it('is weft if it is on the path, and npx weft if only npx finds it', () => {
    const [everywhere, local] = [put('bin'), put('project', 'node_modules', '.bin')];
    expect(invocation([folder(), everywhere].join(delimiter))).to.equal('weft');
    expect(invocation([local, folder()].join(delimiter))).to.equal('npx weft');
    expect(invocation('')).to.equal('npx weft');
  });

  it('is prepended to every command, and to nothing else', () => {
    const hint = 'next  weft export runs/a    (or `weft rank runs/a`: see weft --help), in ./weft x and my-weft y';
    expect(asTyped(hint, 'npx weft')).to.equal(
      'next  npx weft export runs/a    (or `npx weft rank runs/a`: see weft --help), in ./weft x and my-weft y',
    );
    expect(asTyped(asTyped(hint, 'npx weft'), 'npx weft')).to.equal(asTyped(hint, 'npx weft'));
    expect(asTyped(hint, 'weft')).to.equal(hint);
    expect(asTyped('a defect of weft or of a space', 'npx weft')).to.equal('a defect of weft or of a space');
  });

  it('knows every command', () => {
    expect(COMMANDS).to.include.members(program().commands.map((command) => command.name()));
  });
});
