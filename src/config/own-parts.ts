/** Where a configuration names user-defined parts: optimizers, preconditioners, regularizers, proxies, objectives. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { datasetNames, textNames } from '../data/index.js';
import { type OwnKind } from '../parts/own.js';
import { type SearchConfig } from './schema.js';

const KINDS: Readonly<Record<string, OwnKind>> = {
  optimizer: 'optimizer',
  base: 'optimizer',
  preconditioner: 'preconditioner',
  regularizer: 'regularizer',
};

export interface NamedOwnPart {
  readonly kind: OwnKind;
  /** Its name, or the file that defines it. */
  readonly part: string;
}

/** The user-defined parts that the configuration names. */
export function ownPartsIn({
  search,
  retrain,
  objectives,
}: Pick<SearchConfig, 'search' | 'retrain' | 'objectives'>): NamedOwnPart[] {
  const found: NamedOwnPart[] = [];
  const note = (kind: OwnKind, part: string): string => {
    found.push({ kind, part });
    return part;
  };
  renamed(withProxies(search, note), note);
  renamed(retrain, note);
  withObjectives(objectives, note);
  return found;
}

/** The configuration with other names for them. */
export function renameOwnParts(config: SearchConfig, rename: (kind: OwnKind, part: string) => string): SearchConfig {
  if (ownPartsIn(config).length === 0) return config;
  return {
    ...config,
    search: renamed(withProxies(config.search, rename), rename),
    retrain: renamed(config.retrain, rename),
    objectives: withObjectives(config.objectives, rename),
  };
}

const withObjectives = (
  objectives: SearchConfig['objectives'],
  rename: (kind: OwnKind, part: string) => string,
): SearchConfig['objectives'] =>
  objectives?.map((one) => (typeof one === 'string' ? one : { ...one, part: rename('objective', one.part) }));

/** Whether `retrain.start` names a file or a run. */
export const isFileOfWeights = (start: string | undefined): start is string =>
  start !== undefined && start !== 'shared' && start !== 'fresh';

/** The configuration with absolute paths, so that a run can be resumed from any folder. */
export function withAbsolutePaths(config: SearchConfig): SearchConfig {
  const absolute = (path: string): string => (existsSync(path) ? resolve(path) : path);
  // Names of built-in parts contain neither a point nor a slash.
  const code = (named: string): string => (/[/\\.]/.test(named) ? absolute(named) : named);
  const { space, controller, data, limits, search, retrain, ...rest } = renameOwnParts(config, (_kind, part) =>
    code(part),
  );
  return {
    ...rest,
    space: { ...space, name: code(space.name) },
    controller: { ...controller, name: code(controller.name) },
    data: {
      ...data,
      source: [...datasetNames, ...textNames].includes(data.source) ? data.source : absolute(data.source),
      ...(data.path !== undefined && { path: absolute(data.path) }),
    },
    limits: {
      ...limits,
      ...(limits.latencyTable !== undefined && { latencyTable: absolute(limits.latencyTable) }),
      ...(limits.energyTable !== undefined && { energyTable: absolute(limits.energyTable) }),
    },
    search: { ...search, ...(search.start !== undefined && { start: absolute(search.start) }) },
    retrain: {
      ...retrain,
      ...(isFileOfWeights(retrain.start) && { start: absolute(retrain.start) }),
    },
  };
}

function renamed<T extends object>(fields: T, rename: (kind: OwnKind, part: string) => string): T {
  const entries = Object.entries(fields).map(([field, value]: [string, unknown]) => {
    const kind = Object.hasOwn(KINDS, field) ? KINDS[field] : undefined;
    if (!kind || typeof value !== 'object' || value === null) return [field, value];
    const { name, part } = value as { name?: unknown; part?: unknown };
    const own = name === 'own' && typeof part === 'string';
    return [field, own ? { ...value, part: rename(kind, part) } : renamed(value, rename)];
  });
  return Object.fromEntries(entries) as T;
}

function withProxies(
  search: SearchConfig['search'],
  rename: (kind: OwnKind, part: string) => string,
): SearchConfig['search'] {
  const { warmStart, proxyFilter } = search;
  const named = <T extends { readonly proxies: NonNullable<typeof warmStart>['proxies'] }>(one: T): T => ({
    ...one,
    proxies: one.proxies.map((proxy) =>
      typeof proxy === 'string' ? proxy : { ...proxy, part: rename('proxy', proxy.part) },
    ),
  });
  return {
    ...search,
    ...(warmStart && { warmStart: named(warmStart) }),
    ...(proxyFilter && { proxyFilter: named(proxyFilter) }),
  };
}
