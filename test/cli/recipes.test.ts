import { expect } from 'chai';
import { recipes } from '../../src/cli/commands/recipes.js';
import { listRecipes, loadRecipe } from 'weft-nas';
import { saidLater } from '../said.js';
import { textPrintedBy } from './printed.js';

describe('weft recipes', () => {
  it('lists every recipe on one line, with the time that was measured and its condition', async () => {
    const said = (await textPrintedBy(async () => recipes({ json: true })))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string; description: string; time?: string });
    const noted = await listRecipes();
    expect(said.map(({ name }) => name)).to.deep.equal(noted.map(({ name }) => name));
    for (const { name, description, time } of said) {
      expect(description, name)
        .to.match(/^[A-Z].{20,}/)
        .and.not.include('time:');
      if (time !== undefined) expect(time, name).to.match(/^[\d.]+ (s|min)\b/);
    }
    const timeOf = (recipe: string): string | undefined => noted.find(({ name }) => name === recipe)?.time;
    expect(timeOf('digits')).to.equal('26 s');
    expect(timeOf('forgetting-mnist')).to.match(/processor time/);
  });

  it('are available to programs as configurations too', async () => {
    expect(await loadRecipe('digits')).to.include({ recipe: 'digits' });
    expect(await saidLater(loadRecipe('digist'))).to.match(/no recipe 'digist'/);
  });
});
