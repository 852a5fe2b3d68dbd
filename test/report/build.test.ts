import { expect } from 'chai';
import { buildReport, reportTables } from '../../src/report/index.js';
import { duration, hugeInteger, integer, percent, points } from '../../src/report/format.js';
import { mlp } from '../../search-spaces/mlp.js';
import { type SearchSpace } from '../../src/graph/define-space.js';
import { stream } from '../../src/tensor/rng.js';
import { DIGITS, fixture, fixtureRun } from './fixture.js';
import { markupMistake } from './well-formed.js';

/** The chapters of a whole run, in their order. A new chapter is one line here if such a run has it. */
const CHAPTERS = [
  'network',
  'assessment',
  'comparison',
  'candidates',
  'standing',
  'course',
  'preferences',
  'retraining',
  'data',
  'reproduction',
];

describe('report', () => {
  const run = fixtureRun();
  const headings = (page: string): string[] => [...page.matchAll(/<section id="([a-z]+)"/g)].map(([, id]) => id!);

  it('is one well-formed self-contained file, the same every time', async () => {
    const page = await buildReport(run);
    expect(markupMistake(page)).to.equal(undefined);
    expect(page).to.not.match(
      /(?:src|href|action|srcset)\s*=\s*"(?!data:|#)|url\(|@import|<script|<link(?! rel="icon" href="data:,">)|<iframe/i,
    );
    expect(page).to.not.match(/NaN|undefined|\[object/);
    expect(page).to.equal(await buildReport(fixtureRun()));
    expect(page)
      .to.include('<dt>gradients of batches, search</dt><dd>216</dd>')
      .and.include('<dt>gradients of batches, retraining</dt><dd>660</dd>');
    expect(headings(page)).to.deep.equal(CHAPTERS);
  });

  it('has an empty icon, so that browsers do not ask a server for /favicon.ico', async () => {
    expect(await buildReport(run)).to.include('<link rel="icon" href="data:,">');
  });

  it('states the test result with its interval, and no more of the comparison than the verdict', async () => {
    const page = await buildReport(run);
    expect(page)
      .to.include('98.9\u00a0%')
      .and.include('of 360 test examples')
      .and.include('97.2\u00a0% to 99.6\u00a0%');
    const unclear = fixture().events.map((event) =>
      event.type === 'comparison'
        ? { ...event, interval: [-0.01, 0.02], verdict: 'no difference can be claimed' }
        : event,
    );
    const said = await buildReport({ ...run, events: unclear });
    expect(said)
      .to.include('<p class="claim">No difference can be claimed.</p>')
      .and.not.match(/are better than random/);
  });

  it('covers a run at any stage', async () => {
    const cuts = [
      0,
      1,
      5,
      60,
      run.events.findIndex(({ type }) => type === 'candidate') + 3,
      run.events.findIndex(({ type }) => type === 'derived') + 1,
      run.events.findIndex(({ type }) => type === 'retrain-epoch') + 1,
    ];
    for (const cut of cuts) {
      const page = await buildReport({ ...run, events: run.events.slice(0, cut), summary: undefined });
      expect(markupMistake(page)).to.equal(undefined);
      expect(page)
        .to.include('There is no test result yet.')
        .and.include('The run is not finished')
        .and.not.match(/NaN|undefined/);
    }
  });

  it('gives a drawing of the supernet that is wider than half of the page a row of its own', async () => {
    const space = mlp.create({}, DIGITS) as SearchSpace;
    const steps = [1, 2, 3].map((seed) => ({
      ...run.events.find(({ type }) => type === 'weights-step')!,
      architecture: space.encode(space.sample(stream(seed, 'wide'))),
    }));
    const page = await buildReport({ ...run, space, events: [run.events[0]!, ...steps] as typeof run.events });
    expect(page).to.match(/<figure class="wide"><h3>Use of the supernet<\/h3>/);
  });

  it('covers the training of one architecture, without a search', async () => {
    const events = run.events.filter(({ type }) => /retrain|tested|finished/.test(type));
    const page = await buildReport({ ...run, events });
    expect(headings(page)).to.deep.equal(['network', 'retraining', 'data', 'reproduction']);
    expect(page)
      .to.include('one architecture, given by hand')
      .and.not.include('not finished')
      .and.not.match(/NaN|undefined/);
  });

  it('works without the space, and ignores unknown events', async () => {
    const page = await buildReport({
      ...run,
      space: undefined,
      events: [...run.events, { type: 'from-the-future', epoch: 1 }, null, 'text', 7, {}],
    });
    expect(markupMistake(page)).to.equal(undefined);
    expect(page).to.include('there is no drawing').and.include('class="chart"').and.not.include('class="drawing"');
  });

  it('survives missing numbers in any event', async () => {
    const small = fixtureRun({ layers: 3, epochs: 2, candidates: 5 });
    for (const type of new Set(small.events.map((event) => event.type))) {
      const events = small.events.map((event) =>
        event.type === type
          ? Object.fromEntries(
              Object.entries(event).map(([field, value]) => [
                field,
                typeof value === 'number' && field !== 'epoch'
                  ? null
                  : Array.isArray(value)
                    ? value.map(() => null)
                    : value,
              ]),
            )
          : event,
      );
      const page = await buildReport({ ...small, events });
      expect(markupMistake(page), type).to.equal(undefined);
      expect(page, type).to.not.match(/NaN|undefined/);
    }
  });

  it('escapes every text that comes from outside', async () => {
    const evil = '<script>alert("x")</script>&\'';
    const { events } = run;
    const page = await buildReport({
      manifest: {
        name: evil,
        environment: { weft: evil, [evil]: evil },
        facts: { data: { splits: { [evil]: { count: 1, indices: evil, content: evil } } } },
      },
      config: { data: { source: evil }, [evil]: [evil, { a: evil }] },
      events: [
        ...events.map((event) => ({
          ...event,
          ...('architecture' in event ? { architecture: evil } : {}),
          ...('hash' in event ? { hash: evil } : {}),
          ...('verdict' in event ? { verdict: evil } : {}),
        })),
        { type: 'warning', message: evil },
        {
          type: 'search-started',
          space: evil,
          size: evil,
          controller: evil,
          seed: 1,
          parameters: 1,
          train: 1,
          validation: 1,
          test: 1,
          epochs: 1,
          stepsPerEpoch: 1,
        },
        { type: 'preferences', epoch: 99, decisions: { [`${evil}.0`]: [[0.5, 0.5]], [evil]: [[0.1, 0.9]] } },
      ],
      summary: { elapsedSeconds: evil },
    });
    expect(page).to.not.include('<script>alert');
    expect(markupMistake(page)).to.equal(undefined);
  });

  it('offers its tables as CSV that can be parsed', () => {
    const tables = Object.fromEntries(reportTables(run).map(({ name, csv }) => [name, csv.trimEnd().split('\r\n')]));
    expect(Object.keys(tables)).to.deep.equal([
      'epochs',
      'steps',
      'rounds',
      'candidates',
      'comparison',
      'preferences',
      'retraining',
      'splits',
      'config',
    ]);
    expect(tables['epochs']).to.have.length(13);
    expect(tables['retraining']).to.have.length(31);
    const [head, best] = tables['candidates']!.map((line) => line.split(','));
    expect(head![1]).to.equal('accuracy');
    const accuracies = run.events.flatMap((event) => (event.type === 'candidate' ? [event.accuracy!] : []));
    expect(Number(best![1])).to.equal(Math.max(...accuracies));
    expect(reportTables({ ...run, events: [], manifest: {}, config: { 'a,b': 'say "hi"' } })).to.deep.equal([
      { name: 'config', csv: 'option,value\r\n"a,b","say ""hi"""\r\n' },
    ]);
  });

  it('writes numbers in readable form', () => {
    expect([
      percent(0.98612),
      percent(null),
      points(0.021),
      points(-0.0004),
      points(-0.03),
      integer(1234567.4),
    ]).to.deep.equal(['98.6\u00a0%', '–', '+2.1', '0.0', '−3.0', '1,234,567']);
    expect([
      hugeInteger('160618186625454535808756219904'),
      hugeInteger('1528823808'),
      hugeInteger('uncounted'),
    ]).to.deep.equal(['1.6\u00a0×\u00a010²⁹', '1,528,823,808', 'uncounted']);
    expect([duration(3.21), duration(59.7), duration(421.7), duration(7322)]).to.deep.equal([
      '3.2\u00a0s',
      '60\u00a0s',
      '7\u00a0min\u00a02\u00a0s',
      '2\u00a0h\u00a02\u00a0min',
    ]);
  });
});
