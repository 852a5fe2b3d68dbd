/**
 * Spaces, controllers, proxies and studies by name, by file or by value. The built-in ones are loaded only on demand; a
 * user's file is a module whose default export (or only export of the right kind) is one.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ownPartsIn, type SearchConfig } from '../config/index.js';
import { type ControllerFactory } from '../controller/contract.js';
import { type OwnData, requireFile } from '../data/index.js';
import { ownValue, unknownNameHint, WeftError } from '../errors.js';
import { type SpaceFactory } from '../graph/define-space.js';
import { type Proxy, PROXIES } from '../proxies/index.js';
import { isOwnFile } from '../jobs/files.js';
import { type OwnPart, type OwnParts, type OwnProxy } from '../parts/own.js';
import { type OwnChapter } from '../report/index.js';
import { type Study } from '../studies/contract.js';
import { importModule } from './import-module.js';

type Loader = () => Promise<Record<string, unknown>>;

const SPACES: Readonly<Record<string, Loader>> = {
  'macro-cnn': () => import('weft-nas/search-spaces/macro-cnn'),
  'micro-cnn': () => import('weft-nas/search-spaces/micro-cnn'),
  mlp: () => import('weft-nas/search-spaces/mlp'),
  'conv-1d': () => import('weft-nas/search-spaces/conv-1d'),
  'elastic-transformer': () => import('weft-nas/search-spaces/elastic-transformer'),
  transformer: () => import('weft-nas/search-spaces/transformer'),
  lstm: () => import('weft-nas/search-spaces/lstm'),
  'rnn-cell': () => import('weft-nas/search-spaces/rnn-cell'),
  'nas-bench-201': () => import('weft-nas/search-spaces/nas-bench-201'),
  'nas-bench-macro': () => import('weft-nas/search-spaces/nas-bench-macro'),
  'elastic-cnn': () => import('weft-nas/search-spaces/elastic-cnn'),
  'elastic-mlp': () => import('weft-nas/search-spaces/elastic-mlp'),
  'darts-cnn': () => import('weft-nas/search-spaces/darts-cnn'),
};

const CONTROLLERS: Readonly<Record<string, Loader>> = {
  enas: () => import('weft-nas/controllers/enas'),
  random: () => import('weft-nas/controllers/random'),
  evolution: () => import('weft-nas/controllers/evolution'),
  'local-search': () => import('weft-nas/controllers/local-search'),
  spos: () => import('weft-nas/controllers/spos'),
  fairnas: () => import('weft-nas/controllers/fairnas'),
  darts: () => import('weft-nas/controllers/darts'),
  nsga2: () => import('weft-nas/controllers/nsga2'),
  'pareto-local-search': () => import('weft-nas/controllers/pareto-local-search'),
  'predictor-guided': () => import('weft-nas/controllers/predictor-guided'),
  'policy-gradient': () => import('weft-nas/controllers/policy-gradient'),
};

const STUDIES: Readonly<Record<string, Loader>> = {
  forgetting: () => import('weft-nas/studies/forgetting'),
  preconditioners: () => import('weft-nas/studies/preconditioners'),
  'two-model': () => import('weft-nas/studies/two-model'),
  'edge-of-stability': () => import('weft-nas/studies/edge-of-stability'),
  'fine-tuning': () => import('weft-nas/studies/fine-tuning'),
  'label-noise': () => import('weft-nas/studies/label-noise'),
  'optimizer-cost': () => import('weft-nas/studies/optimizer-cost'),
  'stable-minima': () => import('weft-nas/studies/stable-minima'),
  'zero-cost-proxies': () => import('weft-nas/studies/zero-cost-proxies'),
  'supernet-remedies': () => import('weft-nas/studies/supernet-remedies'),
  'nas-bench-201': () => import('weft-nas/studies/nas-bench-201'),
};

export const spaceNames: readonly string[] = Object.keys(SPACES);
export const controllerNames: readonly string[] = Object.keys(CONTROLLERS);
export const studyNames: readonly string[] = Object.keys(STUDIES);

/** The space with this name, the one that this file defines, or the space itself. */
export function loadSpace(space: string | SpaceFactory): Promise<SpaceFactory> {
  return load<SpaceFactory>(
    { kind: 'weft-space', noun: 'space', code: 'space', made: 'defineSpace({…})', known: SPACES },
    space,
  );
}

/** The controller with this name, the one that this file defines, or the controller itself. */
export function loadController(controller: string | ControllerFactory): Promise<ControllerFactory> {
  return load<ControllerFactory>(
    {
      kind: 'weft-controller',
      noun: 'controller',
      code: 'controller',
      made: 'defineController({…})',
      known: CONTROLLERS,
    },
    controller,
  );
}

/** The proxy with this name, the one that this file defines, or the proxy itself. */
export function loadProxy(proxy: string | Proxy): Promise<Proxy> {
  const known = Object.fromEntries(PROXIES.map((one) => [one.name, async () => ({ default: one })]));
  return load<Proxy>({ kind: 'weft-proxy', noun: 'proxy', code: 'config', made: 'defineProxy({…})', known }, proxy);
}

/** The data set that this file defines. */
export function loadData(file: string): Promise<OwnData> {
  return load<OwnData>({ kind: 'weft-data', noun: 'data set', code: 'data', made: 'defineData({…})', known: {} }, file);
}

/** The objective that this file defines. */
export const loadObjective = (file: string): Promise<OwnPart> =>
  load<OwnPart>(
    { kind: 'weft-objective', noun: 'objective', code: 'config', made: 'defineObjective({…})', known: {} },
    file,
  );

/** The report chapter that this file defines, or the chapter itself. */
export const loadChapter = (chapter: string | OwnChapter): Promise<OwnChapter> =>
  load({ kind: 'weft-chapter', noun: 'chapter', code: 'config', made: 'defineChapter({…})', known: {} }, chapter);

/** The study with this name, the one that this file defines, or the study itself. */
export function loadStudy(study: string | Study): Promise<Study> {
  return load<Study>(
    { kind: 'weft-study', noun: 'study', code: 'config', made: 'defineStudy({…})', known: STUDIES },
    study,
  );
}

/**
 * The user-defined parts that the configuration names: given ones, and those whose files it names; undefined if there
 * are none.
 */
export async function loadOwnParts(
  config: SearchConfig,
  given: readonly (OwnPart | OwnProxy)[] = [],
): Promise<OwnParts | undefined> {
  const parts = new Map<string, OwnPart | OwnProxy>(given.map((part) => [part.name, part]));
  for (const { kind, part } of ownPartsIn(config)) {
    if (parts.has(part) || !isOwnFile(part)) continue;
    const made = `define${kind[0]!.toUpperCase()}${kind.slice(1)}({…})`;
    parts.set(
      part,
      await load<OwnPart | OwnProxy>({ kind: `weft-${kind}`, noun: kind, code: 'config', made, known: {} }, part),
    );
  }
  return parts.size > 0 ? parts : undefined;
}

interface PartKind {
  /** The marker of values of this kind. */
  readonly kind: string;
  readonly noun: keyof typeof PLURALS;
  /** The code of its errors. */
  readonly code: 'space' | 'controller' | 'config' | 'data';
  /** The call that creates one. */
  readonly made: string;
  readonly known: Readonly<Record<string, Loader>>;
}

const PLURALS = {
  space: 'spaces',
  controller: 'controllers',
  proxy: 'proxies',
  study: 'studies',
  chapter: 'chapters',
  'data set': 'data sets',
  optimizer: 'optimizers',
  preconditioner: 'preconditioners',
  regularizer: 'regularizers',
  objective: 'objectives',
};

async function load<T>({ kind, noun, code, made, known }: PartKind, part: string | T): Promise<T> {
  if (typeof part !== 'string') return part;
  const shipped = ownValue(known, part);
  const module = shipped ? await shipped() : await importFile({ noun, code }, part, Object.keys(known));
  const isWanted = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === kind;
  const found = isWanted(module['default'])
    ? [module['default']]
    : [...new Set(Object.values(module).filter(isWanted))];
  if (found.length === 1) return found[0] as T;
  throw new WeftError(
    code,
    `${part} exports ${found.length === 0 ? 'no' : `${found.length} different`} ${PLURALS[noun]}`,
    `end the file with \`export default ${made}\``,
  );
}

async function importFile(
  { noun, code }: Pick<PartKind, 'noun' | 'code'>,
  file: string,
  known: readonly string[],
): Promise<Record<string, unknown>> {
  const path = resolve(file);
  if (!/[/\\.]/.test(file) || !existsSync(path)) {
    throw new WeftError(code, `there is no ${noun} and no file named '${file}'`, unknownNameHint(file, known));
  }
  try {
    requireFile(path);
    return await importModule(path);
  } catch (cause) {
    if (cause instanceof WeftError) throw cause;
    throw new WeftError(
      code,
      `${file} cannot be loaded: ${(cause as Error).message}`,
      'run the file by itself to see the complete error',
      { cause },
    );
  }
}
