/** Checks commands as they stand in a page against the real command line, without running them. */
import { type Command } from 'commander';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writtenConfig, type SearchOptions } from '../../src/cli/commands/search.js';
import { checkConfig } from '../../src/config/index.js';
import { parseOverride } from '../../src/config/load.js';
import { loadStudy } from '../../src/api/registry.js';
import { parseStudyOptions } from '../../src/studies/index.js';
import { program } from '../../src/cli/program.js';
import { controllerNames, loadController, spaceNames } from '../../src/api/registry.js';
import { ROOT } from '../search/weft.js';

/** Throws when `weft ARGS` would be refused: an unknown command, option, field, recipe, space, controller or preset. */
export async function checkWeft(args: readonly string[]): Promise<void> {
  const weft = program();
  let said = '';
  const commands = allCommands(weft);
  for (const command of [weft, ...commands])
    command.exitOverride().configureOutput({ writeErr: (text) => (said += text), writeOut: () => {} });
  let configured: SearchOptions | undefined;
  let studied: { name: string | undefined; set: string[] } | undefined;
  for (const command of commands.filter(({ commands: below }) => below.length === 0)) {
    command.action((...received: unknown[]) => {
      const options = (received.at(-1) as Command).opts();
      if (command.name() === 'study')
        studied = { name: received[0] as string | undefined, set: (options as { set?: string[] }).set ?? [] };
      else if ('set' in options || 'recipe' in options || command.name() === 'search')
        configured = options as SearchOptions;
    });
  }
  try {
    await weft.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (/^commander\.(help|version)/.test((error as { code?: string }).code ?? '')) return;
    throw new Error(said.trim() || (error as Error).message, { cause: error });
  }
  if (configured) await checkNames(configured);
  if (studied?.name !== undefined)
    parseStudyOptions(
      await loadStudy(studied.name),
      Object.assign({}, ...studied.set.map(parseOverride)) as Record<string, unknown>,
    );
}

/** Commands and those below them. */
const allCommands = (above: Command): Command[] =>
  above.commands.flatMap((command) => [command, ...allCommands(command)]);

/** Whether a space or controller is named by a file. */
export const isFile = (name: string): boolean => /\.[cm]?[jt]s$/.test(name);

/** The file that --config names is the reader's; the rest must be right. */
async function checkNames({ config: _file, ...options }: SearchOptions): Promise<void> {
  const { space, controller } = checkConfig(writtenConfig(options));
  if (!spaceNames.includes(space.name) && !isFile(space.name)) throw new Error(`there is no space '${space.name}'`);
  if (isFile(controller.name)) return;
  if (!controllerNames.includes(controller.name)) throw new Error(`there is no controller '${controller.name}'`);
  const { presets } = await loadController(controller.name);
  if (controller.preset !== undefined && !(controller.preset in presets))
    throw new Error(`'${controller.name}' has no preset '${controller.preset}'`);
}

const NPM_OWN = ['ci', 'i', 'install'];

/** Throws when `npm …` names a script that package.json does not have. */
export function checkNpm([verb, name]: readonly string[]): void {
  if (NPM_OWN.includes(verb!)) return;
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const script = verb === 'run' ? name! : verb!;
  if (!(script in scripts)) throw new Error(`package.json has no script '${script}'`);
}
