/** Signs that a search went wrong although it ran to completion, derived from its events. */
import { type SearchSpace } from '../graph/define-space.js';
import { type BuiltOperation } from '../operations/operation.js';
import { isOneOf, isSubset } from '../space/choice.js';
import { type Decision } from '../space/slots.js';
import { decoded } from './decoded.js';
import { type EventLog } from './event-log.js';
import { decimal, integer, isNumber, percent } from './format.js';
import { lookUp } from './input.js';
import { measureOf } from './measure.js';
import { entropyOf, maximalEntropy, readPreferences } from './preferences.js';

export type AlarmCode =
  | 'entropy-collapse' // the controller has stopped exploring
  | 'undecided' // the controller has learned almost nothing
  | 'few-distinct' // its candidates are all, or nearly all, the same network
  | 'all-skips' // every possible skip connection is present
  | 'no-skips' // no skip connection is present
  | 'one-option' // the same option everywhere
  | 'no-weights' // no chosen operation has weights to learn
  | 'skip-cell' // a cell passes its inputs through unchanged
  | 'test-seen' // the test data was used for rewards or training
  | 'chance' // the shared weights do not discriminate between classes
  | 'worse-than-random' // the controller's samples are worse than random ones
  | 'loss' // the loss is NaN or infinite, or has not decreased
  | 'unfinished';

export interface Alarm {
  readonly code: AlarmCode;
  readonly message: string;
}

/**
 * Fractions of the maximum entropy: below the first a controller has stopped exploring, above the second it has not
 * started to choose.
 */
const COLLAPSED = 0.05;
const UNDECIDED = 0.97;
/** A pattern is remarkable if chance alone produces it less often than this. */
const UNLIKELY = 0.01;

/** Tolerated fraction of test examples that also occur in another part: data sets contain a few duplicates. */
const REPEATED = 0.01;

/** Everything remarkable about a run; some signs cannot be detected without its space and its manifest. */
export function findAlarms(log: EventLog, space?: SearchSpace, manifest?: object): Alarm[] {
  return [
    ...lossAlarms(log),
    ...entropyAlarms(log, space),
    ...diversityAlarms(log),
    ...comparisonAlarms(log, space),
    ...patternAlarms(log, space),
    ...cellAlarms(log, space),
    ...dataAlarms(manifest),
    ...progressAlarms(log),
  ];
}

/** Number of near duplicates of test images in a part; if not all were examined, extrapolated from those that were. */
function nearlySeenOf(manifest: object | undefined, part: string): number {
  const near = lookUp(manifest, 'facts', 'data', 'testNearlySeenIn', 'parts', part);
  const lookedAt = lookUp(manifest, 'facts', 'data', 'testNearlySeenIn', 'lookedAt');
  const count = lookUp(manifest, 'facts', 'data', 'splits', 'test', 'count');
  if (!isNumber(near) || !isNumber(lookedAt) || !isNumber(count) || lookedAt === 0) return 0;
  return Math.round((near * count) / lookedAt);
}

/** Whether the test part says anything about new examples. */
function dataAlarms(manifest?: object): Alarm[] {
  const count = lookUp(manifest, 'facts', 'data', 'splits', 'test', 'count');
  return (['train', 'validation', 'derive'] as const).flatMap((part): Alarm[] => {
    const seen = lookUp(manifest, 'facts', 'data', 'testSeenIn', part);
    const near = nearlySeenOf(manifest, part);
    if (!isNumber(count) || !isNumber(seen) || seen + near <= REPEATED * count) return [];
    if (near > 0)
      return [
        {
          code: 'test-seen',
          message: `${integer(seen + near)} of the ${integer(count)} test examples are equal (${integer(seen)}) or nearly equal (${integer(near)}) to an image in the ${part} part: the test accuracy says little about new examples.`,
        },
      ];
    return [
      {
        code: 'test-seen',
        message: `${integer(seen)} of the ${integer(count)} test examples are also in the ${part} part: the test accuracy says little about new examples.`,
      },
    ];
  });
}

function lossAlarms(log: EventLog): Alarm[] {
  const epochs = log.all('weights-epoch');
  const [first, last] = [epochs[0], epochs.at(-1)];
  const broken = epochs.find(({ loss }) => !isNumber(loss));
  if (broken) return [{ code: 'loss', message: `The training loss of epoch ${broken.epoch + 1} is not finite.` }];
  if (!first || !last || epochs.length < 3 || last.loss < first.loss) return [];
  return [
    {
      code: 'loss',
      message: `The training loss has not fallen: ${decimal(first.loss)} in the first epoch, ${decimal(last.loss)} in the last. A smaller learning rate may help.`,
    },
  ];
}

function entropyAlarms(log: EventLog, space?: SearchSpace): Alarm[] {
  const last = readPreferences(log, space).at(-1);
  const decisions =
    last?.groups.flatMap(({ rows, subset }) =>
      rows.map(
        ({ probabilities }) =>
          [entropyOf(probabilities, subset), maximalEntropy(probabilities.length, subset)] as const,
      ),
    ) ?? [];
  const [now, most] = decisions.reduce(
    ([sum, sumMost], [entropy, maximal]) => [sum + entropy, sumMost + maximal],
    [0, 0],
  );
  if (!last || most === 0) return [];
  if (now > UNDECIDED * most && log.last('derived')) {
    return [
      {
        code: 'undecided',
        message: `The controller's entropy is still ${percent(now / most)} of that of uniform sampling after epoch ${last.epoch + 1}: it has hardly learned any preference. More rounds or a larger learning rate of the controller may help.`,
      },
    ];
  }
  if (now >= COLLAPSED * most) return [];
  return [
    {
      code: 'entropy-collapse',
      message: `The controller's entropy is ${percent(now / most)} of that of uniform sampling after epoch ${last.epoch + 1}: it samples almost always the same architecture. With a larger entropy weight or a smaller learning rate the controller explores more.`,
    },
  ];
}

function diversityAlarms(log: EventLog): Alarm[] {
  const derived = log.last('derived');
  if (!derived || derived.candidates < 5 || derived.distinct > 0.1 * derived.candidates) return [];
  const words =
    derived.distinct === 1 ? 'are all the same network' : `are only ${integer(derived.distinct)} different networks`;
  return [
    {
      code: 'few-distinct',
      message: `The ${integer(derived.candidates)} candidates of the final choice ${words}: there was little to choose from.`,
    },
  ];
}

function comparisonAlarms(log: EventLog, space?: SearchSpace): Alarm[] {
  const comparison = log.last('comparison');
  if (!comparison) return [];
  const alarms: Alarm[] = [];
  const { advantage, field, unit } = measureOf(log);
  const high = comparison.interval?.[1];
  if (isNumber(high) && high < 0)
    alarms.push({
      code: 'worse-than-random',
      message: `The controller's candidates are worse than random ones by ${advantage(-comparison.difference).slice(1)} ${unit} on average: the controller has not helped in this search.`,
    });
  const chance = field === 'accuracy' ? space && 1 / space.task.classes : undefined;
  if (chance !== undefined && Math.max(comparison.controllerMean, comparison.randomMean) < 1.2 * chance) {
    alarms.push({
      code: 'chance',
      message: `The candidates' accuracy with shared weights is at the level of guessing (${percent(chance)}), so their order means nothing. Train the shared weights longer.`,
    });
  }
  return alarms;
}

/** A choice that the derived architecture makes everywhere, if chance is an unlikely explanation. */
function patternAlarms(log: EventLog, space?: SearchSpace): Alarm[] {
  const derived = log.last('derived');
  if (!derived || !space) return [];
  const architecture = decoded(space, derived.architecture);
  if (architecture === undefined) return [];
  const slots = space.genotype(architecture);
  const alarms: Alarm[] = [];

  const flags = space.decisions
    .filter(({ choice }) => isSubset(choice))
    .flatMap(({ offset, length }) => slots.slice(offset, offset + length));
  if (0.5 ** flags.length < UNLIKELY) {
    if (flags.every((flag) => flag === 1))
      alarms.push({
        code: 'all-skips',
        message: `The derived network has all of its ${flags.length} possible skip connections.`,
      });
    if (flags.every((flag) => flag === 0))
      alarms.push({
        code: 'no-skips',
        message: `The derived network has none of its ${flags.length} possible skip connections.`,
      });
  }

  const picks = new Map<string, string[]>();
  for (const { choice, offset } of space.decisions) {
    if (isOneOf(choice) && choice.options.length > 1)
      picks.set(choice.options.join(), [
        ...(picks.get(choice.options.join()) ?? []),
        String(choice.options[slots[offset]!]),
      ]);
  }
  for (const [options, picked] of picks) {
    if (new Set(picked).size === 1 && options.split(',').length ** (1 - picked.length) < UNLIKELY)
      alarms.push({
        code: 'one-option',
        message: `All ${picked.length} decisions between ${options.split(',').join(', ')} chose ${picked[0]!}.`,
      });
  }

  const chosen = space
    .activate(architecture)
    .filter(({ name }) => isOptional(space, name))
    .flatMap((node) => (node.kind === 'operation' ? [node.built] : []));
  if (
    chosen.length > 1 &&
    !chosen.some(learns) &&
    space.supernet.order.some((name) => isOptional(space, name) && builtOf(space, name).some(learns))
  ) {
    alarms.push({
      code: 'no-weights',
      message: `None of the ${chosen.length} chosen operations of the derived network has weights.`,
    });
  }
  return alarms;
}

/**
 * Cells (the parts of the space that have their own choices) in which every chosen operation passes its inputs through
 * or drops them.
 */
function cellAlarms(log: EventLog, space?: SearchSpace): Alarm[] {
  const derived = log.last('derived');
  const architecture = derived && space && decoded(space, derived.architecture);
  if (!space || architecture === undefined) return [];
  const cells = new Map<string, boolean[]>();
  for (const node of space.activate(architecture)) {
    const cell = node.kind === 'operation' ? cellOf(space, node.name) : undefined;
    if (node.kind === 'operation' && cell !== undefined)
      cells.set(cell, [
        ...(cells.get(cell) ?? []),
        node.operation.kind === 'identity' || node.operation.kind === 'zeros',
      ]);
  }
  return [...cells]
    .filter(([, passes]) => passes.length >= 3 && passes.every(Boolean))
    .map(([cell]) => ({
      code: 'skip-cell',
      message: `All operations of ${cell === '' ? 'the derived cell' : `the derived cell '${cell}'`} only pass on their inputs: the search has collapsed to skip connections.`,
    }));
}

/** The part of the choice tree that controls the node, by the name of its field; the whole tree if it is a list. */
function cellOf(space: SearchSpace, name: string): string | undefined {
  const path = deciderOf(space, name)?.path;
  return path !== undefined && Array.isArray(space.tree) ? '' : path?.split('.')[0];
}

/** Whether some choice between options controls the node. */
function isOptional(space: SearchSpace, name: string): boolean {
  return deciderOf(space, name) !== undefined;
}

/** The choice between options that controls the node. */
function deciderOf({ decisions, supernet: { graph } }: SearchSpace, name: string): Decision | undefined {
  const slots = new Set(graph.mapOutEdges(name, (_edge, { guard }) => guard?.terms[0]?.slot));
  return decisions.find(({ choice, offset }) => isOneOf(choice) && slots.has(offset));
}

function builtOf({ supernet: { graph } }: SearchSpace, name: string): BuiltOperation[] {
  const node = graph.getNodeAttributes(name);
  return node.kind === 'operation' ? [...node.built.values()] : [];
}

function learns({ parameters }: BuiltOperation): boolean {
  return Object.keys(parameters).length > 0;
}

function progressAlarms(log: EventLog): Alarm[] {
  if (log.last('search-finished')) return [];
  const phase = log.last('retrain-started')
    ? 'the network was being trained'
    : log.last('candidate')
      ? 'candidates were being compared'
      : `${integer(log.all('epoch').length)} of ${integer(log.last('search-started')?.epochs)} epochs were done`;
  return [{ code: 'unfinished', message: `The run is not finished: ${phase} when this report was made.` }];
}
