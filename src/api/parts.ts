/** The parts of a search, from the names and values in a request. */
import { checkConfig, type SearchConfig, type SearchConfigInput, withAbsolutePaths } from '../config/index.js';
import { type ControllerFactory } from '../controller/contract.js';
import { isDataCode, memorySource } from '../data/index.js';
import { WeftError } from '../errors.js';
import { type SpaceFactory, type Task } from '../graph/define-space.js';
import { type OwnPart, type OwnProxy } from '../parts/own.js';
import { openData } from '../search/data.js';
import { followData } from '../search/follow-data.js';
import { settle } from '../search/regression.js';
import { optionsOf, type SearchParts } from '../search/session.js';
import { datasetFrom, type GivenData } from './memory-data.js';
import { loadController, loadData, loadOwnParts, loadSpace } from './registry.js';

export interface PartsRequest {
  /** Deviations from the defaults; the fields of a configuration file. */
  readonly config?: SearchConfigInput | undefined;
  /** The space itself, or its name or file; by default the one in `config.space`. */
  readonly space?: SpaceFactory | string | undefined;
  /** The same for the controller; `enas` by default. */
  readonly controller?: ControllerFactory | string | undefined;
  /**
   * Optimizers, preconditioners, regularizers and proxies of your own, which `config` names as
   * `{ name: 'own', part: NAME }`.
   */
  readonly parts?: readonly (OwnPart | OwnProxy)[] | undefined;
  /** Examples in memory, or a function that creates them, in place of `config.data.source`. */
  readonly data?: GivenData | undefined;
  /**
   * Whether settings omitted from `config` are derived from the data, if that is your own file or folder and no recipe
   * is named: space, batch sizes, epochs, image augmentation, weight decay. Default false: the defaults of the schema.
   */
  readonly followData?: boolean | undefined;
  /** The network to train, as text: the space is derived from the data only if it contains this network. */
  readonly architecture?: string | undefined;
  /** Called with the number of images read so far and the total, while the data is opened. */
  readonly onRead?: ((done: number, total: number) => void) | undefined;
}

/** The checked configuration with the space, the controller and the data that it, or the request, names. */
export async function partsOf({
  config: input = {},
  data,
  space,
  controller,
  parts,
  followData: follow = false,
  architecture,
  onRead,
}: PartsRequest): Promise<SearchParts> {
  const file = input.data?.source !== undefined && isDataCode(input.data.source) ? input.data.source : undefined;
  const given = data ?? (file === undefined ? undefined : await loadData(file));
  const dataset = given && (await datasetFrom(given));
  const source = data && dataset && memorySource(dataset);
  if (source !== undefined && (input.data?.source ?? source) !== source)
    throw new WeftError(
      'config',
      `the data is given in memory, but data.source also names '${input.data?.source}'`,
      'leave out data.source',
    );
  const written = {
    ...input,
    ...(source !== undefined && { data: { ...input.data, source } }),
    ...((space ?? input.space) && { space: { ...named(space), ...input.space } }),
    ...((controller ?? input.controller) && { controller: { ...named(controller), ...input.controller } }),
  };
  const checked = withAbsolutePaths(checkConfig(written));
  // Unknown names are reported before any data is read.
  const [asked, strategy] = await Promise.all([
    loadSpace(typeof space === 'object' ? space : checked.space.name),
    loadController(typeof controller === 'object' ? controller : checked.controller.name),
  ]);
  const opened = openData(checked, dataset, { onProgress: onRead });
  let following = follow && !dataset ? followData(checked, written, opened) : undefined;
  if (following && architecture !== undefined && !(await isIn(following.config, opened.task, architecture)))
    following = followData(checked, written, opened, { keepsSpace: true });
  const config = settle(following ? withAbsolutePaths(following.config) : checked, opened);
  const searched = config.space.name === checked.space.name ? asked : await loadSpace(config.space.name);
  const own = await loadOwnParts(config, parts);
  return {
    config,
    ...(own && { own }),
    space: searched,
    controller: strategy,
    data: following ? { ...opened, account: [...(opened.account ?? []), ...following.reasons] } : opened,
    ...(following && { open: following.open }),
    ...(dataset && { dataset }),
  };
}

/** Whether the space of the configuration has this network. */
async function isIn({ space }: SearchConfig, task: Task, architecture: string): Promise<boolean> {
  try {
    (await loadSpace(space.name)).create(optionsOf(space), task).decode(architecture);
    return true;
  } catch (error) {
    if (error instanceof WeftError) return false;
    throw error;
  }
}

/** The names in a configuration itself. */
export const loadParts = (config: SearchConfig): Promise<SearchParts> => partsOf({ config });

const named = (part: { readonly name: string } | string | undefined): { name?: string } =>
  part === undefined ? {} : { name: typeof part === 'string' ? part : part.name };
