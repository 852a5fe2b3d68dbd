/** The list of runs, from which runs are opened and compared. */
import { decimal, integer, isNumber, percent, plural, significant } from '../report/format.js';
import { type Content, html, type Markup, raw, table } from '../report/html/markup.js';
import { lookUp } from '../report/input.js';
import { part } from './page-part.js';
import { type RunState } from './run-states.js';

/** Number of runs listed unless all are requested. */
export const LISTED = 200;
/** Maximum number of runs that can be compared at a time, one colour each. */
export const COMPARED = 6;

export function listPage(folder: string, runs: readonly RunState[], total: number): Markup {
  return html`<header><p class="eyebrow">Runs</p><h1>${folder}</h1>
${part('count', html`<p class="sub">${total === 0 ? 'No runs yet. They appear here when they begin.' : countOf(runs, total)}</p>`)}</header>
<form action="compare" method="get">
${part('runs', runs.length > 0 && listOf(runs))}
${part('more', runs.length < total && html`<p><a href="?all=1">Show all ${integer(total)} runs</a></p>`)}
<p class="hint"><button type="submit">Compare</button> <span class="sub">the runs that are ticked, two to ${String(COMPARED)}</span></p>
</form>`;
}

function countOf(runs: readonly RunState[], total: number): string {
  const running = runs.filter(({ state }) => state === 'running').length;
  return `${plural(total, 'run')}${runs.length < total ? `, the newest ${integer(runs.length)} shown` : ''}${running > 0 ? `, ${integer(running)} running` : ''}`;
}

function listOf(runs: readonly RunState[]): Markup {
  const rows = runs.map((one): Content[] => [
    one.run && html`<input type="checkbox" name="run" value="${one.name}" aria-label="compare ${one.name}">`,
    html`<a href="run/${encodeURIComponent(one.name)}">${one.run?.manifest.name ?? one.name}</a><br><code class="hash">${one.name}</code>`,
    stateMark(one.state),
    one.state === 'finished' ? (one.summary?.test ? '' : 'not retrained') : one.detail,
    one.run && String(one.run.manifest.seed),
    one.summary && isNumber(one.summary.derived['accuracy']) && percent(one.summary.derived['accuracy']),
    testOf(one.summary?.test),
    controllerOf(one),
  ]);
  return html`<div class="runs">${table(['', 'run', 'state', 'now', 'seed', 'shared weights', 'test', 'controller'], rows, [4, 5, 6])}</div>`;
}

const controllerOf = ({ run }: RunState): Content => {
  const name = lookUp(run?.config, 'controller', 'name');
  return typeof name === 'string' ? name : undefined;
};

/** The state with a marker that does not rely on colour. */
export function stateMark(state: RunState['state']): Markup {
  const marks = { running: '●', stopped: '■', finished: '✓', damaged: '!' } as const;
  return html`<span class="state ${raw(state)}"><span aria-hidden="true">${marks[state]}</span> ${state}</span>`;
}

/** A test result as text. */
export function testOf(
  test:
    | {
        accuracy?: unknown;
        loss?: unknown;
        perplexity?: unknown;
        bitsPerCharacter?: unknown;
        targets?: readonly { name?: unknown; rmse?: unknown }[];
      }
    | undefined,
): string | undefined {
  if (!test) return undefined;
  if (test.targets) return test.targets.map(({ rmse }) => `root mean squared error ${significant(rmse)}`).join(', ');
  if (isNumber(test.bitsPerCharacter)) return `${decimal(test.bitsPerCharacter)} bits per character`;
  if (isNumber(test.perplexity)) return `perplexity ${decimal(test.perplexity, 2)}`;
  return isNumber(test.accuracy) ? percent(test.accuracy, 2) : `loss ${decimal(test.loss)}`;
}
