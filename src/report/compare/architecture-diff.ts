/** Two architectures of a space overlaid in one drawing, with their costs and results. */
import { type SearchSpace } from '../../graph/define-space.js';
import { costMeasure } from '../../search/costs.js';
import { differences, type Difference, diffSvg } from '../drawing/index.js';
import { ABSENT, integer, percent, decimal, isNumber } from '../format.js';
import { type Content, html, type Markup, raw, table } from '../html/markup.js';

/** One of the two: its name and what is known about it. */
export interface DiffSide {
  readonly name: string;
  /** Text encoding. */
  readonly architecture: string;
  readonly sharedAccuracy?: number | undefined;
  readonly testAccuracy?: number | undefined;
  readonly testLoss?: number | undefined;
}

export interface ArchitectureDiff {
  readonly a: DiffSide & { readonly parameters: number; readonly multiplyAdds: number };
  readonly b: ArchitectureDiff['a'];
  /** The decisions in which they differ. */
  readonly differences: readonly Difference[];
  /** Overlaid: blue is only in `a`, orange only in `b`. */
  readonly svg: { readonly across: string; readonly tall: string };
}

/**
 * Draws two architectures of a space overlaid and counts the costs of both. Throws WeftError if a text belongs to
 * another space.
 */
export async function diffArchitectures(space: SearchSpace, a: DiffSide, b: DiffSide): Promise<ArchitectureDiff> {
  const costs = costMeasure(space, ['parameters', 'multiplyAdds']);
  const [one, other] = [a, b].map(({ architecture }) => space.decode(architecture));
  const measured = (side: DiffSide, architecture: unknown): ArchitectureDiff['a'] => {
    const [parameters, multiplyAdds] = costs.of(architecture) as [number, number];
    return { ...side, parameters, multiplyAdds };
  };
  return {
    a: measured(a, one),
    b: measured(b, other),
    differences: differences(one, other),
    svg: {
      across: await diffSvg(space, one, other, { direction: 'right' }),
      tall: await diffSvg(space, one, other),
    },
  };
}

/** The drawing with its legend, the costs and results of both, and the list of differences. */
export function diffMarkup({ a, b, differences: all, svg }: ArchitectureDiff): Markup {
  const rows: (readonly [string, (side: ArchitectureDiff['a']) => string])[] = [
    ['parameters', ({ parameters }) => integer(parameters)],
    ['multiply-adds for one example', ({ multiplyAdds }) => integer(multiplyAdds)],
    ['accuracy with shared weights', ({ sharedAccuracy }) => percent(sharedAccuracy)],
    ['test accuracy', ({ testAccuracy }) => percent(testAccuracy, 2)],
    ['test loss (nats)', ({ testLoss }) => (isNumber(testLoss) ? decimal(testLoss, 4) : ABSENT)],
  ];
  const known = rows.filter(([, show]) => [a, b].some((side) => show(side) !== ABSENT));
  const heads: Content[] = [
    html`<span class="first">A: ${a.name}</span>`,
    html`<span class="second">B: ${b.name}</span>`,
  ];
  return html`<figure class="wide"><div class="picture across">${raw(svg.across)}</div><div class="picture tall">${raw(svg.tall)}</div><figcaption>${
    all.length === 0
      ? 'The two are the same network.'
      : html`<span class="first">Blue (A)</span>: only in ${a.name}. <span class="second">Orange (B)</span>: only in ${b.name}. The rest is in both.`
  }</figcaption></figure>
${table(
  ['', ...heads],
  known.map(([name, show]) => [name, show(a), show(b)]),
  [1, 2],
)}${
    all.length > 0 &&
    html`<details><summary>${all.length === 1 ? 'The decision' : `The ${all.length} decisions`} in which they differ</summary>${table(
      ['decision', ...heads],
      all.map((one) => [html`<code>${one.place}</code>`, one.a || ABSENT, one.b || ABSENT]),
    )}</details>\n`
  }`;
}
