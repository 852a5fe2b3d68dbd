/** The display of a running search: a line per epoch, and a status block at the bottom. */
import { sayLabels } from '../search/label-measures.js';
import { plural, significant } from '../report/format.js';
import { type SearchEvent } from '../search/events.js';
import { retrainEpochs, type SearchSession } from '../search/session.js';
import { sayMeasures } from '../training/language.js';
import { type Output } from './output.js';
import { decimalText } from '../printable.js';
import { printableDeep } from './printable.js';
import { formatSeconds } from './progress.js';

export interface LiveView {
  event(event: SearchEvent): void;
  /** Redraws the block, at most a few times per second. */
  tick(session: SearchSession, elapsed: number, left: number | undefined): void;
  close(): void;
}

const REDRAW_SECONDS = 0.2;

export function createLiveView(output: Output): LiveView {
  const paint = palette(output.color);
  let lastDrawn = -Infinity;
  let loss = NaN;
  let reward = NaN;
  let task: SearchTask;
  let rewarded: string | undefined;
  let trained = '';
  return {
    event(event) {
      output.emit(event);
      if (event.type === 'search-started') {
        task = event.task;
        rewarded = event.reward;
      }
      if (event.type === 'weights-step') loss = event.loss;
      if (event.type === 'controller-round') reward = event.reward;
      if (event.type === 'architecture-trained') trained = `, last architecture ${percent(1 - event.err1)} right`;
      const line = describe(printableDeep(event), paint, { task, rewarded });
      if (line !== undefined) output.say(line);
    },
    tick(session, elapsed, left) {
      if (elapsed - lastDrawn < REDRAW_SECONDS) return;
      lastDrawn = elapsed;
      const [what, times, more] = describeNow(session, { elapsed, left, loss, reward, trained });
      output.status([what, paint.dim(`${times}${more}`)], `${what.replace(BAR, '')} · ${times}`);
    },
    close: () => output.status([]),
  };
}

type SearchTask = Extract<SearchEvent, { type: 'search-started' }>['task'];

interface Palette {
  dim(text: string): string;
  strong(text: string): string;
  accent(text: string): string;
  warn(text: string): string;
}

function palette(color: boolean): Palette {
  const wrap =
    (code: number) =>
    (text: string): string =>
      color ? `\x1b[${code}m${text}\x1b[0m` : text;
  return { dim: wrap(2), strong: wrap(1), accent: wrap(36), warn: wrap(33) };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const signed = (value: number): string => `${value < 0 ? '' : '+'}${decimalText(value, 3)}`;

/** The permanent line of an event; most events have none. */
function describe(
  event: SearchEvent,
  paint: Palette,
  { task, rewarded }: { task: SearchTask; rewarded: string | undefined },
): string | undefined {
  const language = task === 'language';
  const reward =
    (task ?? (rewarded === 'log-loss' || undefined)) ? (value: number): string => value.toFixed(4) : percent;
  switch (event.type) {
    case 'search-started':
      return (
        `${paint.strong(event.space)} · ${grouped(event.size)} architectures · ${event.parameters.toLocaleString('en')} shared weights · ${event.controller}, seed ${event.seed}\n` +
        paint.dim(
          `${language ? 'tokens' : 'examples'}: ${event.train} train, ${event.validation} validation, ${event.test} test · ${plural(event.epochs, 'epoch')} of ${plural(event.stepsPerEpoch, 'step')}`,
        )
      );
    case 'epoch':
      // What the strategy does not have (a controller, random candidates) is left out.
      return [
        `epoch ${String(event.epoch + 1).padStart(3)}`,
        `loss ${event.loss.toFixed(3)}`,
        event.reward !== null && `reward ${reward(event.reward)}`,
        event.random !== null && paint.dim(`random ${reward(event.random)}`),
        event.entropy !== null && `entropy ${event.entropy.toFixed(2).padStart(5)}`,
        event.best && `best ${reward(event.best.reward)}`,
      ]
        .filter(Boolean)
        .join('  ');
    case 'forgetting-config':
      return paint.dim(
        `forgetting: ${event.regularizer === 'none' ? 'measured only' : event.regularizer}${event.scope === null ? '' : ` on ${event.monitored.parameters.toLocaleString('en')} weights (${event.scope})`}` +
          `${event.fisherKind === null ? '' : ` · Fisher information ${event.fisherKind}, ${event.fisherExamples} examples`} · evaluated on ${plural(event.batches, 'validation batch', 'validation batches')}`,
      );
    case 'forgetting-epoch':
      return (
        `           forgetting: loss ${signed(event.meanDiff)} (best five ${signed(event.best5Diff)}, worst ${signed(event.maxDiff)})` +
        `  ${paint.dim(`error ${percent(event.meanErr1)} when trained, ${percent(event.meanErr2)} at the end (${event.count} architectures)`)}`
      );
    case 'front':
      return `Pareto front of ${plural(event.hashes.length, 'network')} by ${event.objectives.join(', ')}; the compromise (knee) is derived`;
    case 'derived':
      return `derived ${paint.accent(event.architecture)}\n  shared weights: ${event.accuracy === null || language ? `loss ${event.loss.toFixed(4)}` : percent(event.accuracy)}${event.score === undefined ? '' : `, ${rewarded} ${percent(event.score)}`} on validation, best of ${event.candidates} sampled (${event.distinct} distinct)`;
    case 'comparison':
      return `  ${event.verdict}`;
    case 'retrain-started':
      return `retraining from ${event.start === undefined ? 'scratch' : event.start === 'shared' ? 'the shared weights' : event.start}: ${event.parameters.toLocaleString('en')} weights, ${plural(event.epochs, 'epoch')} of ${plural(event.stepsPerEpoch, 'step')}`;
    case 'retrain-kept':
      return `kept epoch ${event.epoch + 1} of ${event.epochs}${event.stopped ? ': none after it was better on the validation part' : ''}`;
    case 'tested':
      if (event.perplexity !== undefined) {
        const { perplexity, bitsPerCharacter } = event;
        return `test: ${paint.strong(sayMeasures({ perplexity, ...(bitsPerCharacter !== undefined && { bitsPerCharacter }) }))} on ${event.count} tokens never used before (loss ${event.loss.toFixed(4)} nats)`;
      }
      if (event.targets)
        return event.targets
          .map(
            ({ name, rmse, mae, r2 }) =>
              `test: root mean squared error ${paint.strong(significant(rmse))} in ${name}, mean absolute error ${significant(mae)}${r2 === undefined ? '' : `, R² ${r2.toFixed(3)}`} on ${event.count} examples never used before`,
          )
          .join('\n');
      if (event.labels)
        return `test: ${paint.strong(sayLabels(event.labels))} on ${event.count} examples never used before (loss ${event.loss.toFixed(4)} nats per label)`;
      return `test: ${paint.strong(percent(event.accuracy ?? NaN))} of ${event.count} examples never used before (loss ${event.loss.toFixed(3)})`;
    case 'assessed':
      return sayAssessed(event);
    case 'assessed-labels':
      return `  for comparison: ${[event.usual, ...event.simpleModels].map(({ name, accuracy }) => `${name} ${percent(accuracy)}`).join(', ')} of all answers right; the network ${percent(event.accuracy)}`;
    case 'assessed-values':
      return event.targets.map(sayValues).join('\n');
    case 'shared-start':
      return paint.dim(
        `shared weights from ${event.from}: ${event.taken} tensors copied${event.fresh > 0 ? `, ${event.fresh} fresh` : ''}`,
      );
    case 'warning':
      return paint.warn(`warning: ${event.message}`);
    case 'budget-reached':
      return paint.dim(
        `the search ended in epoch ${event.epoch + 1}, so that the remaining phases fit into the time budget`,
      );
    case 'retrain-budget-reached':
      return paint.dim(
        `retraining ended after ${event.epochs} of ${event.of} epochs: the next one would not fit into the time budget`,
      );
    default:
      return undefined;
  }
}

/** The network compared with simpler models, and measures that are not inflated by a frequent class. */
function sayAssessed({
  majority,
  simpleModels: [best],
  balancedAccuracy,
  macroF1,
  auc,
}: Extract<SearchEvent, { type: 'assessed' }>): string {
  const points = (share: number): string => decimalText(100 * share, 1);
  const compared = ({ name, accuracy, difference, interval: [low, high] }: typeof majority): string =>
    difference < 0
      ? `  ${name}: ${percent(accuracy)}; the network is worse by ${points(-difference)} points (95 % interval ${points(-high)} to ${points(-low)})`
      : `  ${name}: ${percent(accuracy)}; the network is better by ${points(difference)} points (95 % interval ${points(low)} to ${points(high)})`;
  return [
    `  balanced accuracy ${percent(balancedAccuracy)}, macro F1 ${macroF1.toFixed(3)}${auc === undefined ? '' : `, area under the ROC curve ${auc.toFixed(3)}`}`,
    compared(majority),
    ...(best ? [compared(best)] : []),
  ].join('\n');
}

/** Predicted numbers compared with simpler models. */
function sayValues({
  mean,
  simpleModels: [best],
}: Extract<SearchEvent, { type: 'assessed-values' }>['targets'][number]): string {
  const compared = ({ name, rmse, r2, difference, interval }: typeof mean): string => {
    const error = `  ${name}: ${significant(rmse)}`;
    if (r2 === undefined || difference === undefined) return error;
    const ends = interval && (difference < 0 ? [-interval[1], -interval[0]] : interval);
    const range = ends ? ` (95 % interval ${ends.map((end) => decimalText(end, 3)).join(' to ')})` : '';
    return `${error}, R² ${decimalText(r2, 3)}; the network's R² is ${difference < 0 ? 'lower' : 'higher'} by ${decimalText(Math.abs(difference), 3)}${range}`;
  };
  return [compared(mean), ...(best ? [compared(best)] : [])].join('\n');
}

/** The current activity, its elapsed and remaining time, and whatever else a terminal shows. */
function describeNow(
  { config, data, objective, state }: SearchSession,
  now: { elapsed: number; left: number | undefined; loss: number; reward: number; trained: string },
): [what: string, times: string, more: string] {
  const shown = (reward: number): string => (objective.measure === 'loss' ? reward.toFixed(4) : percent(reward));
  const what = {
    weights: () =>
      `${bar(state.step / data.train.steps)} shared weights, step ${state.step}/${data.train.steps}, loss ${now.loss.toFixed(3)}${now.trained}`,
    controller: () =>
      `${bar(state.step / config.search.rounds)} controller, round ${state.step}/${config.search.rounds}, reward ${shown(now.reward)}`,
    'epoch-end': () => 'probing random architectures',
    derive: () =>
      `${bar(state.step / (config.derive.candidates + config.derive.random))} evaluating candidate ${state.step}/${config.derive.candidates + config.derive.random}`,
    retrain: () =>
      `${bar((state.epoch * data.retrain.steps + state.step) / (retrainEpochs({ config, state }) * data.retrain.steps))} retraining, epoch ${state.epoch + 1}/${retrainEpochs({ config, state })}, loss ${state.lossCount > 0 ? (state.lossSum / state.lossCount).toFixed(3) : '–'}`,
    test: () => 'testing',
    done: () => 'done',
  }[state.phase]();
  const searching = state.phase === 'weights' || state.phase === 'controller' || state.phase === 'epoch-end';
  const times = `${formatSeconds(now.elapsed)} so far${now.left === undefined ? '' : `, about ${formatSeconds(now.left)} left`}`;
  return [
    `${searching ? `epoch ${state.epoch + 1}/${config.search.epochs}  ` : ''}${what}`,
    times,
    `${state.best ? ` · best so far ${shown(state.best.reward)} ${state.best.architecture}` : ''} · Ctrl-C stops and keeps everything`,
  ];
}

/** Shows the number of images read so far at the bottom of a terminal, until all are loaded. */
export const sayReading =
  (output: Output) =>
  (done: number, total: number): void =>
    output.status(
      done < total ? [`${bar(done / total)} reading images, ${done}/${total}`] : [],
      `reading images, ${done}/${total}`,
    );

/** The line that `bar` draws, which only a terminal can redraw. */
const BAR = /\[=* *\] /;

function bar(share: number): string {
  const width = 20;
  const full = Math.round(width * Math.min(1, share));
  return `[${'='.repeat(full)}${' '.repeat(width - full)}]`;
}

/** Large counts as powers of ten. */
function grouped(size: string): string {
  return size.length <= 9 ? Number(size).toLocaleString('en') : `${size[0]}.${size[1]}·10^${size.length - 1}`;
}
