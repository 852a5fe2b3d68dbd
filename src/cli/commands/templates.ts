/** What `weft init` writes: files of the package, which are checked and tested as they are. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../recipes.js';

/** What a file of one's own can define, with the file and what is said of it. */
export const TEMPLATES = {
  space: 'which choices there are, and the network they make',
  controller: 'the strategy that proposes architectures',
  operation: 'what a node of a network computes',
  optimizer: 'what happens between a gradient and the new weights',
  preconditioner: 'the matrix that multiplies the gradient',
  regularizer: 'what keeps one architecture from spoiling others',
  proxy: 'a score of networks without training',
  data: 'examples that code reads or makes',
  study: 'a question, its measurement and its report',
} as const;

export type TemplateKind = keyof typeof TEMPLATES;

/** The text of a template. */
export function readTemplate(kind: TemplateKind, name: string): string {
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
