/**
 * An outline as SVG. Graphviz places nodes and bends edges; only the skip connections along the trunk are drawn as
 * plain arcs: those that keep the resolution on one side, those that change it on the other.
 */
import { largestOf, smallestOf } from '../../statistics/extremes.js';
import { escapeHtml, percent } from '../format.js';
import { color, type ColorName, fillName } from '../palette.js';
import { CELL, type DrawingOptions, isSign, toDot } from './dot.js';
import { edgeKey, type Layout, layOut, type Placed, type Point } from './layout.js';
import { inWords } from './words.js';
import { type Heat, type Outline, type OutlineEdge, type OutlineNode } from './outline.js';

const FONT = 'system-ui, Helvetica, Arial, sans-serif';
const MARGIN = 4;
/** Pixels per layout unit: the smallest text, 9 units high, is 11 pixels. */
const SCALE = 1.25;
/** Space for the number next to a box of options. */
const CAPTION = 14;

/** The drawing of an outline; the same outline gives the same bytes. */
export async function drawOutline(outline: Outline, options: DrawingOptions = {}): Promise<string> {
  const trunk = new Set(outline.nodes.filter((node) => node.trunk).map(({ id }) => id));
  const isArc = ({ from, to, main }: OutlineEdge): boolean => !main && trunk.has(from) && trunk.has(to);
  const layout = await layOut(toDot({ ...outline, edges: outline.edges.filter((edge) => !isArc(edge)) }, options));
  const { thumbnail = false } = options;
  const vertical = options.direction !== 'right';
  const arcs = outline.edges
    .filter((edge) => isArc(edge) && edge.share > 0)
    .map((edge) => ({ edge, points: arc(edge, layout, trunk, vertical, thumbnail ? 0.09 : 0.17) }));
  const curves = outline.edges
    .filter((edge) => !isArc(edge))
    .map((edge) => ({ edge, points: layout.edges.get(edgeKey(edge.from, edge.to))! }));
  const body = [
    ...[...arcs, ...curves].map(({ edge, points }) => drawEdge(edge, points, thumbnail)),
    ...outline.nodes.map((node) => drawNode(node, layout.nodes.get(node.id)!, vertical, thumbnail)),
  ];
  const [left, top, right, bottom] = bounds(
    layout,
    arcs.map(({ points }) => points),
    outline.nodes.some(({ role, caption }) => role === 'choices' && caption !== undefined) ? CAPTION : 0,
  );
  const [width, height] = [right - left + 2 * MARGIN, bottom - top + 2 * MARGIN];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" class="drawing" role="img" aria-label="${escapeHtml(options.label ?? inWords(outline))}" viewBox="${[left - MARGIN, top - MARGIN, width, height].map(number).join(' ')}" ` +
    `width="${number(SCALE * width)}" height="${number(SCALE * height)}" font-family="${FONT}" text-anchor="middle">${body.join('')}</svg>`
  );
}

/** An arc from the side of one trunk node to the side of another, wide enough to clear the nodes between. */
function arc(
  { from, to, resized }: OutlineEdge,
  { nodes }: Layout,
  trunk: ReadonlySet<string>,
  vertical: boolean,
  rise: number,
): Point[] {
  const along = ({ x, y }: Placed): number => (vertical ? y : x);
  const across = ({ x, y }: Placed): number => (vertical ? x : y);
  const half = ({ width, height }: Placed): number => (vertical ? width : height) / 2;
  const [a, b] = [nodes.get(from)!, nodes.get(to)!];
  const passed = [...nodes]
    .filter(([id, node]) => trunk.has(id) && along(node) > along(a) && along(node) < along(b))
    .map(([, node]) => half(node));
  const side = resized ? -1 : 1;
  // A cubic with both handles this far out bulges by three quarters of that distance.
  const handle = (largestOf([half(a), half(b), ...passed]) + 5 + rise * (along(b) - along(a))) / 0.75;
  const point = (position: number, offset: number): Point =>
    vertical ? [across(a) + side * offset, position] : [position, across(a) - side * offset];
  const lean = Math.min(8, 0.12 * (along(b) - along(a)));
  return [
    point(along(a), half(a)),
    point(along(a) + lean, handle),
    point(along(b) - lean, handle),
    point(along(b), half(b) + 1),
  ];
}

function drawEdge(
  { from, to, main, resized, share, heat: given }: OutlineEdge,
  points: readonly Point[],
  thumbnail: boolean,
): string {
  const [start, ...rest] = points;
  const heat = given?.plain ? undefined : given;
  const always = given?.plain || (main && share === 1);
  const stroke = color(heat ? toneColor(heat) : always ? 'muted' : 'controller');
  const width = heat
    ? 0.6 + 1.8 * Math.abs(heat.tone)
    : always
      ? thumbnail
        ? 1
        : 1.4
      : thumbnail
        ? 0.7
        : 0.3 + 0.9 * share;
  const opacity = heat ? 0.3 + 0.7 * Math.abs(heat.tone) : always ? 1 : 0.15 + 0.75 * share;
  const dash = resized && !thumbnail ? ' stroke-dasharray="4 2.5"' : '';
  const path = `<path d="M${pair(start!)}C${rest.map(pair).join(' ')}" fill="none" stroke="${stroke}" stroke-width="${number(width)}"${dash} stroke-opacity="${number(opacity)}"/>`;
  return `<g><title>${escapeHtml(`${from} → ${to}${share < 1 ? `: ${percent(share, 0)}` : ''}${heat ? `, ${heat.text}` : ''}`)}</title>${path}${thumbnail ? '' : arrow(points, stroke, always ? 4.5 : 3.2, heat ? opacity : always ? 1 : 0.3 + 0.7 * share)}</g>`;
}

function toneColor({ tone }: Heat): ColorName {
  return tone > 0 ? 'random' : 'controller';
}

/** A triangle at the end of a curve, pointing in the direction of arrival. */
function arrow(points: readonly Point[], fill: string, size: number, opacity: number): string {
  const [tip, before] = [points.at(-1)!, points.at(-2)!];
  const length = Math.hypot(tip[0] - before[0], tip[1] - before[1]) || 1;
  const [dx, dy] = [(tip[0] - before[0]) / length, (tip[1] - before[1]) / length];
  const corner = (side: number): Point => [
    tip[0] - size * dx - side * 0.45 * size * dy,
    tip[1] - size * dy + side * 0.45 * size * dx,
  ];
  return `<path d="M${pair(tip)}L${pair(corner(1))}L${pair(corner(-1))}Z" fill="${fill}" fill-opacity="${number(opacity)}"/>`;
}

function drawNode(node: OutlineNode, place: Placed, vertical: boolean, thumbnail: boolean): string {
  const title = `<title>${escapeHtml(node.id)}</title>`;
  if (node.role === 'choices') return `<g>${title}${drawOptions(node, place, vertical)}</g>`;
  const round = node.role === 'join' && isSign(node.label);
  const fill =
    node.role === 'choice'
      ? fillName(node.options![0]!.index)
      : round
        ? 'faint'
        : thumbnail
          ? node.role === 'resize'
            ? 'muted'
            : 'faint'
          : 'wash';
  const shape =
    node.role === 'input' && !thumbnail
      ? ''
      : box(place, color(fill), round ? place.width / 2 : Math.min(5, place.height / 3));
  return `<g>${title}${shape}${thumbnail ? '' : drawLabel(node, place, vertical)}</g>`;
}

function drawLabel({ role, label, caption }: OutlineNode, place: Placed, vertical: boolean): string {
  const size = { choice: 11, choices: 9, join: isSign(label) ? 11 : 9, fixed: 10, resize: 9, input: 9 }[role];
  const ink = role === 'choice' ? 'onFill' : role === 'input' || role === 'resize' ? 'muted' : 'ink';
  if (role !== 'choice' || caption === undefined) return text(place.x, place.y, label, size, ink);
  const left = place.x - place.width / 2;
  return vertical
    ? text(left + 6, place.y, caption, 9, ink, ' text-anchor="start" fill-opacity="0.65"') +
        text(place.x + 4, place.y, label, size, ink, ' font-weight="600"')
    : text(left + 3, place.y - 7, caption, 9, ink, ' text-anchor="start" fill-opacity="0.65"') +
        text(place.x, place.y + 3, label, size, ink, ' font-weight="600"');
}

/** One cell per option, more strongly coloured the more often it is used. */
function drawOptions({ options = [], caption }: OutlineNode, place: Placed, vertical: boolean): string {
  const step = 72 * (vertical ? CELL.width : CELL.height);
  const cells = options.map(({ name, index, share, heat }, i) => {
    const offset = (i - (options.length - 1) / 2) * step;
    const cell = {
      x: place.x + (vertical ? offset : 0),
      y: place.y + (vertical ? 0 : offset),
      width: 72 * CELL.width - 2,
      height: 72 * CELL.height - 2,
    };
    const [fill, strength] = heat ? [toneColor(heat), 0.85 * Math.abs(heat.tone)] : ([fillName(index), share] as const);
    const [ink, faint] = heat
      ? strength > 0.5
        ? (['onStrong', 'onStrong'] as const)
        : (['ink', 'ink'] as const)
      : share > 0.35
        ? (['onFill', 'onFill'] as const)
        : (['ink', 'muted'] as const);
    return (
      box(cell, color('wash'), 4) +
      box(cell, color(fill), 4, strength) +
      text(cell.x, cell.y - 5, name, 9, ink, ' font-weight="600"') +
      text(cell.x, cell.y + 6.5, heat ? heat.text : percent(share, 0), 9, faint)
    );
  });
  const corner: Point = vertical ? [place.x - place.width / 2 - 9, place.y] : [place.x, place.y - place.height / 2 - 7];
  return (
    cells.join('') +
    (caption === undefined
      ? ''
      : text(...corner, caption, 9, 'muted', ` paint-order="stroke" stroke="${color('paper')}" stroke-width="3"`))
  );
}

function box({ x, y, width, height }: Placed, fill: string, radius: number, opacity = 1): string {
  return `<rect x="${number(x - width / 2)}" y="${number(y - height / 2)}" width="${number(width)}" height="${number(height)}" rx="${number(radius)}" fill="${fill}"${opacity < 1 ? ` fill-opacity="${number(opacity)}"` : ''}/>`;
}

function text(
  x: number,
  y: number,
  words: string,
  size: number,
  ink: Parameters<typeof color>[0],
  attributes = '',
): string {
  return `<text x="${number(x)}" y="${number(y + 0.36 * size)}" font-size="${size}" fill="${color(ink)}"${attributes}>${escapeHtml(words)}</text>`;
}

/** The bounding box of nodes (and captions to their left or above), edges and arcs. */
function bounds(
  layout: Layout,
  arcs: readonly (readonly Point[])[],
  caption: number,
): [left: number, top: number, right: number, bottom: number] {
  // The bulge of a cubic: its value at the midpoint.
  const middles = arcs.map(([a, b, c, d]) =>
    [0, 1].map((axis) => (a![axis]! + 3 * b![axis]! + 3 * c![axis]! + d![axis]!) / 8),
  );
  const xs = [-caption, layout.width, ...middles.map(([x]) => x!)];
  const ys = [-caption, layout.height, ...middles.map(([, y]) => y!)];
  return [smallestOf(xs), smallestOf(ys), largestOf(xs), largestOf(ys)];
}

function pair([x, y]: Point): string {
  return `${number(x)},${number(y)}`;
}

function number(value: number): string {
  return String(Number(value.toFixed(2)));
}
