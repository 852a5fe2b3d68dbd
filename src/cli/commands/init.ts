/** `weft init`: a commented part of one's own that runs as it is: a search space and a configuration for it, or any other kind with its test. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { WeftError } from '../../errors.js';
import { makeFolder, writeFileAtomic } from '../../runs/index.js';
import { createOutput, show } from '../output.js';
import { CONFIG_TEMPLATE, readTemplate, SPACE_TEMPLATE, SPACE_TEMPLATE_JS, type TemplateKind } from './templates.js';

export interface InitOptions {
  /** What is defined; without it a space, without its test. */
  readonly kind?: TemplateKind;
  /** The space in JavaScript. */
  readonly js?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Writes the files into the folder; existing ones only with --force. */
export function init(folder: string, { kind, js = false, force = false, json = false }: InitOptions): void {
  const output = createOutput({ json });
  const files = filesOf(kind, js);
  makeFolder(folder);
  const present = Object.keys(files).find((name) => existsSync(join(folder, name)));
  if (present !== undefined && !force)
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
  const there = folder === '.' ? '' : `cd ${folder} && `;
  const isSpace = kind === undefined || kind === 'space';
  output.say(`next  ${there}${isSpace ? 'weft search --config weft.yaml' : `npx tsx --test my-${kind}.test.ts`}`);
  if (!isSpace) output.say(`      the first lines of my-${kind}.ts say how it is used`);
}

function filesOf(kind: TemplateKind | undefined, js: boolean): Record<string, string> {
  if (kind !== undefined && kind !== 'space') {
    if (js)
      throw new WeftError(
        'config',
        `--js writes spaces, and there is no ${kind} in JavaScript`,
        'leave it out: weft loads a file in TypeScript as it is',
      );
    const names = [`my-${kind}.ts`, `my-${kind}.test.ts`];
    return Object.fromEntries(names.map((name) => [name, readTemplate(kind, name)]));
  }
  const space = js ? 'my-space.mjs' : 'my-space.ts';
  return {
    [space]: js ? SPACE_TEMPLATE_JS : SPACE_TEMPLATE,
    ...(kind && !js && { 'my-space.test.ts': readTemplate('space', 'my-space.test.ts') }),
    'weft.yaml': CONFIG_TEMPLATE.replaceAll('my-space.ts', space),
  };
}
