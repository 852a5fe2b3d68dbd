/** The page of networks for several budgets. */
import { expect } from 'chai';
import { specializedPage } from '../../src/report/index.js';
import { pairedShareDifference, wilsonInterval } from '../../src/statistics/index.js';
import { markupMistake } from './well-formed.js';

const row = (limit: number, parameters: number) => ({
  name: `parameters-${limit}`,
  budget: { cost: 'parameters', limit },
  architecture: 'elastic-mlp~c1939e:1/2',
  parameters,
  multiplyAdds: 2 * parameters,
  bytes: 4 * parameters,
  milliseconds: 0.4,
  accuracy: parameters / 10_000,
  loss: 0.2,
});

describe('the page of specialized networks', () => {
  it('shows all budgets of a network that is the best for several', () => {
    const page = specializedPage('elastic-mlp', [row(1000, 900), row(9000, 8000), row(20_000, 8000)], {
      version: '0.0.0',
    });
    const labels = [...page.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    expect(labels.filter((text) => text === '2, 3')).to.have.length(2); // In both pictures.
    expect(labels).to.include('1').and.not.include('3');
  });

  it('states the uncertainty of accuracies and their differences', () => {
    const known = (limit: number, parameters: number) => ({
      ...row(limit, parameters),
      count: 360,
      interval: wilsonInterval(parameters / 10_000, 360),
    });
    const [small, large] = [known(6000, 6000), known(9000, 9000)];
    const gain = { over: small.name, ...pairedShareDifference(110, 2, 360) };
    const page = specializedPage('elastic-mlp', [small, { ...large, gain }], { version: '0.0.0' });
    expect(markupMistake(page)).to.equal(undefined);
    // Of 216 and of 324 of 360 by Wilson's formula, worked out apart.
    expect(page).to.match(/54\.9 to 64\.9.*86\.5 to 92\.7.*\+30\.0 \(\+25\.0 to \+34\.7\)/s);
    expect(page).to.match(/\(360 here\)/);
    // A bar for each of two dots in both pictures.
    const bar = /x2="([\d.]+)" x1="\1"/g;
    expect(page.match(bar)).to.have.length(4);
    const plain = specializedPage('elastic-transformer', [row(6000, 6000)], { version: '0.0.0' });
    expect(plain).to.not.match(/interval|undefined/);
    expect(plain.match(bar)).to.equal(null);
  });
});
