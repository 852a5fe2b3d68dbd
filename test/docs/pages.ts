/** The pages of the documentation, as paths from the root. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../search/weft.js';

/** Written pages: not the API reference, which is generated. */
export const DOC_PAGES: readonly string[] = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.md') && !file.startsWith('api/') && !file.startsWith('.vitepress'))
  .map((file) => `docs/${file}`)
  .sort();
