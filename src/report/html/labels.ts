/** The chapter on the quality of the test result for multi-label data. */
import { type EventLog, type EventOf } from '../event-log.js';
import { ABSENT, decimal, integer, isNumber, percent, points } from '../format.js';
import { type Content, html, type Markup, section, table } from './markup.js';

/** Any field may be missing from a damaged record. */
type Recorded = Partial<EventOf<'assessed-labels'>>;

export function labelsSection(log: EventLog): Content {
  const recorded: Recorded | undefined = log.last('assessed-labels');
  if (!recorded) return undefined;
  return section('assessment', 'What the result is worth', rivals(recorded), byLabel(recorded));
}

function rivals({ usual, simpleModels, accuracy, macroF1, exactMatch, learnedFrom }: Recorded): Markup | undefined {
  const all = [usual, ...(simpleModels ?? [])].filter((one) => one !== undefined && one !== null);
  if (all.length === 0) return undefined;
  const best = simpleModels?.[0];
  const beaten = isNumber(best?.interval?.[0]) && best.interval[0] > 0;
  const [used, whole] = learnedFrom ?? [];
  return html`${table(
    ['model', 'right answers', 'macro F1', 'all labels right', 'network better by (points)', '95 % interval'],
    [
      ['the network', percent(accuracy), decimal(macroF1), percent(exactMatch), '', ''],
      ...all.map((one) => [
        one.name,
        percent(one.accuracy),
        decimal(one.macroF1),
        percent(one.exactMatch),
        points(one.difference),
        isNumber(one.interval?.[0]) && isNumber(one.interval[1])
          ? `${points(one.interval[0])} to ${points(one.interval[1])}`
          : ABSENT,
      ]),
    ],
    [1, 2, 3, 4, 5],
  )}<p>${best ? (beaten ? `The network is better than the best of the simple models, ${best.name}.` : `That the network is better than ${best.name} cannot be claimed: prefer the simple model unless the network has other merits.`) : ''} Right answers are those over all labels and examples together: if labels are rare, answering that none holds is right most of the time, so look at F1 too. Simple models are fitted to each label by itself${isNumber(used) && html`, on ${integer(used)}${used === whole ? '' : ` of ${integer(whole)}`} training examples`}, with fixed settings. Intervals are over test examples, paired: they say nothing about another training. The best simple model is selected on the test part, which favours it.</p>\n`;
}

function byLabel({ names, labels, microF1, meanAveragePrecision }: Recorded): Markup | undefined {
  if (!labels?.length) return undefined;
  return html`<p>Micro F1 (F1 of all answers together, so that frequent labels weigh more; macro F1 is the mean over labels) ${decimal(microF1)}${isNumber(meanAveragePrecision) && html`, mean over labels of the average precision ${decimal(meanAveragePrecision)}`}.</p>
${table(
  ['label', 'holds for', 'precision', 'recall', 'F1', 'area under the ROC curve', 'average precision'],
  labels.map((one, i) => [
    names?.[i] ?? String(i),
    integer(one?.count),
    percent(one?.precision),
    percent(one?.recall),
    decimal(one?.f1),
    decimal(one?.auc),
    decimal(one?.averagePrecision),
  ]),
  [1, 2, 3, 4, 5, 6],
)}<p class="sub">A label is predicted if its probability is at least one half. Precision: of the examples of which it is said, the share of which it holds. Recall: of the examples of which it holds, the share of which it is said. F1: their harmonic mean. The area and the average precision do not depend on one half: they say how well the examples are ranked, and the latter is near the share of which the label holds if they are ranked at random.</p>\n`;
}
