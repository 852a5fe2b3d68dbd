/** Energy as an objective and as a limit, from a table of whole networks. */
import { expect } from 'chai';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nsga2 } from '../../controllers/nsga2.js';
import { mlp } from '../../search-spaces/mlp.js';
import { nasBench201 } from '../../search-spaces/nas-bench-201.js';
import { pickingIn } from '../../src/api/halve-pick.js';
import { checkConfig } from '../../src/config/index.js';
import { deriveRun, resumeSearch, runSearch } from '../../src/index.js';
import { readCheckedEvents } from '../../src/runs/index.js';
import { costMeasure } from '../../src/search/costs.js';
import { openData } from '../../src/search/data.js';
import { readEnergies, requireEnergies } from '../../src/search/energy.js';
import { type SearchEvent } from '../../src/search/events.js';
import { limitSpace } from '../../src/search/limits.js';
import { parsePick } from '../../src/search/pick.js';
import { temporaryFolder } from '../runs/temporary.js';
import { tinyTable } from '../runs/tiny-run.js';
import { said, saidLater } from '../said.js';

const OPTIONS = { depth: 1, widths: [2, 3, 5, 8] };

describe('energy from a table', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);
  const space = mlp.create(OPTIONS, { inputShape: [2], classes: 2 });
  const networks = [...space.enumerate()];

  /** A table with the energy of the i-th network, and the same in other units. */
  const table = (name: string, energies: readonly (number | string)[], column = 'phone_energy'): string => {
    const path = join(folder(), name);
    const rows = energies.map((energy, i) => `"${space.encode(networks[i]!)}",${energy},${100 - i}`);
    writeFileSync(path, `architecture,${column},other\n${rows.join('\n')}\n`);
    return path;
  };
  const energies = networks.map((_, i) => 10 * (i + 1));

  it('is looked up for every network, and can be limited', () => {
    const read = readEnergies({ energyTable: table('all.csv', energies) });
    requireEnergies(space, read);
    const { of } = costMeasure(space, ['parameters', 'energy'], { energies: read });
    expect(networks.map((one) => of(one)[1])).to.deep.equal(energies);
    const { limits } = checkConfig({ limits: { energyMj: 25 } });
    const limited = limitSpace(space, limits, { energies: read }, 1);
    expect([...limited.enumerate()].map((one) => space.encode(one))).to.have.members(
      networks.slice(0, 2).map((one) => space.encode(one)),
    );
    expect(said(() => limitSpace(space, { ...limits, energyMj: 1 }, { energies: read }, 1))).to.match(
      /smallest values found are 10 mJ energy where 1 are allowed.*limits\.energyMj/,
    );
    const other = readEnergies({ energyTable: table('all.csv', energies), energyColumn: 'other' });
    expect(costMeasure(space, ['energy'], { energies: other }).of(networks[0]!)).to.deep.equal([100]);
    expect(parsePick('energy<0.02J')[0]!.holds(19.9)).to.equal(true);
  });

  it('without a source, or with one that does not fit, is refused by name', () => {
    expect(said(() => readEnergies({}))).to.match(/energy has no source.*limits\.energyTable/);
    expect(said(() => costMeasure(space, ['energy']).of(networks[0]!))).to.match(/energies of networks are not known/);
    const none = table('none.csv', energies, 'speed');
    expect(said(() => readEnergies({ energyTable: none }))).to.match(/no column of energies: it has speed, other/);
    expect(said(() => readEnergies({ energyTable: none, energyColumn: 'sped' }))).to.match(/did you mean 'speed'/);
    expect(said(() => readEnergies({ energyTable: table('less.csv', [-1, 2], 'mj'), energyColumn: 'mj' }))).to.match(
      /-1 in the column 'mj'.*at least 0/,
    );
    const truncated = readEnergies({ energyTable: table('short.csv', energies.slice(1)) });
    expect(said(() => requireEnergies(space, { ...truncated, keys: truncated.keys.slice(0, 2) }))).to.match(
      /the table has no network/,
    );
    const gap = readEnergies({ energyTable: table('gap.csv', [1, '', 3, 4]) });
    expect(said(() => requireEnergies(space, gap))).to.match(/has no value in the column 'phone_energy' of gap\.csv/);
    const cells = nasBench201.create({}, { inputShape: [8, 8, 1], classes: 10 });
    const path = join(folder(), 'cells.csv');
    writeFileSync(path, 'net,a_energy,b_energy\n"(0, 0, 0, 0, 0, 0)",1,2\n');
    expect(said(() => readEnergies({ energyTable: path }))).to.match(/2 columns of energies: a_energy, b_energy/);
    const one = readEnergies({ energyTable: path, energyColumn: 'b_energy' });
    expect(said(() => requireEnergies(cells, one))).to.match(/the table has no network \|/);
    expect(said(() => requireEnergies(space, one))).to.match(/the table belongs to NAS-Bench-201.*--space/);
  });

  it('is an objective of a search, which keeps the column, and a condition afterwards', async () => {
    const path = table('search.csv', energies);
    const data = tinyTable(join(folder(), 'data.csv'));
    const config = {
      backend: 'cpu' as const,
      objectives: ['accuracy' as const, 'energy' as const],
      limits: { energyTable: path },
      space: OPTIONS,
      search: { epochs: 2, rounds: 2, samplesPerRound: 4, probe: 0, batchSize: 16, rewardBatchSize: 8 },
      derive: { candidates: 8, random: 2, batchSize: 8 },
      retrain: { epochs: 0, batchSize: 16 },
      data: { source: data },
    };
    const request = { space: mlp, controller: nsga2, runs: join(folder(), 'runs') };
    expect(await saidLater(runSearch({ ...request, config: { ...config, limits: {} } }))).to.match(
      /energy has no source/,
    );
    let units = 0;
    const { run } = await runSearch({ ...request, config, shouldStop: () => ++units >= 3 });
    // The run has its own copy: what becomes of the file does not matter.
    rmSync(path);
    await resumeSearch(run, { space: mlp, controller: nsga2 });
    const events = readCheckedEvents(run) as SearchEvent[];
    const front = events.find((event) => event.type === 'front')!;
    expect(front.energies).to.deep.equal({ file: 'search.csv', column: 'phone_energy' });
    const candidates = events.filter((event) => event.type === 'candidate');
    for (const { architecture, costs } of candidates)
      expect(costs).to.deep.equal({
        energy: energies[networks.findIndex((one) => space.encode(one) === architecture)],
      });
    expect(readFileSync(join(run, 'report.html'), 'utf8'))
      .to.include('energy (mJ)')
      .and.include('<code>phone_energy</code> of search.csv');

    const least = Math.min(...candidates.map(({ costs }) => costs!['energy']!));
    const picked = await deriveRun(run, { space: mlp, controller: nsga2, pick: `energy<=${least}mJ` });
    expect(picked.ranking.map(({ costs }) => costs!['energy'])).to.deep.equal([least]);
    const turned = [...energies].reverse();
    const energyThere = (text: string): number => turned[networks.findIndex((one) => space.encode(one) === text)]!;
    const { ranking } = await deriveRun(run, { space: mlp, controller: nsga2 });
    const there = Math.min(...ranking.map(({ architecture }) => energyThere(architecture)));
    const other = await deriveRun(run, {
      ...{ space: mlp, controller: nsga2, pick: `energy<=${there}` },
      energyTable: table('turned.csv', turned),
    });
    expect(other.ranking.map(({ architecture }) => energyThere(architecture))).to.deep.equal([there]);
  });

  it('is a condition of halving if the limits name a table', () => {
    const config = checkConfig({
      space: { name: 'mlp', ...OPTIONS },
      data: { source: tinyTable(join(folder(), 'd.csv')) },
    });
    const parts = { config, space: mlp, controller: nsga2, data: openData(config) };
    expect(said(() => pickingIn(parts, { pick: 'energy<25' }))).to.match(/energy has no source/);
    const named = { ...config, limits: { ...config.limits, energyTable: table('halve.csv', energies) } };
    const picked = pickingIn(
      { ...parts, config: named },
      { pick: 'energy<25' },
    )(networks.map((one, i) => ({ architecture: space.encode(one), score: i / 10, epochs: 1 }) as never));
    expect(picked).to.have.length(2);
  });
});
