/** The chapter on the quality of predicted numbers: compared with simpler models, and where the errors are. */
import { residualChart } from '../charts/residuals.js';
import { type EventLog, type EventOf } from '../event-log.js';
import { ABSENT, decimal, integer, isNumber, significant } from '../format.js';
import { type Content, figure, html, type Markup, section, table } from './markup.js';

/** Any field may be missing from a damaged record. */
type Target = Partial<EventOf<'assessed-values'>['targets'][number]>;

export function valuesSection(log: EventLog): Content {
  const recorded: Partial<EventOf<'assessed-values'>> | undefined = log.last('assessed-values');
  if (!recorded?.targets?.length) return undefined;
  return section(
    'assessment',
    'What the result is worth',
    isNumber(recorded.meanR2) &&
      html`<p>The mean R² of the ${recorded.targets.length} numbers is ${decimal(recorded.meanR2)}: each has the same weight, whatever its unit. One network predicts all of them; its loss is the mean of their squared errors, each number scaled to a variance of one.</p>\n`,
    recorded.targets.map((target) => ofTarget(target, recorded.learnedFrom)),
  );
}

const range = (interval: unknown, show: (value: unknown) => string): string =>
  Array.isArray(interval) && interval.every(isNumber) ? `${show(interval[0])} to ${show(interval[1])}` : ABSENT;

function ofTarget(
  { name, rmse, mae, r2, mean, simpleModels, points }: Target,
  learnedFrom: readonly [number, number] | undefined,
): Markup {
  const rivals = [mean, ...(simpleModels ?? [])].filter((one) => one !== undefined && one !== null);
  const best = simpleModels?.[0];
  const beaten = isNumber(best?.interval?.[0]) && best.interval[0] > 0;
  const [used, whole] = learnedFrom ?? [];
  return html`<h3>${name}</h3>
${table(
  ['measure', 'value', '95 % interval'],
  [
    ['root mean squared error', significant(rmse?.value), range(rmse?.interval, significant)],
    ['mean absolute error', significant(mae?.value), range(mae?.interval, significant)],
    ['R²: share of the variance that is predicted', decimal(r2?.value), range(r2?.interval, decimal)],
  ],
  [1, 2],
)}<p class="sub">Errors are in the unit of the column. The root mean squared error weighs large errors more than the mean absolute error. R² is 1 if every number is right, and 0 for always predicting the mean of the test part. Intervals are over test examples (studentized bootstrap); they say nothing about another training.</p>
${
  rivals.length > 0 &&
  html`${table(
    ['model', 'root mean squared error', 'R²', 'R² of the network higher by', '95 % interval'],
    [
      ['the network', significant(rmse?.value), decimal(r2?.value), '', ''],
      ...rivals.map((one) => [
        one.name,
        significant(one.rmse),
        decimal(one.r2),
        decimal(one.difference),
        range(one.interval, decimal),
      ]),
    ],
    [1, 2, 3, 4],
  )}<p>${best ? (beaten ? `The network is better than the best of the simple models, ${best.name}.` : `That the network is better than ${best.name} cannot be claimed: prefer the simple model unless the network has other merits.`) : ''} ${isNumber(used) ? `Simple models learned from ${integer(used)}${used === whole ? '' : ` of ${integer(whole)}`} training examples, with fixed settings.` : ''} Intervals are of the paired differences of squared errors, over the variance of the test part. The best simple model is picked by the test part, which favours it.</p>\n`
}${figure(residualChart(points ?? []), 'One dot is one test example: actual minus predicted number. Dots that follow a curve, or spread more on one side, show what the network has not learned.', { title: 'Residuals' })}
`;
}
