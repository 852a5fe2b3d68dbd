/** `weft init`: a search space of one's own and a configuration for it, both commented, both running as they are. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { WeftError } from '../../errors.js';
import { makeFolder, writeFileAtomic } from '../../runs/index.js';
import { createOutput, show } from '../output.js';
import { CONFIG_TEMPLATE, SPACE_TEMPLATE, SPACE_TEMPLATE_JS } from './templates.js';

/** Writes the two files into the folder; existing ones only with --force. */
export function init(folder: string, options: { js?: boolean; force?: boolean; json?: boolean }): void {
  const output = createOutput(options);
  const space = options.js ? 'my-space.mjs' : 'my-space.ts';
  const files = {
    [space]: options.js ? SPACE_TEMPLATE_JS : SPACE_TEMPLATE,
    'weft.yaml': CONFIG_TEMPLATE.replaceAll('my-space.ts', space),
  };
  makeFolder(folder);
  const present = Object.keys(files).find((name) => existsSync(join(folder, name)));
  if (present !== undefined && !options.force)
    throw new WeftError(
      'config',
      `${join(folder, present)} exists already`,
      'choose another folder, or overwrite with --force',
    );
  for (const [name, text] of Object.entries(files)) {
    writeFileAtomic(join(folder, name), text);
    output.emit({ type: 'wrote', path: join(folder, name) });
    output.say(`wrote ${show(join(folder, name))}`);
  }
  output.say(`next  ${folder === '.' ? '' : `cd ${folder} && `}weft search --config weft.yaml`);
}
