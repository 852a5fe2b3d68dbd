/**
 * Links of the documentation's pages as the site needs them. The pages are written to be read in the repository, where
 * `../CONTRIBUTING.md` or `../src/space/slots.ts` are files; on the site the first is a page and the second is named
 * without a link.
 */
import { posix } from 'node:path';

/** Pages of the site that stand outside `docs/`, by their path in the repository. */
const INCLUDED: Readonly<Record<string, string>> = {
  'README.md': 'index.md',
  'CONTRIBUTING.md': 'how-to/contribute.md',
  'CHANGELOG.md': 'reference/changelog.md',
  'SECURITY.md': 'explanation/security.md',
  'runs/README.md': 'reference/recipes-and-runs.md',
};

/** Where the files that site pages include live, by the site's page. */
const HOME: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(INCLUDED).map(([file, page]) => [page, posix.dirname(file)]),
);

/**
 * The target of a link or picture on the page `page` (relative to `docs/`): a path relative to that page, the same text
 * where it leads out of the repository, or undefined where the site has no such page.
 */
export function siteTarget(page: string, href: string): string | undefined {
  if (/^([a-z]+:|#)/i.test(href)) return href;
  const [path = '', anchor] = href.split('#');
  const folder = HOME[page] ?? posix.join('docs', posix.dirname(page));
  const file = posix.normalize(posix.join(folder, decodeURI(path)));
  const target = INCLUDED[file] ?? (file.startsWith('docs/') ? file.slice('docs/'.length) : undefined);
  if (target === undefined) return undefined;
  const relative = posix.relative(posix.dirname(page), target);
  return `./${relative}${anchor === undefined ? '' : `#${anchor}`}`;
}

interface Token {
  type: string;
  children: Token[] | null;
  attrGet(name: string): string | null;
  attrSet(name: string, value: string): void;
}

interface MarkdownIt {
  core: {
    ruler: { push(name: string, rule: (state: { tokens: Token[]; env: { relativePath?: string } }) => void): void };
  };
}

/** A markdown-it plugin that rewrites every link and picture by `siteTarget` and drops links that lead nowhere. */
export function siteLinks(markdown: MarkdownIt): void {
  markdown.core.ruler.push('site-links', ({ tokens, env }) => {
    const page = env.relativePath;
    if (page === undefined || page.startsWith('api/')) return;
    for (const block of tokens) {
      if (block.children) block.children = rewritten(block.children, page);
    }
  });
}

function rewritten(tokens: Token[], page: string): Token[] {
  let dropping = false;
  return tokens.filter((token) => {
    if (token.type === 'image') token.attrSet('src', siteTarget(page, token.attrGet('src') ?? '') ?? '');
    if (token.type === 'link_open') {
      const target = siteTarget(page, token.attrGet('href') ?? '');
      dropping = target === undefined;
      if (target !== undefined) token.attrSet('href', target);
      return !dropping;
    }
    if (token.type === 'link_close' && dropping) {
      dropping = false;
      return false;
    }
    return true;
  });
}
