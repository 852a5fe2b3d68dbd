/** What a search is made of, from the words and values of a request. */
import { checkConfig, type SearchConfig, type SearchConfigInput, withAbsolutePaths } from '../config/index.js';
import { type ControllerFactory } from '../controller/contract.js';
import { isDataCode, memorySource } from '../data/index.js';
import { WeftError } from '../errors.js';
import { type SpaceFactory } from '../graph/define-space.js';
import { type OwnPart, type OwnProxy } from '../parts/own.js';
import { openData } from '../search/data.js';
import { settle } from '../search/regression.js';
import { type SearchParts } from '../search/session.js';
import { datasetFrom, type GivenData } from './memory-data.js';
import { loadController, loadData, loadOwnParts, loadSpace } from './registry.js';

export interface PartsRequest {
  /** What differs from the defaults; the fields of a configuration file. */
  readonly config?: SearchConfigInput | undefined;
  /** The space itself, or its name or file; what `config.space` names by default. */
  readonly space?: SpaceFactory | string | undefined;
  /** The controller likewise; `enas` by default. */
  readonly controller?: ControllerFactory | string | undefined;
  /** Optimizers, preconditioners, regularizers and proxies of your own, which `config` names as `{ name: 'own', part: NAME }`. */
  readonly parts?: readonly (OwnPart | OwnProxy)[] | undefined;
  /** Examples in memory, or what makes them, in the place of `config.data.source`. */
  readonly data?: GivenData | undefined;
}

/** The checked configuration with the space, the controller and the data that it, or the request, names. */
export async function partsOf({
  config: input = {},
  data,
  space,
  controller,
  parts,
}: PartsRequest): Promise<SearchParts> {
  const file = input.data?.source !== undefined && isDataCode(input.data.source) ? input.data.source : undefined;
  const given = data ?? (file === undefined ? undefined : await loadData(file));
  const dataset = given && (await datasetFrom(given));
  const source = data && dataset && memorySource(dataset);
  if (source !== undefined && (input.data?.source ?? source) !== source)
    throw new WeftError(
      'config',
      `the data is given in memory, and data.source names '${input.data?.source}' too`,
      'leave out data.source',
    );
  const checked = withAbsolutePaths(
    checkConfig({
      ...input,
      ...(source !== undefined && { data: { ...input.data, source } }),
      space: { ...named(space), ...input.space },
      controller: { ...named(controller), ...input.controller },
    }),
  );
  const [searched, strategy] = await Promise.all([
    loadSpace(typeof space === 'object' ? space : checked.space.name),
    loadController(typeof controller === 'object' ? controller : checked.controller.name),
  ]);
  const opened = openData(checked, dataset);
  const config = settle(checked, opened);
  const own = await loadOwnParts(config, parts);
  return {
    config,
    ...(own && { own }),
    space: searched,
    controller: strategy,
    data: opened,
    ...(dataset && { dataset }),
  };
}

/** What a configuration names by itself. */
export const loadParts = (config: SearchConfig): Promise<SearchParts> => partsOf({ config });

const named = (part: { readonly name: string } | string | undefined): { name?: string } =>
  part === undefined ? {} : { name: typeof part === 'string' ? part : part.name };
