/**
 * `weft init`: a commented, runnable template: a search space with its configuration, or any other kind of part with
 * its test.
 */
import { type TemplateOptions, writeTemplate } from '../../api/templates.js';
import { createOutput, show } from '../output.js';

/** Writes the files into the folder; existing ones only with --force. */
export function init(folder: string, { json, ...options }: TemplateOptions & { readonly json?: boolean }): void {
  const output = createOutput({ json });
  for (const path of writeTemplate(folder, options)) {
    output.emit({ type: 'wrote', path });
    output.say(`wrote ${show(path)}`);
  }
  const { kind } = options;
  const there = folder === '.' ? '' : `cd ${folder} && `;
  const isSpace = kind === undefined || kind === 'space';
  output.say(`next  ${there}${isSpace ? 'weft search --config weft.yaml' : `npx tsx --test my-${kind}.test.ts`}`);
  if (!isSpace) output.say(`      the first lines of my-${kind}.ts explain how to use it`);
}
