/**
 * What readers see first: the worth of a result, notes that are no alarms, words instead of paths, numbers below each
 * other.
 */
import { expect } from 'chai';
import { aligned, scientific, significant, withMinus } from '../../src/report/format.js';
import { claim } from '../../src/report/html/claim.js';
import { accuracyGrade } from '../../src/report/html/accuracy-grade.js';
import { buildReport, eventLog } from '../../src/report/index.js';
import { readPreferences } from '../../src/report/preferences.js';
import { fixture, fixtureRun } from './fixture.js';

const rival = (name: string, accuracy: number, low: number, high: number) => ({
  name,
  accuracy,
  difference: (low + high) / 2,
  interval: [low, high],
});

describe('the worth of a result', () => {
  const graded = (accuracy: number, majority: object, ...simpleModels: object[]) =>
    accuracyGrade(
      eventLog([
        { type: 'tested', accuracy, loss: 1, count: 100 },
        { type: 'assessed', majority, simpleModels },
      ]),
    );

  it('is good only if far from guessing and not worse than a simple model', () => {
    expect(graded(0.98, rival('always 3', 0.1, 0.8, 0.9), rival('forest', 0.97, -0.01, 0.03))!.grade).to.equal('good');
    // Better than every simple model, and still wrong in two of three cases.
    const fair = graded(0.32, rival('always cat', 0.1, 0.2, 0.25), rival('logistic regression', 0.28, 0.01, 0.07))!;
    expect(fair.grade).to.equal('fair');
    expect(fair.words).to.match(
      /most frequent class reaches 10\.0\s%; it is better than the best simple model \(logistic/,
    );
  });

  it('is poor at the level of guessing, or if worse than a simple model', () => {
    expect(graded(0.97, rival('always no', 0.97, -0.01, 0.01))!.grade).to.equal('poor');
    const behind = graded(0.9, rival('always 3', 0.1, 0.7, 0.9), rival('nearest neighbours', 0.98, -0.1, -0.06))!;
    expect(behind.grade).to.equal('poor');
    expect(behind.words).to.include('nearest neighbours, a simple model, is better by 8.0 points');
    expect(accuracyGrade(eventLog([{ type: 'tested', accuracy: 0.9, loss: 1, count: 10 }]))).to.equal(undefined);
  });

  it('colours the report, which has notes and terms, and names no folder', async () => {
    const run = fixtureRun();
    const page = await buildReport({ ...run, config: { ...run.config, data: { source: '/home/someone/photos' } } });
    expect(page).to.include('class="verdict good"').and.include('How to read this').and.include('· data photos<');
    expect(/<header>[^]*<\/header>/.exec(page)![0]).to.not.include('/home');
    expect(page).to.include('<h3>Operation (layers)</h3>').and.not.include('<h3>layers.*');
    for (const [svg] of page.matchAll(/<svg[^>]*>/g)) expect(svg).to.match(/aria-label="[^"]{15,}"/);
    expect(page).to.not.match(/<g [^>]*aria-label/);
  });

  it('describes the decisions of a space in words', () => {
    const { events, space } = fixture();
    expect(
      readPreferences(eventLog(events), space)
        .at(-1)!
        .groups.map(({ title }) => title),
    ).to.deep.equal(['Operation (layers)', 'Skip connections (layers)']);
  });
});

describe('numbers and verdicts', () => {
  it('are aligned, small ones with a power of ten, with one kind of minus sign', () => {
    expect(aligned([1, 25, null])).to.deep.equal(['1', '25', '–']);
    expect(aligned([0.5, 12.25, -3])).to.deep.equal(['0.50', '12.25', '−3.00']);
    expect(aligned([8.64, 0.08])).to.deep.equal(['8.64', '0.08']);
    expect(significant(-9.473e-7).replace(/\s/g, ' ')).to.equal('−9.473 × 10⁻⁷');
    expect(withMinus('-0.2 in conv3-010, from -.5 to -1, --seeds 1-4 (-3)')).to.equal(
      '−0.2 in conv3-010, from −.5 to −1, --seeds 1-4 (−3)',
    );
    expect(aligned([0.1234, 2e-7])).to.deep.equal(['0.1234', scientific(2e-7)]);
    expect(scientific(-1.234e-5).replace(/\s/g, ' ')).to.equal('−1.23 × 10⁻⁵');
    expect(scientific(2.5e12, 1).replace(/\s/g, ' ')).to.equal('2.5 × 10¹²');
    for (const text of aligned([-1.5, -1e-9, 3e10])) expect(text).to.not.include('-');
  });

  it('take at most two lines, with the rest below', () => {
    expect(claim('Short.').markup).to.equal('<p class="claim">Short.</p>\n');
    const long = `The first clause says what there is to be said about it; ${'and more of it follows. '.repeat(8)}`;
    const [, main, rest] = /<p class="claim">(.*?)<\/p>\n<p class="sub">(.*?)<\/p>/.exec(claim(long).markup)!;
    expect(main!.length).to.be.at.most(131);
    expect(`${main} ${rest}`.length).to.be.at.least(long.trim().length - 2);
  });
});
