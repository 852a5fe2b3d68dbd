/** The documentation site: `npm run docs:site` writes it to `site/`, ready for any static host. */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { siteLinks } from './links.js';

const DOCS = fileURLToPath(new URL('..', import.meta.url));

const page = (text: string, link: string) => ({ text, link: `/${link}` });

/** The generated pages of one kind of export: functions, interfaces, types, … */
function apiPages(kind: string): { text: string; link: string }[] {
  const folder = `${DOCS}/api/${kind}`;
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .map((file) => page(file.slice(0, -3), `api/${kind}/${file.slice(0, -3)}`));
}

export default defineConfig({
  title: 'Weft',
  description: 'Neural architecture search with shared weights, in TypeScript',
  lang: 'en',
  srcDir: '.',
  outDir: '../site',
  cacheDir: '../node_modules/.cache/vitepress',
  cleanUrls: false,
  lastUpdated: false,
  // A site that can be opened from any folder of a host.
  base: process.env['WEFT_SITE_BASE'] ?? '/',
  markdown: {
    config: (markdown) => siteLinks(markdown as unknown as Parameters<typeof siteLinks>[0]),
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: 'deep',
    nav: [
      page('Tutorial', 'tutorial/first-search'),
      page('How-to', 'how-to/search-space'),
      page('Reference', 'reference/command-line'),
      page('Explanation', 'explanation/how-enas-works'),
      page('Gallery', 'gallery'),
    ],
    sidebar: [
      page('Overview', 'index'),
      page('Gallery of reports', 'gallery'),
      { text: 'Tutorial', items: [page('A first search, step by step', 'tutorial/first-search')] },
      {
        text: 'How-to guides',
        items: [
          page('Learn from your own tables', 'how-to/tables'),
          page('Write a search space', 'how-to/search-space'),
          page('Write a controller', 'how-to/controller'),
          page('Use Weft as a library', 'how-to/library'),
          page('Search language models', 'how-to/language-models'),
          page('Compare runs', 'how-to/compare'),
          page('Rank networks, search for several goals', 'how-to/ranking'),
          page('Search hyper-parameters too', 'how-to/hyperparameters'),
          page('Train one network for many sizes', 'how-to/elastic'),
          page('Prevent forgetting', 'how-to/forgetting'),
          page('Find flat minima', 'how-to/flatness'),
          page('Precondition gradients', 'how-to/preconditioners'),
          page('Use many machines', 'how-to/many-machines'),
          page('Watch runs', 'how-to/watch-runs'),
          page('Export a network', 'how-to/export'),
          page('Retrain', 'how-to/retraining'),
          page('Use a GPU', 'how-to/gpu'),
          page('Contribute', 'how-to/contribute'),
        ],
      },
      {
        text: 'Reference',
        items: [
          page('Command line', 'reference/command-line'),
          page('Configuration', 'reference/configuration'),
          page('Data', 'reference/data'),
          page('Recipes and runs', 'reference/recipes-and-runs'),
          page('Changes', 'reference/changelog'),
          {
            text: 'API',
            collapsed: true,
            items: ['functions', 'classes', 'interfaces', 'types', 'variables'].map((kind) => ({
              text: kind,
              collapsed: true,
              items: apiPages(kind),
            })),
          },
        ],
      },
      {
        text: 'Explanation',
        items: [
          page('How ENAS works', 'explanation/how-enas-works'),
          page('Compiled steps', 'explanation/compiled-steps'),
          page('Reading reports', 'explanation/reading-reports'),
          page('Reproducibility', 'explanation/reproducibility'),
          page('Security', 'explanation/security'),
          page('Architecture', 'explanation/architecture'),
          page('Measurements', 'explanation/measurements'),
          page('Earlier measurements', 'explanation/earlier-measurements'),
          page('Other tools', 'explanation/other-tools'),
          page('References', 'explanation/references'),
        ],
      },
    ],
  },
});
