/**
 * The chapter on the quality of the test result: compared with simpler models, class by class, and how well its
 * probabilities are calibrated.
 */
import { type EventLog, type EventOf } from '../event-log.js';
import { ABSENT, decimal, integer, isNumber, percent, points } from '../format.js';
import { reliabilityChart } from '../charts/reliability.js';
import { type Content, figure, html, type Markup, section, table } from './markup.js';

type Assessed = EventOf<'assessed'>;
/** Any field may be missing from a damaged record. */
type Recorded = Partial<Assessed>;

export function assessmentSection(log: EventLog): Content {
  const recorded: Recorded | undefined = log.last('assessed');
  if (!recorded) return undefined;
  return section(
    'assessment',
    'What the result is worth',
    rivals(recorded, log),
    html`<p>Balanced accuracy (the mean over classes of the share that is recognized) ${percent(recorded.balancedAccuracy)}; macro F1 (the mean over classes of F1, which is high only if a class is recognized and nothing else is taken for it) ${decimal(recorded.macroF1)}${isNumber(recorded.auc) && html`; area under the ROC curve (how often an example of a class gets a higher probability of it than one of another class: 0.5 is guessing, 1 perfect) ${decimal(recorded.auc)}`}.</p>\n`,
    calibration(recorded, log),
    byClass(recorded),
    confusion(recorded),
  );
}

function rivals({ majority, simpleModels, learnedFrom }: Recorded, log: EventLog): Markup | undefined {
  const all = [majority, ...(simpleModels ?? [])].filter((one) => one !== undefined && one !== null);
  if (all.length === 0) return undefined;
  const [used, whole] = learnedFrom ?? [];
  const best = simpleModels?.[0];
  const beaten = isNumber(best?.interval?.[0]) && best.interval[0] > 0;
  return html`${table(
    ['model', 'test accuracy', 'network better by (points)', '95 % interval'],
    [
      ['the network', percent(log.last('tested')?.accuracy), '', ''],
      ...all.map(({ name, accuracy, difference, interval }) => [
        name,
        percent(accuracy),
        points(difference),
        isNumber(interval?.[0]) && isNumber(interval[1]) ? `${points(interval[0])} to ${points(interval[1])}` : ABSENT,
      ]),
    ],
    [1, 2, 3],
  )}<p>${best ? (beaten ? `The network is better than the best of the simple models, ${best.name}.` : `That the network is better than ${best.name} cannot be claimed: prefer the simple model unless the network has other merits.`) : ''} ${isNumber(used) ? `Simple models learned from ${integer(used)}${used === whole ? '' : ` of ${integer(whole)}`} training examples, with fixed settings.` : ''} Intervals are over test examples, paired: both models answer the same ones. They say nothing about another training. The best simple model is selected on the test part, which favours it.</p>\n`;
}

/** Whether 80 % means 80 %. */
function calibration({ calibrationError, calibration: recorded }: Recorded, log: EventLog): Markup {
  const { curve = [], errorByChance, temperature, before } = (recorded ?? {}) as Partial<Assessed['calibration']>;
  return html`<p>The stated probabilities differ from the observed frequencies by ${percent(calibrationError)} on average (expected calibration error, 15 ranges of equal width${isNumber(errorByChance) && html`; probabilities that are exactly right would show about ${percent(errorByChance)} on so few examples`}).${
    isNumber(temperature) &&
    html` They come from logits over a temperature of ${decimal(temperature)}, which was fitted on the validation part: ${temperature > 1 ? 'above 1 it makes the network less confident' : 'below 1 it makes the network more confident'}, and no answer changes. Without it the error would be ${percent(before?.error)} and the loss ${decimal(before?.loss)} instead of ${decimal(log.last('tested')?.loss)} nats. The temperature is part of the model: predictions and exports use it.`
  }</p>
${figure(
  reliabilityChart(curve, before?.curve),
  'One dot is for the test examples whose answer has a probability in one range: horizontally the mean of these probabilities, vertically the share of right answers, with a 95 % interval. On the dashed line the probabilities are exact; below it the network is overconfident.',
  { title: 'Stated probabilities and right answers' },
)}`;
}

function byClass({ classes, classNames }: Recorded): Markup | undefined {
  if (!classes?.length) return undefined;
  return html`<details><summary>Class by class</summary>${table(
    ['class', 'test examples', 'precision', 'recall', 'F1'],
    classes.map((one, i) => [
      classNames?.[i] ?? String(i),
      integer(one?.count),
      percent(one?.precision),
      percent(one?.recall),
      decimal(one?.f1),
    ]),
    [1, 2, 3, 4],
  )}<p class="sub">Precision: of the examples classified as this class, the share that belongs to it. Recall: of the examples of this class, the share classified as so. F1: their harmonic mean.</p></details>\n`;
}

function confusion({ confusion: rows, classNames }: Recorded): Markup | undefined {
  if (!rows?.length || rows.some((row) => !Array.isArray(row))) return undefined;
  const nameOf = (i: number): string => classNames?.[i] ?? String(i);
  return html`<details><summary>Which class is mistaken for which</summary>${table(
    ['is \\ is called', ...rows.map((_, i) => nameOf(i))],
    rows.map((row, i) => [nameOf(i), ...row.map(integer)]),
    rows.map((_, i) => i + 1),
  )}<p class="sub">Numbers of test examples: a row holds those of one class, a column those that the network calls so. Right answers are on the diagonal.</p></details>\n`;
}
