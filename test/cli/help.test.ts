/** What `weft --help` shows. */
import { expect } from 'chai';
import { type Command } from 'commander';
import { program } from '../../src/cli/program.js';
import { checkWeft } from '../docs/command-line.js';

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

  it('that an error names is that of the command with the error', async () => {
    const cases: [string[], string][] = [
      [['search', '--out', 'x'], '(weft search --help lists its arguments and options)'],
      [['specialize'], '(weft specialize --help lists its arguments and options)'],
      [['forgetting', 'two-model', '--out'], '(weft forgetting two-model --help lists its arguments and options)'],
      [['serach'], '(weft --help lists the commands)'],
    ];
    for (const [args, hint] of cases) {
      expect(await refused(args), args.join(' ')).to.include(hint);
    }
  });

  it('of a command begins with its own options; those that many commands share come last', () => {
    for (const { name, help } of helps()) {
      const headings = help
        .match(/^\S.*:$/gm)!
        .filter((heading) => !/^(Usage|Arguments|Commands|Examples)/.test(heading));
      expect(headings[0], name).to.equal('Options:');
    }
    const search = helps().find(({ name }) => name === 'search')!.help;
    expect([...search.matchAll(/^ {2}(?:-\w, )?--([a-z]+)/gm)].slice(0, 7).map(([, option]) => option)).to.deep.equal([
      'recipe',
      'data',
      'label',
      'task',
      'budget',
      'epochs',
      'seed',
    ]);
    expect(search.indexOf('--executor')).to.be.greaterThan(search.indexOf('--json'));
  });

  it('of every command ends with two examples that the command line accepts', async () => {
    for (const { name, help } of helps()) {
      const examples = help.slice(help.indexOf('\nExamples:\n')).match(/^ {2}(?:npx )?weft .+$/gm) ?? [];
      expect(examples, name).to.have.length(2);
      for (const line of examples) {
        expect(line).to.match(new RegExp(`weft ${name}\\b`));
        expect(line.length, line).to.be.at.most(100);
        const words = [...line.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);
        await checkWeft(words.slice(words.indexOf('weft') + 1));
      }
    }
  });
});

/** What `--help` prints of each command that does something. */
function helps(): { name: string; help: string }[] {
  const weft = program();
  const found: { name: string; help: string }[] = [];
  const visit = (above: Command, path: readonly string[]): void => {
    for (const command of above.createHelp().visibleCommands(above)) {
      const names = [...path, command.name()];
      if (command.name() === 'help') continue;
      if (command.commands.length > 0) visit(command, names);
      else {
        let help = '';
        command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
        found.push({ name: names.join(' '), help });
      }
    }
  };
  visit(weft, []);
  return found;
}

/** What the command line writes to stderr about arguments that it refuses. */
async function refused(args: readonly string[]): Promise<string> {
  const weft = program();
  let text = '';
  const listen = (command: Command): void => {
    command.configureOutput({ ...command.configureOutput(), writeErr: (part) => void (text += part) });
    command.commands.forEach(listen);
  };
  listen(weft);
  await weft.parseAsync(args, { from: 'user' }).catch(() => undefined);
  return text;
}
