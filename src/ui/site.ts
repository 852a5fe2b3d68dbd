/** Maps addresses to pages; the server handles the token and the headers. */
import { join } from 'node:path';
import { html, type Markup } from '../report/html/markup.js';
import { type SearchSpace } from '../graph/define-space.js';
import { decoded as decodedIn } from '../report/decoded.js';
import { architectureSvg } from '../report/drawing/index.js';
import { comparePage } from './compare-page.js';
import { type Drawing } from './front.js';
import { COMPARED, LISTED, listPage } from './list-page.js';
import { readReport, reportsOf } from './reports.js';
import { runPage } from './run-page.js';
import { type RunState, type RunStates, runStatesIn } from './run-states.js';
import { createWatch, type Watched } from './watched.js';

export type Answer =
  | { readonly kind: 'page'; readonly title: string; readonly content: Markup; readonly status?: number }
  | { readonly kind: 'file'; readonly content: Buffer; readonly type: string };

export interface Site {
  /** The answer for a path behind the token, for example `run/NAME`, with its query. */
  answer(path: string, query: URLSearchParams): Promise<Answer>;
}

/** The space of a run's directory, if its code may be loaded. */
export type SpaceOf = (directory: string) => Promise<SearchSpace | undefined>;

/** Number of rendered pages kept until their run changes. */
const KEPT = 12;

/** The pages over the runs in `root`, a resolved path that is displayed as `folder`. */
export function createSite(root: string, folder: string, spaceOf: SpaceOf = () => Promise.resolve(undefined)): Site {
  const standings = runStatesIn(root);
  const watch = createWatch();
  const drawings = new Map<string, Drawing>();
  const pages = new Map<string, { readonly of: readonly unknown[]; readonly content: Markup }>();

  /** Redraws only if one of its dependencies has changed. */
  const once = (key: string, of: readonly unknown[], draw: () => Markup): Markup => {
    const known = pages.get(key);
    if (known?.of.length === of.length && known.of.every((one, i) => one === of[i])) return known.content;
    const content = draw();
    pages.delete(key);
    pages.set(key, { of, content });
    for (const oldest of pages.keys()) {
      if (pages.size <= KEPT) break;
      pages.delete(oldest);
    }
    return content;
  };
  const look = (name: string): Promise<Watched> => watch.look(root, join(root, ...placeOf(standings, name)));

  async function run(name: string, standing: RunState, selected: string | undefined): Promise<Answer> {
    const watched = await look(name);
    const reports = reportsOf(root, placeOf(standings, name));
    const drawing = selected === undefined ? undefined : await drawn(name, selected);
    const content = once(`${name} ${selected ?? ''}`, [standing, watched.version, reports.join()], () =>
      runPage(standing, watched, reports, { selected, drawing }),
    );
    return { kind: 'page', title: standing.run?.manifest.name ?? name, content };
  }

  /** The network, drawn once for as long as no other is viewed. */
  async function drawn(name: string, text: string): Promise<Drawing> {
    const key = `${name} ${text}`;
    const known = drawings.get(key);
    if (known) return known;
    const space = await spaceOf(join(root, ...placeOf(standings, name)));
    const architecture = space && decodedIn(space, text);
    const drawing: Drawing = !space
      ? {
          why: 'It is not drawn, because its space is your own code, which this page does not load. weft report draws it.',
        }
      : architecture === undefined
        ? { why: 'The space of this run has no such network.' }
        : {
            across: await architectureSvg(space, architecture, { direction: 'right' }),
            tall: await architectureSvg(space, architecture),
          };
    drawings.set(key, drawing);
    for (const oldest of drawings.keys()) {
      if (drawings.size <= KEPT) break;
      drawings.delete(oldest);
    }
    return drawing;
  }

  async function compare(query: URLSearchParams): Promise<Answer> {
    const asked = [...new Set(query.getAll('run'))].slice(0, COMPARED);
    const runs = await Promise.all(
      asked.flatMap((name) => {
        const standing = standings.of(name);
        return standing ? [look(name).then((watched) => ({ standing, watched }))] : [];
      }),
    );
    if (asked.length === 0) return notFound('No run was selected.');
    const missing = asked.filter((name) => !runs.some(({ standing }) => standing.name === name));
    const of = [...runs.flatMap(({ standing, watched }) => [standing, watched.version]), ...missing];
    return {
      kind: 'page',
      title: 'Comparison',
      content: once(`compare ${asked.join('/')}`, of, () => comparePage(runs, missing)),
    };
  }

  return {
    async answer(path, query) {
      if (path === '') {
        const names = standings.names();
        const shown = (query.has('all') ? names : names.slice(0, LISTED)).flatMap((name) => standings.of(name) ?? []);
        return { kind: 'page', title: folder, content: listPage(folder, shown, names.length) };
      }
      if (path === 'compare') return compare(query);
      const [kind, encoded = '', ...rest] = path.split('/');
      const name = decoded(encoded);
      const standing = kind === 'run' && name !== undefined ? standings.of(name) : undefined;
      if (!standing || name === undefined) return notFound('There is no such page or run.');
      if (rest.length === 0) return run(name, standing, query.get('network') ?? undefined);
      const file = readReport(root, placeOf(standings, name), rest.join('/'));
      return file ? { kind: 'file', ...file } : notFound('There is no such report.');
    },
  };
}

/** The names that lead from the root to a run: none if the root is the run. */
const placeOf = ({ alone }: RunStates, name: string): string[] => (alone ? [] : [name]);

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

const notFound = (text: string): Answer => ({
  kind: 'page',
  status: 404,
  title: 'Not found',
  content: html`<header><h1>Not found</h1><p>${text}</p></header>`,
});
