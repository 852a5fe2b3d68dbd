/** `weft list`: every kind of parts, every part, its options; the older names of the command. */
import { expect } from 'chai';
import { describePart, listParts } from 'weft-nas';
import { PART_KINDS, partKind } from '../../src/api/catalogue.js';
import { list, spaces } from '../../src/cli/commands/list.js';
import { said, saidLater } from '../said.js';
import { textPrintedBy } from './printed.js';

const printed = async (command: () => Promise<void>): Promise<{ type: string; kind?: string; name?: string }[]> =>
  (await textPrintedBy(command))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string });

describe('weft list', function () {
  this.timeout(60_000);

  it('has parts of every kind, each with a unique name and a description', async () => {
    for (const kind of PART_KINDS) {
      const parts = await listParts(kind);
      expect(parts, kind).to.have.length.above(1);
      expect(new Set(parts.map(({ name }) => name)).size).to.equal(parts.length);
      if (kind !== 'predictors') for (const { name, description } of parts) expect(description, name).to.not.equal('');
    }
  });

  it('shows the options of a part with their defaults', async () => {
    const options = async (kind: (typeof PART_KINDS)[number], name: string): Promise<Record<string, unknown>> =>
      Object.fromEntries((await describePart(kind, name)).options.map((one) => [one.name, one.default]));
    expect(await options('optimizers', 'sam')).to.include({ rho: 0.05, shards: 1 });
    expect(await options('preconditioners', 'kfac')).to.include({ fisher: 'sampled', interval: 10 });
    expect(await options('regularizers', 'wpl')).to.include.keys('alpha', 'fisher');
    expect(await options('spaces', 'mlp')).to.include.keys('depth', 'widths');
    expect(await options('studies', 'two-model')).to.include({ data: 'proto-10' });
    expect((await describePart('controllers', 'enas')).presets).to.include('paper');
    expect((await describePart('proxies', 'snip')).facts).to.include.keys('formula', 'reference');
  });

  it('accepts kinds in the singular and the plural, and names what exists if one is unknown', async () => {
    expect(['space', 'spaces', 'proxy', 'study', 'data', 'optimizer'].map(partKind)).to.deep.equal([
      ...['spaces', 'spaces', 'proxies', 'studies', 'data', 'optimizers'],
    ]);
    expect(said(() => partKind('optimisers'))).to.match(/did you mean 'optimizers'.*kinds: spaces/);
    expect(said(() => partKind('__proto__'))).to.match(/no kind of part named '__proto__'/);
    expect(await saidLater(describePart('optimizers', 'adma'))).to.match(/'adma' among the optimizers.*adam/);
    expect(await saidLater(describePart('spaces', 'mpl'))).to.match(/no space and no file named 'mpl'/);
    expect(await saidLater(describePart('predictors', 'constructor'))).to.match(/'constructor' among the predictors/);
  });

  it('prints a line for each, also under the older command names', async () => {
    const kinds = await printed(() => list(undefined, undefined, { json: true }));
    expect(kinds.map(({ kind }) => kind)).to.deep.equal([...PART_KINDS]);
    const optimizers = await printed(() => list('optimizers', undefined, { json: true }));
    expect(optimizers.map(({ name }) => name)).to.include.members(['adam', 'sam', 'swad']);
    const both = await printed(() => spaces(undefined, { json: true }));
    expect(both.map(({ name }) => name)).to.include.members(['mlp', 'enas']);
    const [one] = await printed(() => spaces('random', { json: true }));
    expect(one).to.include({ kind: 'controllers', name: 'random' });
  });
});
