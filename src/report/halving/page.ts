/**
 * Successive halving as a page: the best candidates with their training settings, the rounds, and the hyper-parameters.
 */
import { type RungResult, type Standing, standingsOf } from '../../search/halving.js';
import { wilsonInterval } from '../../statistics/index.js';
import { ABSENT, decimal, percent, plural } from '../format.js';
import { claim } from '../html/claim.js';
import { type Content, figure, html, section, table } from '../html/markup.js';
import { page } from '../html/page.js';
import { type HyperparameterAxis, hyperparameterChart } from './chart.js';

export interface HalvingPage {
  readonly space: string;
  readonly data: string;
  /** The rungs of each round, with each candidate's architecture and hyper-parameters. */
  readonly rounds: readonly (readonly RungResult[])[];
  readonly measure: 'accuracy' | 'loss';
  /** The hyper-parameters that were searched. */
  readonly hyperparameters: readonly HyperparameterAxis[];
  /** The strategy that proposed the candidates; random sampling by default. */
  readonly controller?: string | undefined;
  /** The candidates that meet the conditions, best first, if any. */
  readonly picked?: { readonly conditions: string; readonly ranking: readonly Standing[] } | undefined;
  /** The best of these after training from scratch, in the same order. */
  readonly retrained?: readonly Tested[] | undefined;
  readonly version: string;
}

/** A network that was trained from scratch and tested. */
interface Tested {
  readonly architecture: string;
  readonly test?:
    { readonly accuracy?: number | undefined; readonly loss: number; readonly count?: number | undefined } | undefined;
}

/** Number of candidates in the table of the best. */
const LISTED = 20;

/** One self-contained HTML file. */
export function halvingPage({
  space,
  data,
  rounds,
  measure,
  hyperparameters,
  controller,
  picked,
  retrained = [],
  version,
}: HalvingPage): string {
  const all = picked?.ranking ?? standingsOf(rounds);
  const best = all[0]!;
  const shown = (score: number): string =>
    !Number.isFinite(score) ? 'diverged' : measure === 'loss' ? decimal(-score, 4) : percent(score, 2);
  const trainings = rounds.flat().reduce((sum, { candidates }) => sum + candidates, 0);
  const first = rounds.map((rungs) => rungs[0]!);
  return page(
    { title: `${space} on ${data}, candidates trained alone`, version, source: 'halving.json' },
    html`<header><p class="eyebrow">Candidates trained alone</p>
<h1>${space} on ${data}</h1>
${claim(`The best of ${plural(all.length, 'candidate')}${picked ? ` within ${picked.conditions}` : ''} reached ${measure === 'loss' ? 'a loss of ' : ''}${shown(best.score)} on the validation part after ${plural(best.epochs, 'epoch')}.`)}
<p class="sub">${plural(trainings, 'training')}${controller !== undefined && `, proposed by ${controller} in ${plural(rounds.length, 'round')}`}. It was chosen by this number, so expect less on other data: train it and test it.</p>
</header>
`,
    section(
      'best',
      'The best candidates',
      table(
        ['', measure, 'epochs', ...shortNames(hyperparameters), 'architecture'],
        all
          .slice(0, LISTED)
          .map((one, i): Content[] => [
            i + 1,
            shown(one.score),
            one.epochs,
            ...hyperparameters.map(({ path }) => String(one.hyperparameters?.[path] ?? '')),
            html`<code style="white-space:nowrap">${one.architecture}</code>`,
          ]),
        [0, 1, 2, ...hyperparameters.flatMap(({ scale }, i) => (scale === 'words' ? [] : [i + 3]))],
      ),
      html`<p class="sub">Each candidate after its longest training, the longest trainings first: results after different numbers of epochs cannot be compared.${all.length > LISTED && ` ${all.length - LISTED} more are in halving.json.`}</p>\n`,
    ),
    section(
      'retrained',
      'Trained from scratch and tested',
      retrained.length > 0 && [
        table(
          ['', 'test accuracy', '95 % interval', 'loss', 'architecture'],
          retrained.map(({ architecture, test }, i): Content[] => [
            i + 1,
            percent(test?.accuracy, 2),
            intervalOf(test),
            decimal(test?.loss, 4),
            html`<code style="white-space:nowrap">${architecture}</code>`,
          ]),
          [0, 1, 2, 3],
        ),
        html`<p class="sub">In the order of the table above. Each was tested once on the test part; intervals are over test examples, for this one training. Choosing the best of them by this result is choosing on test data.</p>\n`,
      ],
    ),
    section(
      'hyperparameters',
      'Hyper-parameters',
      hyperparameters.length > 0 &&
        html`<div class="figures">${hyperparameters.map((axis) =>
          figure(
            hyperparameterChart(
              axis,
              first.flatMap(({ ranking }) =>
                ranking.flatMap(({ score, hyperparameters: values }) => {
                  const value = values?.[axis.path];
                  return value === undefined ? [] : [{ value, score }];
                }),
              ),
              { measure, winner: best.hyperparameters?.[axis.path] },
            ),
            `Each dot is a candidate after ${plural(first[0]!.epochs, 'epoch')}${best.hyperparameters?.[axis.path] === undefined ? '; the winner has no such option' : ', and the dashed line the value of the winner'}. Other hyper-parameters, and the architecture, differ from dot to dot.`,
            { title: axis.path },
          ),
        )}</div>\n`,
    ),
    section(
      'rounds',
      'Rounds',
      rounds.length > 1 && [
        table(
          ['round', 'candidates', `mean ${measure}`, `best ${measure}`],
          first.map(({ ranking }, i) => {
            const scores = ranking.map(({ score }) => score).filter(Number.isFinite);
            return [
              i + 1,
              ranking.length,
              scores.length === 0 ? 'diverged' : shown(scores.reduce((sum, score) => sum + score / scores.length, 0)),
              shown(ranking[0]!.score),
            ];
          }),
          [0, 1, 2, 3],
        ),
        html`<p class="sub">Of the first rung of each round, ${plural(first[0]!.epochs, 'epoch')} long; candidates that diverged are left out of the mean.</p>\n`,
      ],
    ),
  );
}

function intervalOf(test: Tested['test']): string {
  if (test?.accuracy === undefined || test.count === undefined) return ABSENT;
  const [low, high] = wilsonInterval(test.accuracy, test.count);
  return `${decimal(100 * low, 1)} to ${decimal(100 * high, 1)}`;
}

/** The last names of the paths, if they are distinct. */
function shortNames(hyperparameters: HalvingPage['hyperparameters']): string[] {
  const last = hyperparameters.map(({ path }) => path.slice(path.lastIndexOf('.') + 1));
  return new Set(last).size === last.length ? last : hyperparameters.map(({ path }) => path);
}
