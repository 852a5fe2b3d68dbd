import { expect } from 'chai';
import { type ForgettingWidths } from '../../src/forgetting/events.js';
import { buildReport } from '../../src/report/index.js';
import { widthSummary } from '../../src/report/forgetting/by-width.js';
import { widthChart } from '../../src/report/forgetting/charts/widths.js';
import { eventLog } from '../../src/report/event-log.js';
import { reportTables } from '../../src/report/tables.js';
import { fixtureRun } from './fixture.js';
import { expectGolden } from './golden.js';
import { markupMistake } from './well-formed.js';

const widths = (epoch: number, lost: number): ForgettingWidths => ({
  type: 'forgetting-widths',
  epoch,
  steps: 1,
  networks: [
    { architecture: 'small', parameters: 120 },
    { architecture: 'large', parameters: 4800 },
  ],
  loss: [1, 0.5],
  change: [
    [-0.2, lost],
    [0.1, -0.3],
  ],
  blocks: [
    {
      entries: 120,
      change: [
        [-0.2, lost],
        [0.1, -0.1],
      ],
    },
    {
      entries: 4680,
      change: [
        [0, 0],
        [0, -0.2],
      ],
    },
  ],
  tensors: [
    {
      name: 'a/kernel',
      change: [
        [-0.2, 0],
        [0, -0.2],
      ].map((row) => [...row]),
      blocks: [0, 0],
    },
    {
      name: 'b/kernel',
      change: [
        [0, lost],
        [0.1, -0.1],
      ].map((row) => [...row]),
      blocks: [(lost + 0.1) / 2, 0],
    },
  ],
});

describe('the report on sizes', () => {
  const run = fixtureRun();
  const events = [...run.events, widths(0, 9), widths(1, 0.3), widths(2, 0.5)];

  it('averages the later half of the epochs and names the pair with the greatest harm', () => {
    const summary = widthSummary(eventLog(events))!;
    expect(summary.epochs).to.deep.equal([1, 2]);
    expect(summary.change[0]![1]).to.be.closeTo(0.4, 1e-12);
    expect(summary.worst).to.include({ trained: 0, measured: 1 });
    expect(summary.tensors.map(({ name }) => name)).to.deep.equal(['b/kernel', 'a/kernel']);
    expect(summary.tensors[0]!.harm).to.be.closeTo(0.25, 1e-12);
    expect(widthSummary(eventLog(run.events))).to.equal(undefined);
  });

  it('draws matrices, in a page of its own chapter and as tables', async () => {
    const svg = widthChart(
      [120, 4800],
      [
        [-0.2, 0.4],
        [0.1, -0.3],
      ],
      0.4,
    );
    expect(markupMistake(svg)).to.equal(undefined);
    expectGolden('forgetting-widths.svg', svg);
    const page = await buildReport({ ...run, events });
    expect(markupMistake(page)).to.equal(undefined);
    expect(page).to.match(/<section id="widths">/);
    expect(page).to.include('the network of 4,800 parameters loses 0.40\u00a0nats');
    expect(page).to.not.match(/NaN|undefined/);
    const tables = Object.fromEntries(reportTables({ ...run, events }).map(({ name, csv }) => [name, csv]));
    expect(tables['widths']!.trim().split('\r\n')).to.have.length(1 + 3 * 4);
    expect(tables['width-tensors']!.trim().split('\r\n')).to.have.length(1 + 3 * 4);
    expect(await buildReport(run)).to.not.include('id="widths"');
  });
});
