/** The page of networks for several budgets. */
import { expect } from 'chai';
import { specializedPage } from '../../src/report/index.js';

describe('the page of specialized networks', () => {
  it('gives a network that is the best for several budgets all their numbers', () => {
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
    const page = specializedPage('elastic-mlp', [row(1000, 900), row(9000, 8000), row(20_000, 8000)], {
      version: '0.0.0',
    });
    const labels = [...page.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    expect(labels.filter((text) => text === '2, 3')).to.have.length(2); // In both pictures.
    expect(labels).to.include('1').and.not.include('3');
  });
});
