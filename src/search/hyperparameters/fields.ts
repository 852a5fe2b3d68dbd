/** Which fields of a configuration can be searched with the architecture, and a configuration with values for them. */
import { mergeConfig, type RawConfig } from '../../config/load.js';
import { configSchema, retrainSchema, type SearchConfig } from '../../config/schema.js';
import { describeUnknownName } from '../../config/unknown-name.js';
import { unknownNameHint, WeftError } from '../../errors.js';
import {
  type Hyperparameter,
  hyperparameter,
  type Hyperparameters,
  type HyperparameterValue,
  isName,
  namesFirst,
} from './values.js';

/** Fields of `retrain` in which separately trained candidates may differ. */
const SEARCHED = ['optimizer', 'batchSize', 'labelSmoothing', 'augment'];

/**
 * The fields that `search.hyperparameters` names, with their values; none without it. An option that only some of the
 * searched names have, as `momentum` of several optimizers, applies where one of these is chosen. Throws
 * WeftError('config') for a path that does not exist, for a field that has to be the same for all candidates, and for a
 * value that the field refuses. `epochs` is the length of the shortest training.
 */
export function hyperparametersOf(config: SearchConfig, epochs: number): Hyperparameter[] {
  const searched = Object.entries(config.search.hyperparameters ?? {});
  searched.forEach(([path]) => requireSearchable(path));
  const all = searched.map(([path, values]) => hyperparameter(path, values));
  const within = { ...config, retrain: { ...config.retrain, epochs } };
  const conditional = new Map(namesFirst(all).map((one) => [one.path, applied(within, all, one)]));
  return all.map(({ path }) => conditional.get(path)!);
}

/** With the condition under which it applies. Throws where it never does, and where its field refuses a value. */
function applied(config: SearchConfig, all: readonly Hyperparameter[], one: Hyperparameter): Hyperparameter {
  const { path, values, places } = one;
  const namings = namingsOf(config, all, path);
  const having = namings.filter((names) => exists(config, names, one));
  for (const names of having.length > 0 ? having : namings.slice(0, 1))
    for (const value of values) requireAccepted(config, names, path, value, places === undefined);
  if (having.length === namings.length) return one;
  return {
    ...one,
    applies: (chosen) => having.some((names) => Object.entries(names).every(([name, value]) => chosen[name] === value)),
  };
}

/**
 * Every choice of the searched names that decide whether there is a field with this path; one choice of nothing where
 * there are none.
 */
function namingsOf(config: SearchConfig, all: readonly Hyperparameter[], path: string): Hyperparameters[] {
  const above = all.filter((one) => one.path !== path && isName(one.path) && path.startsWith(sectionOf(one.path)));
  return namesFirst(above).reduce<Hyperparameters[]>(
    (namings, name) =>
      namings.flatMap((names) =>
        exists(config, names, name) ? name.values.map((value) => ({ ...names, [name.path]: value })) : [names],
      ),
    [{}],
  );
}

/** `retrain.optimizer.` of `retrain.optimizer.name`. */
const sectionOf = (name: string): string => name.slice(0, name.lastIndexOf('.') + 1);

/** Whether the configuration with these names has such a field. */
function exists(config: SearchConfig, names: Hyperparameters, { path, values }: Hyperparameter): boolean {
  const { error } = configSchema.safeParse(merged(config, { ...names, [path]: values[0]! }));
  const unknown = (error?.issues ?? []).flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key].join('.')) : [],
  );
  return !unknown.some((field) => `${path}.`.startsWith(`${field}.`));
}

/** Whether the configuration accepts all of these values together. */
export function accepts(config: SearchConfig, epochs: number): (values: Hyperparameters) => boolean {
  return (values) => retrainSchema.safeParse({ ...(merged(config, values)['retrain'] as object), epochs }).success;
}

/** The configuration with these values in their fields and without `search.hyperparameters`. */
export function withHyperparameters(config: SearchConfig, values: Hyperparameters): SearchConfig {
  const { hyperparameters: _searched, ...search } = config.search;
  return configSchema.parse(merged({ ...config, search }, values));
}

/**
 * The configuration under which a candidate with these values is compared with others: if batch size or augmentation of
 * retraining are searched, it is trained with them, and otherwise as in a search without hyper-parameters.
 */
export function candidateConfig(config: SearchConfig, values: Hyperparameters): SearchConfig {
  if (Object.keys(values).length === 0) return config;
  const given = withHyperparameters(config, values);
  const { retrain, search, data } = given;
  const searches = (field: string): boolean =>
    Object.keys(values).some((path) => path === `retrain.${field}` || path.startsWith(`retrain.${field}.`));
  return {
    ...given,
    ...(searches('batchSize') && { search: { ...search, batchSize: retrain.batchSize } }),
    ...(searches('augment') && { data: { ...data, augment: retrain.augment! } }),
  };
}

/**
 * Throws WeftError('config') for a configuration with hyper-parameters, with the reason why a command cannot search
 * them.
 */
export function refuseHyperparameters(
  { search: { hyperparameters } }: SearchConfig,
  why: string,
  remedy: string,
): void {
  const [path] = Object.keys(hyperparameters ?? {});
  if (path !== undefined) throw new WeftError('config', `search.hyperparameters names ${path}, but ${why}`, remedy);
}

/** The configuration with the values merged in; naming another optimizer drops the options of the previous one. */
function merged(config: SearchConfig, values: Hyperparameters): RawConfig {
  const { retrain, data } = config;
  const augments = Object.keys(values).some((path) => path.startsWith('retrain.augment.'));
  const base = augments ? { ...config, retrain: { ...retrain, augment: retrain.augment ?? data.augment } } : config;
  const fields = Object.entries(values)
    .map(
      ([path, value]) => path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as RawConfig,
    )
    .reduce(mergeConfig, {});
  return mergeConfig(base, fields);
}

function requireSearchable(path: string): void {
  const [section, field, ...rest] = path.split('.') as [string, ...string[]];
  if (!Object.hasOwn(configSchema.shape, section)) throw unknownPath(path, section, Object.keys(configSchema.shape));
  if (section !== 'retrain') throw fixed(path, ...reasonOf(section, field, rest));
  if (field === undefined || !Object.hasOwn(retrainSchema.shape, field))
    throw unknownPath(path, field ?? '', Object.keys(retrainSchema.shape));
  if (field === 'epochs') throw fixed(path, 'it is how long each rung trains', 'use --first and --factor instead');
  if (!SEARCHED.includes(field))
    throw fixed(
      path,
      'it has no effect when candidates are compared',
      `leave it out; of retrain ${SEARCHED.join(', ')} can be searched`,
    );
}

/** Why a field is the same for all candidates, and what to do. */
function reasonOf(section: string, field: string | undefined, rest: readonly string[]): [why: string, remedy: string] {
  const leave = 'leave it out; fields of retrain can be searched, for example retrain.optimizer.learningRate';
  switch (section) {
    case 'data':
      return [
        'all candidates are compared on the same data',
        field === 'augment' ? `name ${['retrain.augment', ...rest].join('.')}` : leave,
      ];
    case 'seed':
      return ['all candidates are compared with the same seed', leave];
    case 'space':
      return [
        'the space says which networks there are',
        'make it a choice of a space of your own (`weft init --kind space`), or leave it out',
      ];
    case 'search':
      return [
        'it applies to shared weights, but candidates are trained alone, as retrain says',
        field !== undefined && SEARCHED.includes(field) ? `name ${['retrain', field, ...rest].join('.')}` : leave,
      ];
    default:
      return ['it has no effect on the training of a candidate', leave];
  }
}

/** Throws where the field does not exist with these names, or does not take the value. */
function requireAccepted(
  config: SearchConfig,
  names: Hyperparameters,
  path: string,
  value: HyperparameterValue,
  isListed: boolean,
): void {
  const raw = merged(config, { ...names, [path]: value });
  const issue = configSchema.safeParse(raw).error?.issues[0];
  if (!issue) return;
  if (issue.code === 'unrecognized_keys') {
    const parent = issue.path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown>)[key], raw);
    throw unknownPath(
      path,
      issue.keys[0]!,
      Object.keys(parent as object).filter((key) => !issue.keys.includes(key)),
    );
  }
  const whole = typeof value === 'number' && !Number.isInteger(value) && /\bint\b/.test(issue.message);
  const where = issue.path.join('.') === path ? '' : `${issue.path.join('.')}: `;
  throw new WeftError(
    'config',
    `search.hyperparameters: ${path} cannot be ${JSON.stringify(value)}${withNames(names)}: ${where}${describeUnknownName(issue, raw) ?? issue.message}`,
    isListed
      ? 'take that value out of the list'
      : whole
        ? 'add integer: true to its range'
        : 'narrow its range to values that the field accepts',
  );
}

const withNames = (names: Hyperparameters): string => {
  const words = Object.entries(names).map(([path, value]) => `${path} ${value}`);
  return words.length === 0 ? '' : ` with ${words.join(' and ')}`;
};

const unknownPath = (path: string, name: string, known: readonly string[]): WeftError =>
  new WeftError('config', `search.hyperparameters: there is no field ${path}`, unknownNameHint(name, known));

const fixed = (path: string, why: string, remedy: string): WeftError =>
  new WeftError('config', `search.hyperparameters: ${path} cannot be searched: ${why}`, remedy);
