/** `weft recipes`: named configurations, with their running times. */
import { listRecipes } from '../../api/recipes.js';
import { createOutput } from '../output.js';

/** Lists the recipes of the project and of the package. */
export function recipes(options: { json?: boolean }): void {
  const output = createOutput(options);
  for (const recipe of listRecipes()) {
    const { name, description, time } = recipe;
    output.emit({ type: 'recipe', ...recipe });
    output.say(`${name.padEnd(21)} ${description}`);
    output.say(`${' '.repeat(21)} ${time === undefined ? 'time not measured' : `took ${time}`}`);
  }
  output.say(
    'times were measured once, most of them on two cores (docs/explanation/measurements.md); a search prints an estimate for this machine',
  );
  output.say('next  weft search --recipe digits');
}
