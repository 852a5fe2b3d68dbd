/** What `weft --help` shows. */
import { expect } from 'chai';
import { program } from '../../src/cli/program.js';

describe('the help', () => {
  it('lists every command under a heading, commands for searches first', () => {
    const help = program().helpInformation();
    const headings = help.match(/^\S.*:$/gm)!;
    expect(headings.slice(0, 3)).to.deep.equal(['Options:', 'Search and train:', 'Use a network:']);
    expect(headings, 'commands without a heading of their own').to.not.include('Commands:');
    const listed = [...help.slice(help.indexOf('Search and train:')).matchAll(/^ {2}([a-z]+)\b/gm)].map(
      ([, name]) => name,
    );
    const all = program().createHelp().visibleCommands(program());
    expect(listed).to.have.members(all.map((command) => command.name()));
  });

  it('of a command with commands of its own lists these as usual', () => {
    const forgetting = program().commands.find((command) => command.name() === 'forgetting')!;
    const help = forgetting.helpInformation();
    expect(help).to.match(/^Commands:$/m);
    expect(help).to.match(/^ {2}two-model/m);
  });
});
