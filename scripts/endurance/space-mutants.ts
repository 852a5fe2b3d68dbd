/** `space-mutants.ts FOLDER FROM TO`: loads each damaged space, builds it, draws from it; one line of JSON for each. */
import { join, resolve } from 'node:path';
import { loadSpace } from '../../src/api/registry.js';
import { WeftError } from '../../src/errors.js';
import { activate } from '../../src/graph/activate.js';
import { stream } from '../../src/tensor/rng.js';

const [folder, from, to] = process.argv.slice(2) as [string, string, string];
const task = { inputShape: [8, 8, 1], classes: 10 } as const;

for (let i = Number(from); i < Number(to); i++) {
  let said: object;
  try {
    const space = (await loadSpace(resolve(join(folder, `${i}.mjs`)))).create({}, task);
    const architecture = space.sample(stream(1, 'mutant'));
    space.decode(space.encode(architecture));
    activate(space.supernet, space.genotype(architecture));
    said = { outcome: 'sound' };
  } catch (error) {
    const named = error instanceof WeftError || (error as { name?: string }).name === 'WeftError';
    said = named ? { outcome: 'named' } : { outcome: 'crash', message: (error as Error).stack ?? String(error) };
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
process.exit(0);
