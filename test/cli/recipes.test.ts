import { expect } from 'chai';
import { recipes } from '../../src/cli/commands/recipes.js';
import { describeRecipe, recipeNames } from '../../src/cli/recipes.js';
import { quietly } from './quietly.js';

describe('weft recipes', () => {
  it('lists every recipe with a line, and a time only where one was measured', async () => {
    const said = (await quietly(async () => recipes({ json: true })))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string; description: string; time?: string });
    expect(said.map(({ name }) => name)).to.deep.equal(recipeNames());
    for (const { name, description, time } of said) {
      expect(description, name)
        .to.match(/^[A-Z].{20,}/)
        .and.not.include('time:');
      if (time !== undefined) expect(time, name).to.match(/^[\d.]+ (s|min)\b/);
    }
    expect(describeRecipe('digits').time).to.equal('31 s');
    expect(describeRecipe('elastic-digits').time).to.equal(undefined);
  });
});
