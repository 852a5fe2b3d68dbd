/** How the search and the retraining progressed. */
import { candidatesChart } from '../charts/candidates.js';
import { elasticChart } from '../charts/elastic.js';
import { entropyChart } from '../charts/entropy.js';
import { lossChart } from '../charts/loss.js';
import { preferenceChart, preferenceHistoryChart } from '../charts/preferences.js';
import { learningRateChart, retrainLossChart } from '../charts/retraining.js';
import { rewardChart } from '../charts/reward.js';
import { decoded } from '../decoded.js';
import { supernetSvg } from '../drawing/index.js';
import { type EventLog } from '../event-log.js';
import { decimal, integer, percent } from '../format.js';
import { type ReportInput } from '../input.js';
import { measureOf } from '../measure.js';
import { type PreferenceGroup, readPreferences } from '../preferences.js';
import { claim } from './claim.js';
import { type Content, figure, html, section } from './markup.js';

/** The controller against random sampling of the same supernet, with an interval, claiming no more than that. */
export function comparisonSection(log: EventLog): Content {
  const comparison = log.last('comparison');
  const chart = candidatesChart(log);
  const { name, sign, show, advantage, unit } = measureOf(log);
  if (!comparison)
    return section(
      'comparison',
      'Controller and random sampling',
      figure(chart, `${sentenceCase(name)} with shared weights of each architecture evaluated so far, one dot each.`),
    );
  const {
    verdict,
    controllerMean,
    controllerCount,
    randomMean,
    randomCount,
    difference,
    interval,
    method,
    confidence,
    relative,
  } = comparison;
  const numbers =
    `Mean ${name} with shared weights: ${show(controllerMean)} over ${integer(controllerCount)} architectures of the controller, ${show(randomMean)} over ${integer(randomCount)} uniformly random ones, ` +
    `${sign > 0 ? 'a difference of' : 'which makes the controller’s better by'} ${advantage(difference)} ${unit}${interval ? ` (${percent(confidence, 0)} ${method ? '' : 'bootstrap '}interval over these architectures, ${advantage(interval[0])} to ${advantage(interval[1])})` : ''}. ` +
    (relative
      ? `The relative improvement is ${decimal(relative.improvement, 2)} %${relative.interval ? ` (${decimal(relative.interval[0], 2)} to ${decimal(relative.interval[1], 2)})` : ''}. `
      : '') +
    'This compares samples by the shared weights of one run; it says nothing about separately trained networks or other seeds.';
  return section(
    'comparison',
    'Controller and random sampling',
    html`${claim(sentence(verdict))}<div class="beside"><p>${numbers}</p>\n${figure(chart, 'One dot is one architecture. Diamonds are means; the bar is the interval of their difference, drawn from the mean of the random ones (dashed): if it crosses that line, no difference can be claimed.')}</div>\n`,
  );
}

export function courseSection(log: EventLog): Content {
  const figures = [
    figure(
      rewardChart(log),
      'Mean reward of the controller’s samples and of random samples of the same supernet, by epoch. The ribbon spans the rounds of an epoch; the dashed line is the best reward so far.',
      { title: 'Reward' },
    ),
    figure(
      lossChart(log),
      'Training loss of the children with shared weights: dots are single steps, the line is the mean of each epoch.',
      { title: 'Loss of the shared weights' },
    ),
    figure(
      elasticChart(log),
      'Loss of the smallest network, a middle one and the largest on a validation batch after each epoch; dashed: the loss of guessing by the shares of the classes.',
      { title: 'Loss by size' },
    ),
    figure(
      entropyChart(log),
      'Entropy of the controller’s samples, mean of each epoch: the lower, the more decided the controller is.',
      { title: 'Entropy' },
    ),
  ].filter(Boolean);
  return section('course', 'How the search went', figures.length > 0 && html`<div class="figures">${figures}</div>`);
}

export async function preferencesSection({ space }: ReportInput, log: EventLog): Promise<Content> {
  const snapshots = readPreferences(log, space);
  const last = snapshots.at(-1);
  const figures = [
    ...(last?.groups ?? []).flatMap((group) => [
      figure(preferenceChart(group), preferenceCaption(group, last!.epoch), { title: group.title }),
      figure(
        preferenceHistoryChart(snapshots, group.pattern),
        'The same probabilities over the epochs, stacked to one; each panel is one decision.',
        { title: `${group.title} over time` },
      ),
    ]),
    await usageFigure(space, log),
  ].filter(Boolean);
  return section(
    'preferences',
    'What the controller prefers',
    figures.length > 0 && html`<div class="figures">${figures}</div>`,
  );
}

function preferenceCaption({ subset }: PreferenceGroup, epoch: number): string {
  return subset
    ? `Probability (%) that the output of the node in the column is added at the node of the row, after epoch ${epoch + 1}.`
    : `Probability (%) of each option after epoch ${epoch + 1}, one row for each decision.`;
}

/**
 * The supernet with the fraction of architectures that use each part: of the candidates, or otherwise of logged steps.
 */
async function usageFigure(space: ReportInput['space'], log: EventLog): Promise<Content> {
  if (!space) return undefined;
  const candidates = log.all('candidate').filter(({ source }) => source === 'controller');
  const sampled = candidates.length > 0 ? candidates : log.all('weights-step');
  const architectures = sampled
    .map(({ architecture }) => decoded(space, architecture))
    .filter((architecture) => architecture !== undefined);
  if (architectures.length === 0) return undefined;
  const who =
    candidates.length > 0
      ? `the controller’s ${integer(architectures.length)} candidates`
      : `${integer(architectures.length)} children trained so far`;
  const picture = await supernetSvg(space, architectures);
  return figure(
    picture,
    `Every option of the space, coloured by the share of ${who} that use it. The more often a skip connection is used, the wider it is drawn.`,
    { wide: widthOf(picture) >= HALF_A_PAGE, title: 'Use of the supernet' },
  );
}

/** Drawings of at least this width do not fit into half of the page. */
const HALF_A_PAGE = 500;
const widthOf = (svg: string): number => Number(/^\s*<svg[^>]* width="([\d.]+)"/.exec(svg)?.[1]);

export function retrainingSection(log: EventLog): Content {
  const figures = [
    figure(
      retrainLossChart(log),
      log.last('warm-start')
        ? 'Mean loss of each epoch.'
        : 'Mean training loss of each epoch, trained from fresh weights.',
      { title: 'Loss' },
    ),
    figure(learningRateChart(log), 'Learning rate at the end of each epoch.', { title: 'Learning rate' }),
  ].filter(Boolean);
  return section(
    'retraining',
    'Retraining',
    retrainingNotes(log).map((note) => html`<p>${note}</p>`),
    figures.length > 0 && html`<div class="figures">${figures}</div>`,
  );
}

/** The initial weights of retraining, and the epoch that was kept, if not the usual ones. */
function retrainingNotes(log: EventLog): string[] {
  const start = log.last('warm-start');
  const kept = log.last('retrain-kept');
  const validated = kept && log.all('retrain-epoch').find(({ epoch }) => epoch === kept.epoch)?.validation;
  const { field, name, show } = measureOf(log);
  return [
    ...(start
      ? [
          `Retraining began from ${start.from === 'shared' ? 'the shared weights' : start.from}: ${integer(start.taken)} tensors were copied, ${integer(start.fresh)} are fresh${start.fresh > 0 ? ` (${start.freshNames.join(', ')}${start.fresh > start.freshNames.length ? ', …' : ''})` : ''}.`,
        ]
      : []),
    ...(kept
      ? [
          `${kept.stopped ? `Retraining ended after ${integer(kept.epochs)} epochs, because none of the last ones was better on the validation part. ` : ''}The weights are those of epoch ${integer(kept.epoch + 1)} of ${integer(kept.epochs)}${validated ? ` (${name} ${show(validated[field])} on the validation part, which this training did not learn from)` : ''}. The test part was not used for this.`,
        ]
      : []),
  ];
}

const sentenceCase = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}`;

/** A sentence with its full stop, percentages kept on one line. */
export function sentence(text: unknown): string {
  const words = String(text ?? '').replace(/ %/g, '\u00a0%');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.!?]$/.test(words) || words === '' ? '' : '.'}`;
}
