/**
 * A search in memory: the parts that its configuration names, the shared weights, and the state. Phases
 * advance it one unit of work at a time, so that it can be stopped, saved and resumed between any two.
 */
import { type SearchConfig } from '../config/schema.js';
import { type Controller, type ControllerFactory } from '../controller/contract.js';
import { filterProposals } from '../controller/index.js';
import { type Dataset } from '../data/index.js';
import { ownValue, unknownNameHint, WeftError } from '../errors.js';
import { type SearchSpace, type SpaceFactory } from '../graph/define-space.js';
import { type CompiledTrainer } from '../chain/compiled.js';
import { createTrainer } from '../optimizers/index.js';
import { type OwnParts } from '../parts/own.js';
import { catalogue } from '../supernet/catalogue.js';
import { type Child, createChild } from '../supernet/child.js';
import { disposeNamed, type NamedTensors } from '../tensor/named.js';
import { type Tensor1D } from '../tensor/tf.js';
import { type Measured } from '../runs/summary.js';
import { type CompileOptions } from '../tensor/plan/index.js';
import { type BatchSource } from '../training/batch.js';
import { createLearner, disposeLearner, type Learner, type LearnerOptions } from '../training/learner.js';
import { type SharedOptions } from '../training/shared-gradients.js';
import { checkBatchSizes } from './batch-sizes.js';
import { type CostMeasure, costMeasure, costsNamed, type CostTables } from './costs.js';
import { ownObjectives } from './own-objective.js';
import { type SearchBatches, type SearchData } from './data.js';
import { createRegularizer, type Regularizer } from '../forgetting/index.js';
import { type SearchEvent } from './events.js';
import { createWatch, type ForgettingWatch } from './forgetting/watch.js';
import { assessedTable, readDeviceLatency } from './device-latency.js';
import { energiesFor, type EnergyTable } from './energy.js';
import { type LatencyTable, measureLatency } from './latency.js';
import { type OpenEpochs } from './follow-data.js';
import { limitSpace } from './limits.js';
import { requireSizes } from './network-sizes.js';
import { createRemedies, linksOf, type Remedies, uniqueNetworks } from './remedies/index.js';
import { proxyFilter, proxyStart, requireProposals } from './proxy-start.js';
import { requireFitForTargets } from './regression.js';
import { requireSandwich } from './sandwich.js';
import { type Objective, objectiveOf } from './objective.js';
import { initialState, type SearchState } from './state.js';
import { type StartHashes } from './warm-start.js';

export interface SearchParts {
  readonly config: SearchConfig;
  readonly space: SpaceFactory;
  readonly controller: ControllerFactory;
  readonly data: SearchData;
  /** The data in memory from which `data` was divided; configurations with other seeds divide it again. */
  readonly dataset?: Dataset;
  /** Epochs that the user has not set, and that a time budget may increase. */
  readonly open?: OpenEpochs;
  /** The user's own optimizers, preconditioners, regularizers and proxies, by their names in the configuration. */
  readonly own?: OwnParts | undefined;
  /**
   * Hashes of the weight files that it starts from, as they were when the run began; their current hashes by default.
   */
  readonly starts?: StartHashes | undefined;
  /** Provides the times of the space's operations; without it they are measured and kept only in the session. */
  readonly latencyTable?: (space: SearchSpace) => LatencyTable;
  /** Provides the energies of networks; without it they are read from the table that the limits name. */
  readonly energyTable?: () => EnergyTable;
}

/** The learner of a search, with what is measured during its training. */
export interface WatchedLearner extends Learner {
  /**
   * The eigenvector of the largest Hessian eigenvalue at the last measurement, from which the next one starts; owned.
   */
  eigenvector?: Tensor1D;
}

/** Its tables of costs are those that limits or objectives need. */
export interface SearchSession extends CostTables {
  readonly config: SearchConfig;
  readonly own: OwnParts | undefined;
  /** Required hashes of the weight files that it starts from. */
  readonly starts: StartHashes;
  readonly space: SearchSpace;
  readonly controller: Controller;
  readonly controllerName: string;
  readonly supernet: WatchedLearner;
  readonly data: SearchBatches;
  readonly objective: Objective;
  /** The costs of networks by the further objectives; undefined if quality is the only one. */
  readonly costs: CostMeasure | undefined;
  /** What the tokens of a text are. */
  readonly level: 'char' | 'word' | undefined;
  readonly emit: (event: SearchEvent) => void;
  readonly state: SearchState;
  /** Measures and prevents forgetting; undefined if neither is requested. */
  readonly forgetting: ForgettingWatch | undefined;
  /** Changes to the training of the shared weights that the configuration asks for. */
  readonly remedies: Remedies;
  /** Set once retraining begins. */
  retrained: Retrained | undefined;
  /** Architectures of the current epoch, in the order in which they are trained; sampled on first use. */
  sampled: { readonly epoch: number; readonly architectures: readonly unknown[] } | undefined;
  /** Those of the final choice, likewise. */
  candidates: { readonly controller: readonly unknown[]; readonly random: readonly unknown[] } | undefined;
  /** How training steps have been computed so far. */
  compiled(): NonNullable<Measured['compiled']>;
  /** Receives a note on how steps are computed. It is not an event, because it differs between processes. */
  noteCompiled(remark: string): void;
  /** The child with this architecture; recent ones are kept ready. */
  child(architecture: unknown): Child;
  dispose(): void;
}

export interface Retrained extends WatchedLearner {
  /** Weights of the best epoch, if they are kept; owned. */
  best?: NamedTensors | undefined;
  readonly space: SearchSpace;
  readonly child: Child;
}

/**
 * A new session in its initial state. The backend must be loaded. If parts do not fit together, what was already
 * created is disposed.
 */
export function createSession(parts: SearchParts, emit: (event: SearchEvent) => void): SearchSession {
  const made: { dispose(): void }[] = [];
  try {
    return assemble(parts, emit, made);
  } catch (error) {
    for (const one of made) one.dispose();
    throw error;
  }
}

/** See `createSession`; everything that holds tensors is added to `made` as soon as it exists. */
function assemble(
  {
    config,
    space: spaceFactory,
    controller: controllerFactory,
    data: prepared,
    latencyTable = measuredNow(config),
    energyTable,
    own,
    starts = {},
  }: SearchParts,
  emit: (event: SearchEvent) => void,
  made: { dispose(): void }[],
): SearchSession {
  const { seed } = config;
  if (prepared.task.kind === 'regression' || prepared.task.kind === 'multi-label')
    requireFitForTargets(config, prepared.task.kind);
  const whole = spaceFactory.create(optionsOf(config.space), prepared.task);
  const timed = config.limits.latencyMs !== undefined || config.objectives?.includes('latency');
  const latencies = timed ? latencyTable(whole) : undefined;
  const energies = energiesFor(whole, config, energyTable);
  const tables = { latencies, energies };
  const limited = limitSpace(whole, config.limits, tables, seed);
  const unique = config.search.remedies?.uniqueNetworks ? uniqueNetworks(limited) : undefined;
  const space = unique?.space ?? limited;
  const named = costsNamed(config);
  const owned = ownObjectives(config, own);
  const costs = named.length + owned.length > 0 ? costMeasure(space, named, tables, owned) : undefined;
  const data = prepared.batches(config, { carries: catalogue(space.supernet).states.size > 0 });
  const { warmStart, proxyFilter: filter } = config.search;
  // Messages that were shown once are in the state, so that a resumed search does not repeat them.
  const warn = (kind: string, message: string): void => {
    const { notes: told } = session.state;
    if (told.includes(kind)) return;
    told.push(kind);
    emit({ type: 'warning', message });
  };
  const scoring = { space, seed, own, source: data.watched, warn };
  const start = warmStart && proxyStart(warmStart, scoring);
  const regularizer = createRegularizer(config.search.regularizer, { seed, space, own });
  if (regularizer) made.push(regularizer);
  if (regularizer) requireSliceable(space, regularizer, config.search.elastic !== undefined);
  const notes: string[] = [];
  const note = (remark: string): void => void notes.push(remark);
  const supernet: WatchedLearner = createLearner(space, seed, {
    ...trainingOf(config.search, data.train, own),
    ...linksOf(config.search.remedies, regularizer),
    compile: { ...compileOf(config), note },
    shared: sharedOf(config, data, note),
  });
  made.push({ dispose: () => disposeLearner(supernet) });
  const retrain = createTrainer(config.retrain.optimizer, trainingOf(config.retrain, data.retrain, own));
  checkBatchSizes({ config, space, data, search: supernet.trainer, retrain });
  const strategy = controllerFactory.create(controllerOptions(controllerFactory, config.controller), {
    space,
    seed,
    compile: { ...compileOf(config), note },
    ...(start && { start }),
  });
  made.push(strategy);
  requireProposals(config, { name: controllerFactory.name, relaxation: strategy.relaxation !== undefined });
  const controller = filter ? filterProposals(strategy, space, proxyFilter(filter, scoring)) : strategy;
  if (config.search.elastic)
    requireSandwich(space, {
      controller: { name: controllerFactory.name, relaxation: controller.relaxation },
      elastic: config.search.elastic,
      carries: data.train.continues === true,
    });
  if (config.forgetting.widths) requireLevels(space);
  const children = new Map<string, Child>();
  const watched = config.search.regularizer.name !== 'none' || config.forgetting.measure === true;
  if (watched && controller.relaxation) {
    throw new WeftError(
      'config',
      `'${controllerFactory.name}' trains a mixture of all architectures, so none is trained after another and none can be forgotten`,
      'leave out search.regularizer and forgetting.measure, or use a controller that samples',
    );
  }
  const forgetting = createWatch({
    config,
    learner: supernet,
    source: data.revisited,
    fisher: data.fisher,
    space,
    trainings: config.search.epochs * Math.ceil(data.train.steps / config.search.batchesPerArchitecture),
    note,
    sequences: space.task.kind === 'language',
    emit,
    regularizer,
    child: (encoding) => session.child(space.decode(encoding)),
  });
  const remedies = createRemedies({
    config,
    space,
    unique,
    controller: { name: controllerFactory.name, relaxation: controller.relaxation },
    regularizer,
    learner: supernet,
    train: data.train,
  });
  const session: SearchSession = {
    config,
    own,
    starts,
    remedies,
    space,
    controller,
    controllerName: controllerFactory.name,
    supernet,
    data,
    emit,
    forgetting,
    objective: objectiveOf(prepared, config.search),
    costs,
    latencies,
    energies,
    level: prepared.card.level,
    state: initialState(),
    retrained: undefined,
    sampled: undefined,
    candidates: undefined,
    noteCompiled: note,
    compiled: () => ({
      supernet: supernet.shared?.runs ?? 0,
      search: runsOf(supernet.compiled, supernet.children),
      retraining: runsOf(session.retrained?.compiled),
      evaluation: runsOf(supernet.passes, session.retrained?.passes),
      notes,
    }),
    child(written) {
      const architecture = unique ? unique.of(written) : written;
      const key = space.encode(architecture);
      let child = children.get(key);
      if (!child) {
        child = createChild(space, architecture);
        children.set(key, child);
        if (children.size > MAX_CACHED_CHILDREN) children.delete(children.keys().next().value!);
      }
      return child;
    },
    dispose() {
      for (const learner of session.retrained ? [supernet, session.retrained] : [supernet]) {
        disposeLearner(learner);
        learner.eigenvector?.dispose();
      }
      if (session.retrained?.best) disposeNamed(session.retrained.best);
      controller.dispose();
      forgetting?.dispose();
    },
  };
  return session;
}

/** Throws WeftError('config') unless there is a series of networks from the smallest to the largest. */
function requireLevels(space: SearchSpace): void {
  requireSizes(space, 'forgetting.widths compares networks of several sizes');
  if (space.constraints.length === 0) return;
  throw new WeftError(
    'config',
    `forgetting.widths trains the largest network of '${space.name}', which its limits may exclude`,
    'leave out the limits, or forgetting.widths',
  );
}

/** Throws WeftError('config') if the regularizer does not support steps of an elastic space. */
function requireSliceable(
  { name, supernet: { graph } }: SearchSpace,
  { name: regularizer, knowsSlices }: Regularizer,
  isSandwich: boolean,
): void {
  const elastic = graph.findNode((_node, attributes) => attributes.kind === 'operation' && !!attributes.elastic);
  if (elastic === undefined) return;
  if (isSandwich)
    throw new WeftError(
      'config',
      `'${regularizer}' works between networks that are trained one after another, but the sandwich rule trains several per step`,
      'leave out search.elastic or search.regularizer',
    );
  if (knowsSlices) return;
  throw new WeftError(
    'config',
    `'${regularizer}' works only with whole weights, but in '${name}' an architecture trains slices of those of '${elastic}'`,
    'use wpl, ewc, l2-anchor or permuted-fisher, or leave out search.regularizer',
  );
}

const MAX_CACHED_CHILDREN = 256;

/** Measures the operations of the networks that are retrained, or uses what was measured on another device. */
export function measuredNow({
  limits: { latencyTable, latencyBatchSize },
}: Pick<SearchConfig, 'limits'>): (space: SearchSpace) => LatencyTable {
  return (space) =>
    latencyTable === undefined
      ? measureLatency(space.forRetraining(), latencyBatchSize)
      : assessedTable(space.forRetraining(), readDeviceLatency(latencyTable), latencyBatchSize);
}

/** Counts of runs, by how they were computed. */
function runsOf(
  ...compiled: readonly (Pick<CompiledTrainer, 'runs'> | undefined)[]
): Record<'eager' | 'replay' | 'session', number> {
  const sum = { eager: 0, replay: 0, session: 0 };
  for (const one of compiled)
    for (const way of ['eager', 'replay', 'session'] as const) sum[way] += one?.runs[way] ?? 0;
  return sum;
}

/** How far the steps of one network are compiled. */
export const compileOf = ({ compile }: Pick<SearchConfig, 'compile'>): CompileOptions => ({ mode: compile });

/** The steps of a supernet whose children are trained one after the other. */
function sharedOf(
  { compile, data, search }: SearchConfig,
  { train }: SearchBatches,
  note: (remark: string) => void,
): SharedOptions | undefined {
  const { importance } = search.remedies ?? {};
  if (search.elastic) return undefined;
  return {
    batchSize: search.batchSize,
    steps: search.epochs * train.steps,
    smoothing: search.labelSmoothing,
    weighted: importance !== undefined || data.classWeights !== undefined,
    observed: importance && (importance.data ? 'outputs' : 'gradients'),
    mode: compile,
    note,
  };
}

/** How long the found network is trained. */
export const retrainEpochs = ({ config, state }: Pick<SearchSession, 'config' | 'state'>): number =>
  state.retrainEpochs ?? config.retrain.epochs;

/** The training settings of a phase of the configuration. */
export function trainingOf(
  { epochs, optimizer }: { epochs: number; optimizer: SearchConfig['search']['optimizer'] },
  { steps, count }: BatchSource,
  own?: OwnParts,
): LearnerOptions {
  return { optimizer, stepsPerEpoch: steps, totalSteps: steps * epochs, examples: count, ...(own && { own }) };
}

/** The options of a named part without its name. */
export function optionsOf({
  name: _name,
  preset: _preset,
  ...options
}: {
  name: string;
  preset?: string | undefined;
}): object {
  return options;
}

/** Explicit options merged over those of the preset; throws WeftError('config') for an unknown preset. */
export function controllerOptions({ name, presets }: ControllerFactory, config: SearchConfig['controller']): object {
  if (config.preset === undefined) return optionsOf(config);
  const preset = ownValue(presets, config.preset);
  if (!preset)
    throw new WeftError(
      'config',
      `the controller '${name}' has no preset '${config.preset}'`,
      unknownNameHint(config.preset, Object.keys(presets)),
    );
  return { ...preset, ...optionsOf(config) };
}
