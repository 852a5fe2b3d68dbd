/** Existing weights from which training starts in place of fresh ones. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isFileOfWeights } from '../config/index.js';
import { type SearchConfig } from '../config/schema.js';
import { hashFile, readBytes, requireFile } from '../data/index.js';
import { nearest, ownValue, WeftError } from '../errors.js';
import { checkPart, decodeSafetensors, openRun, sha256 } from '../runs/index.js';
import { disposeNamed, type NamedTensors } from '../tensor/named.js';
import { tf } from '../tensor/tf.js';
import { withEvaluationWeights } from '../training/learner.js';
import { networkFiles } from './finished.js';
import { type Catalogue, catalogue } from '../supernet/catalogue.js';
import { type ParameterStore } from '../supernet/parameter-store.js';
import { type SearchSpace } from '../graph/define-space.js';
import { type Retrained, type SearchSession } from './session.js';

/** What a training started from. */
export interface WarmStart {
  /** `shared`, or the file. */
  readonly from: string;
  /** Hash of the file. */
  readonly sha256?: string;
  /** Number of tensors taken over, and of those that are fresh because none had their name and shape. */
  readonly taken: number;
  readonly fresh: number;
  /** The first of the fresh ones by name. */
  readonly freshNames: readonly string[];
}

type Start = Pick<SearchConfig['retrain'], 'start' | 'names'>;

/** SHA-256 of the weight files that a run starts from, by phase. */
export interface StartHashes {
  readonly search?: string | undefined;
  readonly retrain?: string | undefined;
}

/** Hashes of the files that the configuration names and uses; `alone` says that no search precedes the training. */
export function startHashes(
  { search, retrain }: Pick<SearchConfig, 'search' | 'retrain'>,
  alone: boolean,
): StartHashes {
  const hashOf = (start: string, field: Field): string => hashFile(fileOf(start, field).path).sha256;
  return {
    ...(!alone && search.start !== undefined && { search: hashOf(search.start, SHARED) }),
    ...(retrain.epochs > 0 && isFileOfWeights(retrain.start) && { retrain: hashOf(retrain.start, RETRAIN) }),
  };
}

const NAMED = 5;

/** The same as a run records it. */
export function weightsFacts(...of: Parameters<typeof startHashes>): { weights?: Record<string, string> } {
  const weights = startHashes(...of);
  return Object.keys(weights).length > 0 ? { weights: { ...weights } as Record<string, string> } : {};
}

/**
 * Checks before a run begins for what would end it later: a file that is missing or does not fit; `alone` says that no
 * search precedes the training.
 */
export function checkWarmStart({ start, names = {} }: Start, space: SearchSpace, alone: boolean): void {
  if (start === undefined || start === 'fresh') return;
  if (start === 'shared') {
    if (!alone) return;
    throw new WeftError(
      'config',
      'retrain.start is shared, but no search comes before this training, so there are no shared weights',
      'name a run or a safetensors file, or leave retrain.start out',
    );
  }
  const all = catalogue(space.forRetraining().supernet);
  withFile(start, (tensors, { from }) => {
    requireNames(all, tensors, names, from);
    const shapes = [...all.parameters, ...all.statistics];
    if (!shapes.some(([name, { shape }]) => fits(ownValue(tensors, ownValue(names, name) ?? name), shape)))
      throw nothingFits(from, shapes[0]?.[0]);
  });
}

/** Replaces fresh weights as `retrain.start` says; undefined if it is not set. */
export function warmStart({ config, supernet, starts }: SearchSession, { store }: Retrained): WarmStart | undefined {
  const { start, names = {} } = config.retrain;
  if (start === undefined || start === 'fresh') return undefined;
  if (start !== 'shared')
    return withFile(start, (tensors, origin) => take(store, tensors, names, origin), RETRAIN, starts.retrain);
  return withEvaluationWeights(supernet, Object.keys(supernet.store.parameters), ({ parameters, statistics }) =>
    take(store, { ...parameters, ...statistics }, {}, { from: 'shared' }),
  );
}

/** The same for the shared weights of a search, as `search.start` says. */
export function startShared({ config, supernet, starts }: SearchSession): WarmStart | undefined {
  const { start } = config.search;
  if (start === undefined) return undefined;
  return withFile(start, (tensors, origin) => take(supernet.store, tensors, {}, origin), SHARED, starts.search);
}

/** Throws WeftError('config') unless `search.start` names weights from which a search of the space can start. */
export function checkSharedStart(start: string | undefined, space: SearchSpace): void {
  if (start === undefined) return;
  const { parameters } = catalogue(space.supernet);
  withFile(
    start,
    (tensors, { from }) => {
      if (![...parameters].some(([name, { shape }]) => fits(ownValue(tensors, name), shape)))
        throw nothingFits(from, [...parameters.keys()][0], SHARED);
    },
    SHARED,
  );
}

/** A field of the configuration that names weights. */
interface Field {
  readonly name: string;
  /** Whether a run's shared weights take precedence over those of its network. */
  readonly shared: boolean;
}

const RETRAIN: Field = { name: 'retrain.start', shared: false };
const SHARED: Field = { name: 'search.start', shared: true };

type Origin = Pick<WarmStart, 'from' | 'sha256'>;

/**
 * Calls `use` with the tensors of the file that `start` names; a run's file is checked first. Refuses a file whose hash
 * is not the recorded one.
 */
function withFile<T>(
  start: string,
  use: (tensors: NamedTensors, origin: Origin) => T,
  field = RETRAIN,
  recorded?: string,
): T {
  const file = fileOf(start, field);
  const bytes = readBytes(file.path);
  if (recorded !== undefined && sha256(bytes) !== recorded)
    throw new WeftError(
      'data',
      `${file.path}, which ${field.name} names, has changed since the run began`,
      'restore the original file, or start a new run',
    );
  if (file.run !== undefined) checkPart(file.run, file.name, bytes);
  const { tensors } = decodeSafetensors(bytes, file.path);
  try {
    return use(tensors, { from: file.path, sha256: sha256(bytes) });
  } finally {
    disposeNamed(tensors);
  }
}

const fits = (found: tf.Tensor | undefined, shape: readonly number[]): boolean =>
  found?.dtype === 'float32' && found.shape.join() === shape.join();

/** Throws unless every name in `names` exists on both sides, with the same shape. */
function requireNames(
  { parameters, statistics }: Catalogue,
  source: NamedTensors,
  names: Readonly<Record<string, string>>,
  from: string,
): void {
  for (const [here, there] of Object.entries(names)) {
    const wanted = parameters.get(here) ?? statistics.get(here);
    if (!wanted) throw misnamed(`no network of the space has a weight '${here}'`, here, [...parameters.keys()]);
    const found = ownValue(source, there);
    if (!found) throw misnamed(`${from} has no '${there}'`, there, Object.keys(source));
    if (!fits(found, wanted.shape))
      throw new WeftError(
        'config',
        `retrain.names: '${there}' in ${from} is ${found.dtype} [${found.shape}], but '${here}' is float32 [${wanted.shape}]`,
        'weights have the shapes of TensorFlow: a dense kernel is [inputs, outputs], a convolution kernel [height, width, inputs, outputs]',
      );
  }
}

/** Copies tensors that match by name and shape; those in `names` have to match. */
function take(
  store: ParameterStore,
  source: NamedTensors,
  names: Readonly<Record<string, string>>,
  origin: Origin,
): WarmStart {
  const { parameters, statistics } = store;
  requireNames(store.catalogue, source, names, origin.from);
  const values: Record<string, tf.Tensor> = {};
  const fresh: string[] = [];
  for (const [name, { shape }] of Object.entries({ ...parameters, ...statistics })) {
    const found = ownValue(source, ownValue(names, name) ?? name);
    if (fits(found, shape)) values[name] = tf.keep(tf.clone(found!));
    else fresh.push(name);
  }
  const taken = Object.keys(values).length;
  if (taken === 0) throw nothingFits(origin.from, Object.keys(parameters)[0]);
  store.assign(values);
  return { ...origin, taken, fresh: fresh.length, freshNames: fresh.slice(0, NAMED) };
}

const nothingFits = (from: string, example: string | undefined, { name, shared } = RETRAIN): WeftError =>
  new WeftError(
    'config',
    `${from} has no tensor with the name and shape of a weight of this network, for example '${example}'`,
    shared
      ? `name a run of the same space and options, or leave ${name} out`
      : `map the names in retrain.names, or leave ${name} out`,
  );

const misnamed = (what: string, name: string, known: readonly string[]): WeftError => {
  const guess = nearest(name, known);
  return new WeftError('config', `retrain.names: ${what}`, guess ? `did you mean '${guess}'?` : 'check the names');
};

/** The weight file that `start` names: itself, or that of a run. */
function fileOf(start: string, { name, shared }: Field): { path: string; name: string; run?: string } {
  if (!existsSync(start))
    throw new WeftError(
      'config',
      `${name}: there is no ${start}`,
      `name ${shared ? '' : 'shared, '}a run directory or a safetensors file`,
    );
  if (!statSync(start).isDirectory()) {
    requireFile(start);
    return { path: start, name: start };
  }
  const { path: run } = openRun(start);
  const { weights, sharedWeights } = networkFiles(run);
  const path = (shared ? [sharedWeights] : [weights, sharedWeights]).find((file) => existsSync(file));
  if (path !== undefined) return { path, name: path.slice(join(run, '/').length), run };
  throw shared
    ? new WeftError(
        'config',
        `search.start: the run ${run} has no supernet.safetensors`,
        'only searches without retraining write their shared weights: set retrain.epochs to 0 there',
      )
    : new WeftError('config', `retrain.start: the run ${run} has no weights yet`, 'wait until it has finished');
}
