/** A run as an event file of TensorBoard. */
import { type EventLog, eventLog } from '../report/event-log.js';
import { isNumber } from '../report/format.js';
import { type ReportInput } from '../report/index.js';
import { flatten } from '../report/input.js';
import { bytesField, concat, doubleField, floatField, integerField } from '../protobuf.js';
import { tfRecord } from './tfrecord.js';

/** A number, or a text in Markdown, at a step. */
interface Point {
  readonly tag: string;
  readonly step: number;
  readonly value: unknown;
}

/**
 * The file's content. Steps are steps or epochs, counted from 1. Events of a run carry no time, so every point has the
 * time at which the run began, in seconds since 1970. Numbers that are not finite are left out.
 */
export function tensorboardEvents(input: ReportInput, began: number): Uint8Array {
  const log = eventLog(input.events);
  return concat(
    tfRecord(concat(doubleField(1, began), bytesField(3, 'brain.Event:2'))),
    ...pointsOf(log).flatMap(({ tag, step, value }) =>
      isNumber(value) ? [record(began, step, concat(bytesField(1, tag), floatField(2, value)))] : [],
    ),
    ...textsOf(input, log).map(({ tag, value }) =>
      record(began, 0, concat(bytesField(1, tag), bytesField(8, textTensor(String(value))), bytesField(9, TEXT))),
    ),
  );
}

/** tensorflow.Event: wall_time = 1, step = 2, summary = 5; a summary's values are its field 1. */
const record = (time: number, step: number, value: Uint8Array): Uint8Array =>
  tfRecord(concat(doubleField(1, time), integerField(2, step), bytesField(5, bytesField(1, value))));

/**
 * tensorflow.TensorProto of one string: dtype = 1 (DT_STRING is 7), tensor_shape = 2 (a scalar's is empty), string_val
 * = 8.
 */
const textTensor = (text: string): Uint8Array =>
  concat(integerField(1, 7), bytesField(2, new Uint8Array()), bytesField(8, text));

/** tensorflow.SummaryMetadata: plugin_data = 1 with the plugin's name, data_class = 4 (tensor is 2). */
const TEXT = concat(bytesField(1, bytesField(1, 'text')), integerField(4, 2));

function pointsOf(log: EventLog): Point[] {
  const stepsPerEpoch = log.last('search-started')?.stepsPerEpoch ?? 0;
  const tested = log.last('tested');
  const retrained = log.all('retrain-epoch');
  return [
    ...log.all('weights-step').map(({ epoch, step, loss }) => ({
      tag: 'search/loss of steps',
      step: epoch * stepsPerEpoch + step + 1,
      value: loss,
    })),
    ...log.all('weights-epoch').map(({ epoch, loss }) => ({ tag: 'search/loss', step: epoch + 1, value: loss })),
    ...log.all('epoch').flatMap(({ epoch, reward, random, entropy, best }) =>
      Object.entries({ reward, random, entropy, best: best?.reward }).map(([name, value]) => ({
        tag: `search/${NAMES[name] ?? name}`,
        step: epoch + 1,
        value,
      })),
    ),
    ...log.all('controller-round').flatMap(({ reward, best, metrics }, i) =>
      Object.entries({ ...metrics, reward, best }).map(([name, value]) => ({
        tag: `controller/${name}`,
        step: i + 1,
        value,
      })),
    ),
    ...(['controller', 'random'] as const).flatMap((source) =>
      log
        .all('candidate')
        .filter((candidate) => candidate.source === source)
        .flatMap(({ accuracy, loss }, i) => [
          { tag: `candidates/accuracy, ${source}`, step: i + 1, value: accuracy },
          { tag: `candidates/loss, ${source}`, step: i + 1, value: loss },
        ]),
    ),
    ...retrained.flatMap(({ epoch, loss, learningRate, validation }) => [
      ...(validation
        ? [
            { tag: 'retraining/validation loss', step: epoch + 1, value: validation.loss },
            { tag: 'retraining/validation accuracy', step: epoch + 1, value: validation.accuracy },
          ]
        : []),
      { tag: 'retraining/loss', step: epoch + 1, value: loss },
      { tag: 'retraining/learning rate', step: epoch + 1, value: learningRate },
    ]),
    ...Object.entries(tested ?? {})
      .filter(([name]) => name !== 'count')
      .map(([name, value]) => ({
        tag: `test/${name}`,
        step: (retrained.at(-1)?.epoch ?? -1) + 1,
        value,
      })),
  ];
}

const NAMES: Readonly<Record<string, string>> = { random: 'reward of random sampling', best: 'best reward so far' };

function textsOf({ config }: ReportInput, log: EventLog): Pick<Point, 'tag' | 'value'>[] {
  const derived = log.last('derived');
  const cell = (text: string): string => text.replace(/[|\\]/g, '\\$&').replace(/\s+/g, ' ');
  const rows = flatten(config).map(([name, value]) => `| ${cell(name)} | ${cell(value)} |`);
  return [
    ...(derived ? [{ tag: 'architecture', value: `\`${derived.architecture}\`` }] : []),
    { tag: 'configuration', value: ['| setting | value |', '| --- | --- |', ...rows].join('\n') },
  ];
}
