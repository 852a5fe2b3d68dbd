/**
 * The front of a multi-objective search, to be explored point by point: the non-dominated networks so far, the knee,
 * and the network of the selected point.
 */
import { ownValue } from '../errors.js';
import { kneeOf, paretoFront, type Point } from '../pareto/index.js';
import { type EventLog } from '../report/event-log.js';
import { integer, isNumber } from '../report/format.js';
import { SHOWN_COSTS } from '../report/html/front.js';
import { type Content, html, type Markup, raw, section } from '../report/html/markup.js';
import { measureOf } from '../report/measure.js';
import { color } from '../report/palette.js';

/** A network with the values of its objectives. */
export interface FrontPoint {
  readonly architecture: string;
  /** As displayed. */
  readonly quality: number;
  readonly costs: Readonly<Record<string, number>>;
  readonly isMember: boolean;
  readonly isKnee: boolean;
}

export interface LiveFront {
  /** Names of the costs, in the order of the objectives. */
  readonly costs: readonly string[];
  readonly points: readonly FrontPoint[];
  /** Whether the points are proposals of the last rounds or candidates for the final choice. */
  readonly from: 'proposals' | 'candidates';
}

/**
 * The points that no other point dominates so far; undefined for a single-objective search, or before anything has been
 * evaluated.
 */
export function liveFront(log: EventLog): LiveFront | undefined {
  const { field, sign } = measureOf(log);
  const candidates = log.all('candidate').filter(({ source, costs }) => source === 'controller' && costs);
  const proposals = log.all('proposals').flatMap(({ networks }) => (Array.isArray(networks) ? networks : []));
  const evaluated: readonly { architecture: string; quality: unknown; costs: unknown }[] =
    candidates.length > 0
      ? candidates.map((one) => ({ architecture: one.architecture, quality: one[field], costs: one.costs }))
      : proposals.map(({ architecture, reward, costs }) => ({ architecture, quality: reward, costs }));
  const from = candidates.length > 0 ? 'candidates' : 'proposals';
  const names = Object.keys(SHOWN_COSTS).filter((name) => isNumber(valueIn(evaluated[0]?.costs, name)));
  if (names.length === 0) return undefined;
  const distinct = new Map<string, Omit<FrontPoint, 'isMember' | 'isKnee'>>();
  for (const { architecture, quality, costs } of evaluated) {
    const values = names.map((name) => valueIn(costs, name));
    if (typeof architecture !== 'string' || !isNumber(quality) || !values.every(isNumber)) continue;
    distinct.set(architecture, {
      architecture,
      quality,
      costs: Object.fromEntries(names.map((name, i) => [name, values[i]!])),
    });
  }
  const points = [...distinct.values()];
  if (points.length === 0) return undefined;
  // Rewards are maximized, whatever measure the candidates are compared by.
  const upwards = from === 'proposals' ? 1 : sign;
  const goals = points.map((one): Point => [-upwards * one.quality, ...names.map((name) => one.costs[name]!)]);
  const members = paretoFront(goals);
  const knee = members[kneeOf(members.map((index) => goals[index]!)) ?? -1];
  const isMember = new Set(members);
  return {
    costs: names,
    points: points.map((one, i) => ({ ...one, isMember: isMember.has(i), isKnee: i === knee })),
    from,
  };
}

const valueIn = (costs: unknown, name: string): unknown =>
  typeof costs === 'object' && costs !== null ? ownValue(costs as Record<string, unknown>, name) : undefined;

/** A drawing of a network, or the reason why there is none. */
export type Drawing = { readonly across: string; readonly tall: string } | { readonly why: string };

/**
 * The chapter: one chart per cost, whose members are links that can be reached by mouse, touch and keyboard, and the
 * selected network.
 */
export function frontPart(log: EventLog, selected: string | undefined, drawing: Drawing | undefined): Content {
  const front = liveFront(log);
  if (!front) return undefined;
  const members = front.points.filter(({ isMember }) => isMember);
  const chosen = front.points.find(({ architecture }) => architecture === selected);
  const said = chosen ?? (selected === undefined ? undefined : { architecture: selected });
  const [what, how] =
    front.from === 'candidates'
      ? ['candidates for the final choice', 'with shared weights on the same batches']
      : ['latest proposals of the search', 'by their rewards, which were measured on different batches and weights'];
  return section(
    'front',
    'The front',
    html`<p>${integer(members.length)} of ${integer(front.points.length)} ${what}, evaluated ${how}, ${members.length === 1 ? 'is' : 'are'} such that no other is at least as good in every objective and better in one. The knee is the compromise closest to the best values of all objectives. Hover over a filled dot, or reach it with the Tab key, to see its numbers; click it or press Enter to see its network.</p>\n`,
    html`<div class="figures">${front.costs.map((cost) => html`<figure class="front">${chart(front, cost, log, selected)}</figure>`)}</div>\n`,
    said &&
      html`<div class="chosen" id="chosen"><h3>The chosen network</h3>\n<p>${'costs' in said ? `${words(said, front, log)}.` : 'It is no longer among these points.'} <a href="?">Choose none</a></p>\n<p><code>${said.architecture}</code></p>\n${drawing && ('tall' in drawing ? html`<div class="picture across">${raw(drawing.across)}</div><div class="picture tall">${raw(drawing.tall)}</div>` : html`<p class="sub">${drawing.why}</p>`)}</div>\n`,
  );
}

/** A point in words, as it is read out and shown next to it. */
function words({ quality, costs, isKnee }: FrontPoint, { costs: names, from }: LiveFront, log: EventLog): string {
  const { name, show } = measureOf(log);
  return [
    from === 'candidates' ? `${name} ${show(quality)}` : `reward ${quality.toFixed(3)}`,
    ...names.map(
      (cost) =>
        `${SHOWN_COSTS[cost]!.title.replace(/ \(.*/, '')} ${SHOWN_COSTS[cost]!.show(costs[cost]!)}${unitOf(cost)}`,
    ),
    ...(isKnee ? ['the knee'] : []),
  ].join(', ');
}

const unitOf = (cost: string): string => {
  const unit = /\((.*)\)/.exec(SHOWN_COSTS[cost]!.title)?.[1];
  return unit === undefined ? '' : ` ${unit}`;
};

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [460, 300, 56, 16, 30, 44];
/** Maximum number of characters in a line of the chart. */
const LINE = 52;

function chart(front: LiveFront, cost: string, log: EventLog, selected: string | undefined): Markup {
  const { name, sign, show } = measureOf(log);
  const isReward = front.from === 'proposals';
  const across = scaleOf(
    front.points.map(({ costs }) => costs[cost]!),
    LEFT + 10,
    WIDTH - RIGHT - 10,
  );
  const [bottom, top] = [HEIGHT - BOTTOM - 10, TOP + 10];
  const up = scaleOf(
    front.points.map(({ quality }) => quality),
    ...(isReward || sign === 1 ? ([bottom, top] as const) : ([top, bottom] as const)),
  );
  const place = ({ quality, costs }: FrontPoint): { x: number; y: number } => ({
    x: across.at(costs[cost]!),
    y: up.at(quality),
  });
  const quality = (value: number): string => (isReward ? value.toPrecision(3) : show(value));
  const others = front.points.filter(({ isMember }) => !isMember);
  const members = front.points.filter(({ isMember }) => isMember).sort((a, b) => a.costs[cost]! - b.costs[cost]!);
  const line = color('faint');
  return html`<svg class="chart live-front" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="group" aria-label="${isReward ? 'Reward' : name} against ${SHOWN_COSTS[cost]!.title}: the front">
${up.ticks.map((tick) => html`<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${up.at(tick)}" y2="${up.at(tick)}" stroke="${line}"/><text class="tick" x="${LEFT - 6}" y="${up.at(tick) + 4}" text-anchor="end">${quality(tick)}</text>`)}
${across.ticks.map((tick) => html`<text class="tick" x="${across.at(tick)}" y="${HEIGHT - BOTTOM + 14}" text-anchor="middle">${SHOWN_COSTS[cost]!.show(tick)}</text>`)}
<text class="axis" x="${WIDTH - RIGHT}" y="${HEIGHT - 8}" text-anchor="end">${SHOWN_COSTS[cost]!.title}</text>
<text class="axis" x="4" y="14">↑ ${isReward ? 'reward' : name}</text>
${others.map((one) => html`<circle cx="${place(one).x}" cy="${place(one).y}" r="2.6" fill="${color('random')}" fill-opacity=".6"/>`)}
${members.map((one) => {
  const { x, y } = place(one);
  const said = words(one, front, log);
  const isChosen = one.architecture === selected;
  return html`<a href="?network=${encodeURIComponent(one.architecture)}" aria-label="${said}"${isChosen && html` aria-current="true"`}>
<circle class="reach" cx="${x}" cy="${y}" r="12" fill="transparent"/><circle class="dot" cx="${x}" cy="${y}" r="${isChosen ? 6 : 4}" fill="${color('controller')}"/>${one.isKnee && html`<circle cx="${x}" cy="${y}" r="8" fill="none" stroke="${color('found')}" stroke-width="2.2"/><text class="knee" x="${x}" y="${y - 13}" text-anchor="middle" fill="${color('found')}">knee</text>`}
<g class="tip"><rect x="${LEFT}" y="${TOP - 12}" width="${WIDTH - LEFT - RIGHT}" height="${said.length > LINE ? 36 : 20}" rx="4"/>${folded(said).map((text, i) => html`<text x="${LEFT + 8}" y="${TOP + 2 + 15 * i}">${text}</text>`)}</g></a>`;
})}
</svg>`;
}

/** The words in one line, or in two broken between words. */
function folded(text: string): string[] {
  if (text.length <= LINE) return [text];
  const cut = text.lastIndexOf(', ', LINE) + 1 || LINE;
  return [text.slice(0, cut), text.slice(cut).trim()];
}

interface Scale {
  at(value: number): number;
  readonly ticks: readonly number[];
}

/** A linear scale from the smallest to the largest value, with up to five round ticks; a single value is centred. */
function scaleOf(values: readonly number[], from: number, to: number): Scale {
  const [low, high] = values.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Infinity, -Infinity],
  );
  const at = (value: number): number =>
    Number((high > low ? from + ((value - low) / (high - low)) * (to - from) : (from + to) / 2).toFixed(1));
  if (!(high > low)) return { at, ticks: [low] };
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough)!;
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) ticks.push(i * step);
  return { at, ticks };
}
