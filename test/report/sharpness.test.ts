/** The chapter on the loss surface and its pictures. */
import { expect } from 'chai';
import { linesChart } from '../../src/report/charts/lines.js';
import {
  alignmentChart,
  lossLineChart,
  lossPlaneChart,
  sharpnessChart,
  spectrumChart,
} from '../../src/report/charts/sharpness.js';
import { eventLog } from '../../src/report/event-log.js';
import { buildReport, reportTables } from '../../src/report/index.js';
import { fixtureRun } from './fixture.js';
import { markupMistake } from './well-formed.js';

const tracked = Array.from({ length: 12 }, (_, i) => ({
  type: 'sharpness',
  epoch: Math.floor(i / 2),
  step: 20 * (i % 2),
  loss: 2 / (i + 1),
  gradientNorm: 1,
  sharpness: 10 + i,
  residual: 0.1,
  alignment: 0.2,
  samAlignment: 0.3,
  learningRate: 0.05,
  edges: { descent: 40, momentum: 76, sam: 30 - i },
}));
const axis = [-1, -0.5, 0, 0.5, 1];
const measured = {
  measuredOn: 'Measured at the retrained network, on 128 training examples.',
  largest: { value: 12.5, residual: 0.01 },
  top: [{ value: 12.5, residual: 0.01 }],
  bottom: [{ value: -1.25, residual: 0.02 }],
  trace: { trace: 80, standardError: 3, products: 10 },
  scaleFree: { value: 0.5, residual: 0.001 },
  loss: 0.1,
  gradientNorm: 0.4,
  alignment: { gradient: 0.2, sam: 0.3 },
  edges: { descent: 40 },
  densityCurve: { x: [0, 1, 2], y: [1, 0.1, 0] },
  line: { x: axis, loss: axis.map((x) => 1 + x * x) },
  plane: { x: axis, y: axis, rows: axis.map((y) => axis.map((x) => 0.1 + x * x + 2 * y * y)) },
};

describe('the chapter on the loss surface', () => {
  const { events, ...rest } = fixtureRun();
  const log = eventLog([...events, ...tracked]);

  it('draws every chart without errors, and none without data', () => {
    const pictures = [
      sharpnessChart(log),
      alignmentChart(log),
      spectrumChart(measured.densityCurve),
      lossLineChart(measured.line),
      lossPlaneChart(measured.plane),
    ];
    for (const svg of pictures) {
      expect(svg)
        .to.be.a('string')
        .and.not.match(/NaN|undefined| id=|<script|<style/);
      expect(markupMistake(svg!)).to.equal(undefined);
    }
    expect(sharpnessChart(log)).to.include('SAM edge').and.include('2/η').and.include('momentum');
    expect(sharpnessChart(eventLog([]))).to.equal(undefined);
    expect(lossPlaneChart({ ...measured.plane, rows: measured.plane.rows.map((row) => row.map(() => NaN)) })).to.equal(
      undefined,
    );
    const shared = eventLog([...events, ...tracked.map((event) => ({ ...event, type: 'shared-sharpness' }))]);
    for (const svg of [sharpnessChart(shared, 'shared-sharpness'), alignmentChart(shared, 'shared-sharpness')]) {
      expect(svg)
        .to.be.a('string')
        .and.include('while the shared weights are trained')
        .and.not.match(/NaN|undefined/);
      expect(markupMistake(svg!)).to.equal(undefined);
    }
    expect(sharpnessChart(shared)).to.equal(undefined);
    const adaptive = eventLog([...events, ...tracked.map((event) => ({ ...event, edges: null, sharpness: null }))]);
    expect(sharpnessChart(adaptive)).to.equal(undefined);
  });

  it('says with every number that sharpness does not measure quality, and what it was measured on', async () => {
    const both = [
      ...events,
      ...tracked,
      ...tracked.slice(0, 4).map((event) => ({ ...event, type: 'shared-sharpness' })),
    ];
    const page = await buildReport({ ...rest, events: both, sharpness: { child: measured } });
    expect(markupMistake(page)).to.equal(undefined);
    expect(page, 'one minus sign').to.include('−1.250').and.not.match(/>-\d/);
    expect(page)
      .to.include('<section id="sharpness">')
      .and.include('Sharpness is not a measure of quality')
      .and.include('on 128 training examples');
    expect(page)
      .to.include('12.50')
      .and.include('−1.250')
      .and.include('± 3.000')
      .and.not.match(/NaN|undefined/);
    expect(page).to.include('Sharpness during retraining').and.include('Sharpness of the shared weights');
    const rowsOf = (table: string): string[] =>
      reportTables({ ...rest, events: both })
        .find(({ name }) => name === table)!
        .csv.trimEnd()
        .split('\r\n');
    expect(rowsOf('sharpness')).to.have.length(13);
    expect(rowsOf('shared-sharpness')).to.have.length(5);
  });

  it('is absent if nothing was measured, and survives damage', async () => {
    expect(await buildReport({ ...rest, events })).to.not.include('id="sharpness"');
    for (const child of [
      {},
      { line: { x: [1], loss: 'no' } },
      { plane: { x: axis, y: axis, rows: [[1]] }, bottom: 3, measuredOn: '<script>' },
    ]) {
      const page = await buildReport({ ...rest, events, sharpness: { child } });
      expect(markupMistake(page)).to.equal(undefined);
      expect(page).to.not.match(/NaN|undefined|<script>/);
    }
  });

  it('keeps the labels of lines apart, on linear and logarithmic axes', () => {
    for (const type of ['linear', 'log'] as const) {
      const svg = linesChart(
        ['a', 'b', 'c'].map((name, i) => ({
          name,
          color: 'controller' as const,
          points: [
            { x: 0, y: 1 },
            { x: 1, y: 10 + i / 100 },
          ],
        })),
        { ariaLabel: 'three', x: { label: 'x' }, y: { label: 'y', type } },
      )!;
      const heights = [...svg.matchAll(/translate\([\d.]+,([\d.]+)\)" y="0.32em">[abc]</g)]
        .map(([, y]) => Number(y))
        .sort((a, b) => a - b);
      expect(heights).to.have.length(3);
      for (let i = 1; i < 3; i++) expect(heights[i]! - heights[i - 1]!).to.be.above(10);
    }
    expect(
      linesChart([{ name: 'x', color: 'ink', points: [{ x: 0, y: -1 }] }], {
        ariaLabel: 'none',
        x: { label: 'x' },
        y: { label: 'y', type: 'log' },
      }),
    ).to.equal(undefined);
  });
});
