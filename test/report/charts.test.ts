import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { candidatesChart } from '../../src/report/charts/candidates.js';
import { integerTicks, thin } from '../../src/report/charts/frame.js';
import { linesChart } from '../../src/report/charts/lines.js';
import { preferenceHistoryChart } from '../../src/report/charts/preferences.js';
import { eventLog } from '../../src/report/event-log.js';
import { entropyOf, maximalEntropy, readPreferences } from '../../src/report/preferences.js';
import { LOG_CHARTS, VALUE_CHARTS } from './chart-table.js';
import { regretChart } from '../../studies/nas-bench-201/regret-chart.js';
import { forgettingChart } from '../../studies/supernet-remedies/chart.js';
import { fixture } from './fixture.js';
import { expectGolden } from './golden.js';
import { markupMistake } from './well-formed.js';

describe('report charts', () => {
  const { events, space } = fixture();
  const log = eventLog(events);
  const snapshots = readPreferences(log, space);

  for (const [name, { draw: chart }] of Object.entries(LOG_CHARTS)) {
    it(`draws the ${name} chart, the same every time`, () => {
      const svg = chart(log);
      expect(svg).to.equal(chart(log));
      expect(markupMistake(svg!)).to.equal(undefined);
      expect(svg).to.not.match(/NaN|undefined| id=|<style|<script/);
      expectGolden(`${name}.svg`, svg);
    });

    it(`has no ${name} chart without data, and none that fails on gaps`, () => {
      expect(chart(eventLog([]))).to.equal(undefined);
      const holes = events.map((event) =>
        Object.fromEntries(
          Object.entries(event).map(([field, value]) => [
            field,
            typeof value === 'number' && field !== 'epoch' ? null : value,
          ]),
        ),
      );
      expect(chart(eventLog(holes)) ?? '').to.not.match(/NaN|undefined/);
      const first = events.map((event, i) =>
        i === 0
          ? event
          : {
              ...event,
              ...('epoch' in event && event.epoch === 1
                ? { loss: null, reward: null, random: null, entropy: null, learningRate: null }
                : {}),
            },
      );
      expect(chart(eventLog(first)))
        .to.be.a('string')
        .that.does.not.match(/NaN/);
    });
  }

  for (const [name, { draw }] of Object.entries(VALUE_CHARTS)) {
    it(`draws the ${name} chart, the same every time`, () => {
      const svg = draw();
      expect(svg).to.equal(draw());
      expect(markupMistake(svg!)).to.equal(undefined);
      expect(svg).to.not.match(/NaN|undefined| id=|<style|<script/);
      expectGolden(`${name}.svg`, svg);
    });
  }

  it('cover every chart in the folder', async () => {
    const folder = new URL('../../src/report/charts/', import.meta.url);
    const inTable = new Set<unknown>(
      [...Object.values(LOG_CHARTS), ...Object.values(VALUE_CHARTS)].map(({ chart }) => chart),
    );
    for (const file of readdirSync(folder).filter((name) => name !== 'frame.ts')) {
      const module = (await import(new URL(file, folder).href)) as Record<string, unknown>;
      for (const [name, chart] of Object.entries(module).filter(([name]) => name.endsWith('Chart')))
        expect(inTable.has(chart), `${name} of ${file} in test/report/chart-table.ts`).to.equal(true);
    }
  });

  it('draws a single epoch', () => {
    const log = eventLog(fixture({ epochs: 1, candidates: 1 }).events);
    for (const { draw } of Object.values(LOG_CHARTS)) expect(draw(log)).to.be.a('string').that.does.not.match(/NaN/);
  });

  it('shows every candidate as a dot, and the derived one with a ring', () => {
    const svg = candidatesChart(log)!;
    expect(svg.match(/<circle [^>]*r="2.9"/g)).to.have.length(100);
    expect(svg).to.include('derived');
    const { controllerMean, randomMean } = log.last('comparison')!;
    for (const mean of [controllerMean, randomMean]) expect(svg).to.include(`mean ${(100 * mean).toFixed(1)}`);
  });

  it('shows probabilities as heat strips and skip connections as a triangle', () => {
    const [operations, skips] = snapshots.at(-1)!.groups;
    expect(operations!.options).to.deep.equal(['conv3', 'sep3', 'conv5', 'sep5', 'avg3', 'max3']);
    expect(operations!.rows.map(({ label }) => label)).to.deep.equal(['0', '1', '2', '3', '4', '5']);
    expect(skips!.subset).to.equal(true);
    expect(skips!.rows.map(({ probabilities }) => probabilities.length)).to.deep.equal([1, 2, 3, 4, 5]);
    expect(preferenceHistoryChart(snapshots, 'layers.*.skip')).to.equal(undefined);
  });

  it('reads preferences even without the space', () => {
    const groups = readPreferences(log).at(-1)!.groups;
    expect(groups.map(({ pattern, subset, options }) => [pattern, subset, options.length])).to.deep.equal([
      ['layers.*.op', false, 6],
      ['layers.*.skip', true, 5],
    ]);
    expect(
      readPreferences(
        eventLog([{ type: 'preferences', epoch: 0, decisions: { 'a.0': null, 'a.1': [[null]], 'b.0': [] } }]),
      ).at(-1)!.groups,
    ).to.deep.equal([]);
  });

  it('measures entropy in nats, at most that of uniform choice', () => {
    expect(entropyOf([0.25, 0.25, 0.25, 0.25], false)).to.be.closeTo(Math.log(4), 1e-12);
    expect(entropyOf([0.5, 0.5, 0.5], true)).to.be.closeTo(maximalEntropy(3, true), 1e-12);
    expect(entropyOf([1, 0], false)).to.equal(0);
  });

  it('thins long series to their last item and places ticks at round numbers', () => {
    const items = Array.from({ length: 1000 }, (_, i) => i);
    expect(thin(items, 60)).to.have.length.at.most(60).and.include(999);
    expect(thin(items.slice(0, 5), 60)).to.deep.equal([0, 1, 2, 3, 4]);
    for (const last of [1, 2, 7, 8, 30, 310, 12345]) {
      const ticks = integerTicks(last);
      expect(ticks[0]).to.equal(1);
      expect(ticks.at(-1)).to.be.at.most(last);
      expect(ticks.length).to.be.at.most(8);
    }
  });

  it('are as wide as a phone shows them, so that their text is at least 11 px high there', () => {
    const regret = Array.from({ length: 9 }, (_, i) => ({ name: `strategy ${i}`, regret: [3, 1, 0.5 + i / 9] }));
    const nets = Array.from({ length: 8 }, (_, i) => ({ arm: `remedy ${i}`, forgetting: i % 3, tau: i % 4 }));
    const all = [
      ...Object.values(VALUE_CHARTS).map(({ draw }) => draw()!),
      ...Object.values(LOG_CHARTS).map(({ draw }) => draw(log)!),
      regretChart(regret),
      forgettingChart(nets),
    ];
    for (const svg of all) expect(svg.slice(0, svg.indexOf('>'))).to.match(/ width="400" /);
  });

  it('name every line or dot in the margin, further apart than their height', () => {
    const heights = (svg: string, names: string): number[] =>
      [...svg.matchAll(/<text[^>]*transform="translate\([-\d.]+,([-\d.]+)\)"[^>]*>([^<]+)</g)]
        .filter(([, , text]) => text!.startsWith(names))
        .map(([, y]) => Number(y))
        .sort((a, b) => a - b);
    const apart = (svg: string, names: string): number => {
      const at = heights(svg, names);
      expect(at).to.have.length(7);
      return Math.min(...at.slice(1).map((y, i) => y - at[i]!));
    };
    const seven = Array.from({ length: 7 }, (_, i) => i);
    expect(apart(regretChart(seven.map((i) => ({ name: `line ${i}`, regret: [3, 0.5] }))), 'line')).to.be.at.least(14);
    const nets = seven.map((i) => ({ arm: `arm ${i}`, forgetting: 0.1, tau: i === 0 ? 1 : 0.5 }));
    expect(apart(forgettingChart(nets), 'arm')).to.be.at.least(14);
  });

  it('label only numbers of a logarithmic axis that have room beside each other', () => {
    const line = (largest: number): string =>
      linesChart([{ name: 'a', color: 'controller', points: [0.01, 0.05, largest].map((x) => ({ x, y: x })) }], {
        ariaLabel: 'One line over a logarithmic axis',
        x: { label: 'step size', type: 'log' },
        y: { label: 'value' },
      })!;
    const labels = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>(0\.0\d)</g)].map(([, text]) => text!);
    expect(labels(line(0.4)))
      .to.include.members(['0.01', '0.02'])
      .and.not.include('0.03');
    expect(labels(line(0.06))).to.include('0.03');
  });
});
