/**
 * The candidates of successive halving: networks within the limits, with hyper-parameters if these are searched; and
 * what is written for the winner.
 */
import { join } from 'node:path';
import { stringify } from 'yaml';
import { WeftError } from '../errors.js';
import { filterProposals } from '../controller/index.js';
import { type Controller } from '../controller/contract.js';
import { type SearchSpace } from '../graph/define-space.js';
import { sampleDistinct } from '../ranking/index.js';
import { type HalvingPage, halvingPage } from '../report/index.js';
import { packageVersion, writeFileAtomic } from '../runs/index.js';
import { type Placed, type RungResult } from '../search/halving.js';
import { energiesFor, energyTableOf, readEnergies } from '../search/energy.js';
import {
  accepts,
  jointSpace,
  type Hyperparameter,
  type Hyperparameters,
  hyperparametersOf,
  readCandidate,
  withHyperparameters,
} from '../search/hyperparameters/index.js';
import { latencyTableOf } from '../search/latency.js';
import { limitSpace } from '../search/limits.js';
import {
  proxyFilter,
  proxyStart,
  type ProxyStartSetting,
  requireProposals,
  requireWarmStart,
} from '../search/proxy-start.js';
import { controllerOptions, measuredNow, optionsOf, type SearchParts } from '../search/session.js';
import { catalogue } from '../supernet/catalogue.js';
import { stream } from '../tensor/rng.js';

/** The space that candidates are drawn from; `epochs` is the length of the first rung. */
export function candidateSpace(parts: SearchParts, folder: string, epochs: number): SearchSpace {
  const { config, space: factory, data } = parts;
  const whole = factory.create(optionsOf(config.space), data.task);
  const { limits, seed } = config;
  const latencies =
    limits.latencyMs === undefined ? undefined : latencyTableOf(folder, () => measuredNow(config)(whole));
  const energies = energiesFor(whole, { limits }, () => energyTableOf(folder, () => readEnergies(limits)));
  const space = limitSpace(whole, limits, { latencies, energies }, seed);
  const hyperparameters = hyperparametersOf(config, epochs);
  if (hyperparameters.length === 0) return space;
  for (const one of hyperparameters) requireExamples(one, parts);
  // Each value is known to be valid on its own.
  const together = hyperparameters.length > 1 ? accepts(config, epochs) : undefined;
  return jointSpace(space, hyperparameters, together);
}

/** Throws WeftError('config') for a batch size larger than the training part. */
function requireExamples({ path, values }: Hyperparameter, { data: { task, counts } }: SearchParts): void {
  if (path !== 'retrain.batchSize' || task.kind === 'language') return;
  const largest = Math.max(...values.map(Number));
  if (largest > counts.train)
    throw new WeftError(
      'config',
      `search.hyperparameters: ${path} cannot be ${largest}: the train split has ${counts.train} examples`,
      `search values up to ${counts.train}, or use more data`,
    );
}

/**
 * Distinct candidates, drawn uniformly or from `search.warmStart`: `count` of them, or fewer if the space, or the pool,
 * has hardly more.
 */
export function drawCandidates(
  parts: SearchParts,
  space: SearchSpace,
  count: number,
  onWarning: (message: string) => void,
): string[] {
  const { seed, search } = parts.config;
  if (search.warmStart) {
    const start = proxyStart(search.warmStart, scoring(parts, space, onWarning));
    const places = Array.from({ length: Math.min(count, search.warmStart.pool) }, (_, place) => start(place));
    return places
      .filter((architecture) => architecture !== undefined)
      .map((architecture) => space.encode(architecture));
  }
  return sampleDistinct(space, count, stream(seed, 'halving')).map(({ encoding }) => encoding);
}

/**
 * The strategy that proposes candidates from this space. Throws WeftError('config') for an incompatible one, and for
 * several objectives.
 */
export function proposer(parts: SearchParts, space: SearchSpace, onWarning: (message: string) => void): Controller {
  const { config, controller: factory } = parts;
  const { seed, objectives, search } = config;
  if (objectives)
    throw new WeftError(
      'config',
      'rounds of halving compare candidates by one score, but there are several objectives',
      'leave out objectives; use limits to bound the costs of a network',
    );
  requireWarmStart(config, factory);
  const setting = scoring(parts, space, onWarning);
  const strategy = factory.create(controllerOptions(factory, config.controller), {
    space,
    seed,
    ...(search.warmStart && { start: proxyStart(search.warmStart, setting) }),
  });
  if (strategy.relaxation) {
    strategy.dispose();
    throw new WeftError(
      'config',
      `'${factory.name}' learns from the gradients of shared weights, but candidates are trained separately`,
      'use a controller that proposes architectures, for example evolution or predictor-guided',
    );
  }
  requireProposals(config, { name: factory.name, relaxation: false });
  return search.proxyFilter ? filterProposals(strategy, space, proxyFilter(search.proxyFilter, setting)) : strategy;
}

function scoring(
  { config, data, own }: SearchParts,
  space: SearchSpace,
  onWarning: (message: string) => void,
): ProxyStartSetting {
  const { watched } = data.batches(config, { carries: catalogue(space.supernet).states.size > 0 });
  return { space, seed: config.seed, own, source: watched, warn: (_kind, message) => onWarning(message) };
}

/** Rungs as reported: each candidate's architecture with its hyper-parameters. */
export function described<R extends RungResult>(rung: R): R {
  const ranking = rung.ranking.map(({ architecture: text, score }): Placed => ({ ...candidateIn(text), score }));
  return { ...rung, ranking };
}

/** The network that a candidate's text encodes, and its hyper-parameters if it has any. */
export function candidateIn(text: string): Pick<Placed, 'architecture' | 'hyperparameters'> {
  const { architecture, hyperparameters } = readCandidate(text);
  return { architecture, ...(Object.keys(hyperparameters).length > 0 && { hyperparameters }) };
}

/** Writes the configuration that trains the winner with its hyper-parameters; undefined if none were searched. */
export function writeWinner(
  folder: string,
  { config }: SearchParts,
  hyperparameters: Hyperparameters | undefined,
): string | undefined {
  if (!hyperparameters) return undefined;
  const file = join(folder, 'winner.yaml');
  writeFileAtomic(file, stringify(JSON.parse(JSON.stringify(withHyperparameters(config, hyperparameters)))));
  return file;
}

/** Writes the results page and returns its path. */
export function writeHalvingReport(
  folder: string,
  { config, space, data, controller }: SearchParts,
  { rungs, rounds }: { readonly rungs: readonly RungResult[]; readonly rounds?: readonly (readonly RungResult[])[] },
  { measure, picked, retrained }: Pick<HalvingPage, 'measure' | 'picked' | 'retrained'>,
): string {
  const file = join(folder, 'report.html');
  const text = halvingPage({
    space: space.name,
    data: data.record.name,
    rounds: rounds ?? [rungs],
    measure,
    hyperparameters: Object.entries(config.search.hyperparameters ?? {}).map(([path, values]) => ({
      path,
      scale: !Array.isArray(values)
        ? values.scale
        : values.every((one) => typeof one === 'number')
          ? 'linear'
          : 'words',
    })),
    ...(rounds && { controller: controller.name }),
    ...{ picked, retrained },
    version: packageVersion,
  });
  writeFileAtomic(file, text);
  return file;
}
