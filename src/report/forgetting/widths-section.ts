/** The chapter on sizes: which networks lose from the training of which, through which entries, in which tensors. */
import { largestOf } from '../../statistics/extremes.js';
import { type EventLog } from '../event-log.js';
import { integer, plural } from '../format.js';
import { claim } from '../html/claim.js';
import { type Content, figure, html, type Markup, section, table } from '../html/markup.js';
import { strongest, type WidthSummary, widthSummary } from './by-width.js';
import { widthChart } from './charts/widths.js';
import { digitsFor, signed } from './signed.js';

/** Number of tensors listed; the CSV file has them all. */
const TOP = 12;

/** Matrix pictures and a table; nothing if the run did not measure sizes. */
export function widthsSection(log: EventLog): Content {
  const summary = widthSummary(log);
  if (!summary) return undefined;
  const { networks, change, blocks, tensors, steps, epochs } = summary;
  const parameters = networks.map((network) => network.parameters);
  const scale = strongest([change, ...blocks.map((block) => block.change)]);
  const range = epochs[0] === epochs[1] ? `epoch ${epochs[0] + 1}` : `epochs ${epochs[0] + 1} to ${epochs[1] + 1}`;
  return section(
    'widths',
    'Which sizes disturb which',
    html`${claim(verdict(summary))}<p>After each epoch each of ${plural(networks.length, 'network')}, from the smallest to the largest, is trained alone for ${plural(steps, 'step')} on a copy of the shared weights, and the losses of all are compared before and after. <strong>Orange is lost, blue is gained</strong>, in nats, means over ${range}; framed: its own training.</p>
<div class="figures">${figure(
      widthChart(parameters, change, scale),
      'Rows: the network that was trained. Columns: the network that was measured, by its number of parameters.',
      { title: 'The whole change' },
    )}</div>
<h3 class="rowhead">The part of the change through each block of entries</h3>
<div class="figures">${blocks.map(({ entries, change: part }, block) =>
      figure(
        widthChart(parameters, part, scale, `Change through the entries that network ${block + 1} adds`),
        block === 0
          ? 'Entries that every one of these networks reads.'
          : `Entries that the network of ${integer(parameters[block])} parameters reads and smaller ones do not.`,
        { title: `Block ${block + 1}: ${plural(entries, 'entry', 'entries')}` },
      ),
    )}</div>
<h3>Tensors through which other sizes lose most</h3>
`,
    tensorTable(tensors),
  );
}

function verdict({ networks, worst: { trained, measured, change } }: WidthSummary): string {
  const name = (index: number): string => `the network of ${integer(networks[index]!.parameters)} parameters`;
  return change > 0
    ? `The largest loss occurs when ${name(trained)} is trained: ${name(measured)} loses ${change.toPrecision(2)} nats.`
    : 'No size lost anything when another was trained.';
}

function tensorTable(tensors: WidthSummary['tensors']): Markup {
  const blocks = tensors[0]?.blocks.map((_, block) => `block ${block + 1}`) ?? [];
  const digits = digitsFor(
    largestOf(
      tensors.map(({ harm }) => Math.abs(harm)),
      0,
    ),
  );
  return table(
    ['tensor', 'mean change of others (nats)', ...blocks],
    tensors
      .slice(0, TOP)
      .map(({ name, harm, blocks: values }) => [
        html`<code>${name}</code>`,
        signed(harm, digits),
        ...values.map((value) => (value === 0 ? '0' : signed(value, digits))),
      ]),
    [1, ...blocks.map((_, block) => block + 2)],
  );
}
