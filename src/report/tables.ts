/** Every table behind the report, also as CSV. */
import { rankCandidates } from './candidates.js';
import { type Cell, toCsv } from './csv.js';
import { type EventLog, eventLog } from './event-log.js';
import { widthRows } from './forgetting/by-width.js';
import { flatten, isObject, type JsonObject, lookUp, type ReportInput } from './input.js';
import { entropyOf, maximalEntropy, readPreferences } from './preferences.js';

export interface ReportTable {
  readonly name: string;
  readonly csv: string;
}

/** The non-empty tables of a run, one CSV text each (RFC 4180), numbers at full precision. */
export function reportTables(input: ReportInput): ReportTable[] {
  const log = eventLog(input.events);
  const validated = log.last('retrain-epoch')?.validation !== undefined;
  const tables: Record<string, Cell[][]> = {
    epochs: [
      ['epoch', 'loss', 'reward', 'random', 'entropy', 'best_reward', 'best_architecture'],
      ...log
        .all('epoch')
        .map(({ epoch, loss, reward, random, entropy, best }) => [
          epoch + 1,
          loss,
          reward,
          random,
          entropy,
          best?.reward,
          best?.architecture,
        ]),
    ],
    steps: [
      ['epoch', 'step', 'loss', 'architecture'],
      ...log.all('weights-step').map(({ epoch, step, loss, architecture }) => [epoch + 1, step, loss, architecture]),
    ],
    rounds: roundRows(log),
    candidates: [
      ['rank', 'accuracy', 'loss', 'drawn_by_controller', 'drawn_at_random', 'hash', 'architecture'],
      ...rankCandidates(log).map(({ accuracy, loss, drawn, hash, architecture }, i) => [
        i + 1,
        accuracy,
        loss,
        drawn.controller,
        drawn.random,
        hash,
        architecture,
      ]),
    ],
    comparison: [
      ['controller_mean', 'random_mean', 'difference', 'low', 'high', 'confidence', 'controller_count', 'random_count'],
      ...log
        .all('comparison')
        .map(({ controllerMean, randomMean, difference, interval, confidence, controllerCount, randomCount }) => [
          controllerMean,
          randomMean,
          difference,
          interval?.[0],
          interval?.[1],
          confidence,
          controllerCount,
          randomCount,
        ]),
    ],
    preferences: preferenceRows(log, input),
    retraining: [
      ['epoch', 'loss', 'learning_rate', ...(validated ? ['validation_accuracy', 'validation_loss'] : [])],
      ...log
        .all('retrain-epoch')
        .map(({ epoch, loss, learningRate, validation }) => [
          epoch + 1,
          loss,
          learningRate,
          ...(validated ? [validation?.accuracy, validation?.loss] : []),
        ]),
    ],
    sharpness: sharpnessRows(log, 'sharpness'),
    'shared-sharpness': sharpnessRows(log, 'shared-sharpness'),
    ...widthRows(log),
    splits: [
      ['part', 'examples', 'indices_sha256', 'content_sha256'],
      ...splitsOf(input).map(([name, split]) => [
        name,
        ...['count', 'indices', 'content'].map((field) => cellOf(split, field)),
      ]),
    ],
    config: [['option', 'value'], ...flatten(input.config)],
  };
  return Object.entries(tables)
    .filter(([, rows]) => rows.length > 1)
    .map(([name, rows]) => ({ name, csv: toCsv(rows) }));
}

/** The parts of the data as recorded in the run. */
export function splitsOf({ manifest }: ReportInput): [name: string, record: JsonObject][] {
  const splits = lookUp(manifest, 'facts', 'data', 'splits');
  return isObject(splits)
    ? Object.entries(splits).filter((entry): entry is [string, JsonObject] => isObject(entry[1]))
    : [];
}

function sharpnessRows(log: EventLog, which: 'sharpness' | 'shared-sharpness'): Cell[][] {
  return [
    [
      'epoch',
      'step',
      'loss',
      'gradient_norm',
      'sharpness',
      'residual',
      'alignment',
      'sam_alignment',
      'learning_rate',
      'descent_edge',
      'momentum_edge',
      'sam_edge',
    ],
    ...log
      .all(which)
      .map(({ epoch, step, loss, gradientNorm, sharpness, residual, alignment, samAlignment, learningRate, edges }) => [
        epoch + 1,
        step,
        loss,
        gradientNorm,
        sharpness,
        residual,
        alignment,
        samAlignment,
        learningRate,
        edges?.descent,
        edges?.momentum,
        edges?.sam,
      ]),
  ];
}

function roundRows(log: EventLog): Cell[][] {
  const rounds = log.all('controller-round');
  const metrics = [...new Set(rounds.flatMap((event) => Object.keys(event.metrics ?? {})))];
  return [
    ['epoch', 'round', 'reward', 'best', ...metrics],
    ...rounds.map(({ epoch, round, reward, best, metrics: values }) => [
      epoch + 1,
      round,
      reward,
      best,
      ...metrics.map((name) => values?.[name]),
    ]),
  ];
}

function preferenceRows(log: EventLog, { space }: ReportInput): Cell[][] {
  return [
    ['epoch', 'decision', 'option', 'probability', 'entropy', 'entropy_of_uniform'],
    ...readPreferences(log, space).flatMap(({ epoch, groups }) =>
      groups.flatMap(({ rows, options, subset }) =>
        rows.flatMap(({ path, probabilities }) =>
          probabilities.map((p, i): Cell[] => [
            epoch + 1,
            path,
            options[i] ?? String(i),
            p,
            entropyOf(probabilities, subset),
            maximalEntropy(probabilities.length, subset),
          ]),
        ),
      ),
    ),
  ];
}

function cellOf(object: JsonObject, field: string): Cell {
  const value = object[field];
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}
