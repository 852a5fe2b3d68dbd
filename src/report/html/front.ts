/** The Pareto front of a multi-objective search, as a chapter of its report. */
import { type Cost, COSTS } from '../../config/costs.js';
import { ownValue } from '../../errors.js';
import { frontChart } from '../charts/front.js';
import { type EventLog, type EventOf } from '../event-log.js';
import { decimal, integer, significant } from '../format.js';
import { measureOf } from '../measure.js';
import { type Content, figure, html, section, table } from './markup.js';

interface ShownCost {
  readonly title: string;
  show(value: number): string;
}

/** How values are shown: counts as integers, bytes as kilobytes. */
const SHOWN: Readonly<Record<Cost['unit'], { readonly unit: string; readonly show: (value: number) => string }>> = {
  '': { unit: '', show: integer },
  bytes: { unit: ' (kB)', show: (bytes) => decimal(bytes / 1000, 1) },
  ms: { unit: ' (ms)', show: (milliseconds) => decimal(milliseconds, 3) },
  mJ: { unit: ' (mJ)', show: significant },
};

/** Names of the costs with their units, and their formats. */
export const SHOWN_COSTS: Readonly<Record<string, ShownCost>> = Object.fromEntries(
  Object.entries(COSTS).map(([name, { title, unit }]) => [
    name,
    { title: `${title}${SHOWN[unit].unit}`, show: SHOWN[unit].show },
  ]),
);

/** The chapter; nothing for a single-objective search. */
export function frontSection(log: EventLog): Content {
  const front = log.last('front');
  if (!front) return undefined;
  const { field, name: measured, show } = measureOf(log);
  const byHash = new Map(log.all('candidate').map((candidate) => [candidate.hash, candidate]));
  const members = front.hashes.flatMap((hash) => byHash.get(hash) ?? []);
  const known: Readonly<Record<string, ShownCost>> = {
    ...SHOWN_COSTS,
    ...Object.fromEntries((front.own ?? []).map(({ name, unit }) => [name, ownCost(name, unit)])),
  };
  const costs = Object.keys(known).filter((name) => front.objectives.includes(name));
  const scaled = rescaled(log);
  return section(
    'front',
    'The front',
    html`<p>${members.length === 1 ? 'One network is better than or equal to every other candidate in all objectives: it is the whole front' : `${integer(members.length)} candidates are such that no other is at least as good in every objective and better in one`}. The knee is the compromise closest to the best values of all objectives, each scaled to its range on the front; it is the network that was derived. <code>weft derive RUN --pick "${costs[0]}&lt;…"</code> chooses by a condition instead.</p>\n`,
    latencySource(front.latencies),
    front.energies &&
      html`<p>Energies are the column <code>${front.energies.column}</code> of ${front.energies.file}: those of the networks in that table.</p>\n`,
    html`<div class="figures">${costs.map((name) =>
      figure(
        frontChart(scaled, name, known[name]!.title),
        `Every candidate; the front is filled in colour, the knee has a ring.${costs.length > 1 ? ' A network may be on the front because of the other costs.' : ''}`,
      ),
    )}</div>\n`,
    table(
      [measured, ...costs.map((name) => known[name]!.title), 'network'],
      members.map((one) => [
        show(one[field]),
        ...costs.map((name) => known[name]!.show(one.costs?.[name] ?? NaN)),
        html`<code>${one.architecture.split(':').slice(1).join(':')}</code>${one.hash === front.knee && html` <strong class="found">knee</strong>`}`,
      ]),
      [0, ...costs.map((_, i) => i + 1)],
    ),
  );
}

/**
 * The device on which latencies were measured, and how accurate their sums are; nothing if it was the machine of the
 * search.
 */
function latencySource(latencies: EventOf<'front'>['latencies']): Content {
  if (!latencies) return undefined;
  const { device, error } = latencies;
  const off = error
    ? `For ${integer(error.networks)} whole ${error.networks === 1 ? 'network' : 'networks'} measured there the sum of operations is off by ${decimal(100 * error.relative, 1)} % on average${error.spearman === undefined ? '' : ` (Spearman ${decimal(error.spearman, 3)})`}.`
    : 'No whole network was measured there, so it is not known how far the sum of operations is off.';
  return html`<p>Latencies were measured with ${device}. ${off}</p>\n`;
}

/** A user-defined objective. */
const ownCost = (name: string, unit: string): ShownCost => ({
  title: unit === '' ? name : `${name} (${unit})`,
  show: (value) => (Number.isInteger(value) ? integer(value) : significant(value)),
});

/** The log with bytes as kilobytes, matching the axis labels. */
function rescaled(log: EventLog): EventLog {
  const candidates = log.all('candidate').map((one): EventOf<'candidate'> => {
    const costs = Object.entries(one.costs ?? {}).map(([name, value]) => [
      name,
      isInBytes(name) ? value / 1000 : value,
    ]);
    return { ...one, costs: Object.fromEntries(costs) as Record<string, number> };
  });
  return { ...log, all: (type) => (type === 'candidate' ? (candidates as never) : log.all(type)) };
}

const isInBytes = (name: string): boolean => ownValue<Cost>(COSTS, name)?.unit === 'bytes';
