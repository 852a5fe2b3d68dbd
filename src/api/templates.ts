/** The templates of `weft init`: files of the package, checked and tested like the rest. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WeftError } from '../errors.js';
import { makeFolder, writeFileAtomic } from '../runs/index.js';
import { packageRoot } from '../package-root.js';

/** What a user's file can define, with the file and its description. */
export const TEMPLATES = {
  space: 'which choices there are, and the network they make',
  controller: 'the strategy that proposes architectures',
  operation: 'what a node of a network computes',
  optimizer: 'what happens between a gradient and the new weights',
  preconditioner: 'the matrix that multiplies the gradient',
  regularizer: 'what keeps one architecture from spoiling others',
  objective: 'a cost that is traded off against quality',
  proxy: 'a score of networks without training',
  data: 'examples that code reads or makes',
  study: 'a question, its measurement and its report',
  chapter: 'a chapter of the report of a run',
} as const;

export type TemplateKind = keyof typeof TEMPLATES;

/** The text of a template. */
function readTemplate(kind: TemplateKind, name: string): string {
  return readFileSync(join(packageRoot(), 'templates', kind, name), 'utf8');
}

/** The space in TypeScript. */
export const SPACE_TEMPLATE = readTemplate('space', 'my-space.ts');

/** The space in JavaScript: the same without its three type annotations. */
export const SPACE_TEMPLATE_JS = SPACE_TEMPLATE.replace('  type NodeRef,\n', '')
  .replace('  type Operation,\n', '')
  .replace(': Operation)', ')')
  .replace(': NodeRef[]', '');

export const CONFIG_TEMPLATE = readTemplate('space', 'weft.yaml');

export interface TemplateOptions {
  /** The kind to define; by default a space, without a test. */
  readonly kind?: TemplateKind | undefined;
  /** The space in JavaScript. */
  readonly js?: boolean | undefined;
  /** Overwrites files that exist. */
  readonly force?: boolean | undefined;
}

/** See `writeTemplate` in index.ts. */
export function writeTemplate(folder: string, { kind, js = false, force = false }: TemplateOptions = {}): string[] {
  const files = filesOf(kind, js);
  makeFolder(folder);
  const present = Object.keys(files).find((name) => existsSync(join(folder, name)));
  if (present !== undefined && !force)
    throw new WeftError(
      'config',
      `${join(folder, present)} exists already`,
      'choose another folder, or overwrite with --force',
    );
  return Object.entries(files).map(([name, text]) => {
    const path = join(folder, name);
    writeFileAtomic(path, text);
    return path;
  });
}

function filesOf(kind: TemplateKind | undefined, js: boolean): Record<string, string> {
  if (kind !== undefined && kind !== 'space') {
    if (js)
      throw new WeftError(
        'config',
        `--js writes spaces, but there is no template of a ${kind} in JavaScript`,
        'leave it out: weft loads TypeScript files directly',
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
