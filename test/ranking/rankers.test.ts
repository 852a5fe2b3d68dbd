import { expect } from 'chai';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rank } from '../../src/cli/commands/rank.js';
import { rankRun } from '../../src/api/rank.js';
import { rankRunByTable } from '../../src/api/rank-truth.js';
import { searchedSpace } from '../../src/api/report.js';
import { checkConfig } from '../../src/config/index.js';
import {
  analyseTruth,
  compareRankers,
  parseTruthRecord,
  type Ranker,
  stratifiedWarning,
  truthRecord,
  type TruthRecord,
  withLogRanks,
} from '../../src/ranking/index.js';
import { decimal } from '../../src/report/format.js';
import { rankersSection } from '../../src/report/ranking/index.js';
import { openRun, readSealedJson } from '../../src/runs/index.js';
import { kendallTau, smirnovDistance } from '../../src/statistics/index.js';
import { stream } from '../../src/tensor/rng.js';
import { loadSpace } from '../../src/api/registry.js';
import { textPrintedBy } from '../cli/printed.js';
import { markupMistake } from '../report/well-formed.js';
import { temporaryFolder } from '../runs/temporary.js';
import { tinyRun } from '../runs/tiny-run.js';

/** True scores, and rankers that follow them as closely as asked. */
function made(count: number, noises: Readonly<Record<string, number>>): { truth: number[]; rankers: Ranker[] } {
  const rng = stream(3, 'rankers');
  const truth = Array.from({ length: count }, () => rng.normal());
  const rankers = Object.entries(noises).map(([name, noise]) => ({
    name,
    scores: truth.map((value) => value + noise * rng.normal()),
  }));
  return { truth, rankers };
}

function verdict(count: number, noises: Readonly<Record<string, number>>): string {
  const { truth, rankers } = made(count, noises);
  return compareRankers(truth, rankers[0]!, rankers.slice(1)).verdict;
}

describe('the supernet among trivial rankers', () => {
  it('is assessed for its worth', () => {
    expect(verdict(150, { supernet: 5, parameters: 1 })).to.match(
      /know less than the number of parameters \(τ 0\.\d+; difference −/,
    );
    expect(verdict(150, { supernet: 1, parameters: 1 })).to.include('cannot be told from the number of parameters');
    expect(verdict(150, { supernet: 0.3, parameters: 2 })).to.match(
      /know more than the number of parameters .*, the best trivial ranker$/,
    );
    expect(verdict(150, { supernet: 0.3, parameters: 2, nwot: 1 })).to.match(/more than the best trivial ranker, nwot/);
    expect(verdict(150, { supernet: 1, parameters: 3, nwot: 0.1 })).to.match(
      /but less than the best trivial ranker, nwot/,
    );
    expect(verdict(8, { supernet: 5, parameters: 0.1 }))
      .to.include('cannot be told from')
      .and.to.include('no interval');
    expect(verdict(50, { supernet: 1 })).to.include('not compared with any trivial ranker');
    const { truth, rankers } = made(20, { parameters: 1 });
    expect(compareRankers(truth, { name: 'supernet', scores: truth.map(() => 1) }, rankers).verdict).to.include(
      'cannot be assessed',
    );
  });

  it('is listed with them by tau, with warnings for a small or stratified sample', () => {
    const { truth, rankers } = made(60, { supernet: 1, parameters: 2, multiplyAdds: 0.5 });
    const { standings, warnings, toBest, toParameters } = compareRankers(truth, rankers[0]!, rankers.slice(1));
    expect(standings.map(({ name }) => name)).to.deep.equal(['multiplyAdds', 'supernet', 'parameters']);
    expect(toBest!.name).to.equal('multiplyAdds');
    expect(toParameters!.value).to.equal(kendallTau(truth, rankers[0]!.scores) - kendallTau(truth, rankers[1]!.scores));
    expect(warnings.join()).to.match(/60 networks are a small sample: τ is known to ±0\.\d\d only/);
    const rng = stream(1, 'costs');
    const costs = (shift: number): number[] => Array.from({ length: 200 }, () => 1000 + shift + 100 * rng.normal());
    expect(stratifiedWarning(costs(0), costs(0))).to.equal(undefined);
    expect(stratifiedWarning(costs(0), costs(80))).to.include('not uniform');
    expect(smirnovDistance([1, 2, 3, 4], [3, 4, 5, 6])).to.equal(0.5);
    expect(smirnovDistance([1, 1, 2], [1, 2, 2])).to.be.closeTo(1 / 3, 1e-12);
  });

  it('is compared with the log-rank sum if its three parts are known', () => {
    const { rankers } = made(30, { nwot: 1, multiplyAdds: 1, jacov: 1 });
    expect(withLogRanks(rankers).at(-1)!.name).to.equal('log-ranks of nwot, multiplyAdds, jacov');
    expect(withLogRanks(rankers.slice(0, 2))).to.have.length(2);
  });

  it('is analysed from a record, with the ceiling set by seeds of the truth', () => {
    const { truth, rankers } = made(40, { supernet: 1, parameters: 2 });
    const record = truthRecord({
      tables: ['/tables/table.json'],
      column: 'mean_acc',
      measure: 'accuracy',
      examples: 100,
      warnings: [],
      networks: truth.map((value, i) => ({
        architecture: `x~1:${i}`,
        truth: value,
        seeds: [value, -value],
        shared: { accuracy: rankers[0]!.scores[i]!, loss: -rankers[0]!.scores[i]! },
        rankers: { parameters: rankers[1]!.scores[i]! },
      })),
    });
    const found = analyseTruth(parseTruthRecord(JSON.parse(JSON.stringify(record)), 'x'));
    expect(found.ceiling).to.equal(-1);
    expect(found.standings.map(({ name }) => name)).to.include.members([
      'supernet',
      'supernet, by its loss',
      'parameters',
    ]);
    const { markup } = rankersSection(record) as { markup: string };
    expect(markupMistake(markup)).to.equal(undefined);
    expect(markup).to.include('Do shared weights know more than trivial rankers?').and.to.include('table.json');
    // Each measure with its interval, and what the supernet has more than the best of the others.
    const rows = [...markup.matchAll(/<tr><td>.*?<\/tr>/gs)].map(([row]) => row.replace(/<[^>]*>/g, '|'));
    const shares = /\|\d+\s% \(\d+\s% to \d+\s%\)\|+\d+\.\d\s% \(.*? to .*?\)\|+0\.\d{3} \(0\.\d{3} to 1?0?\.\d{3}\)/;
    for (const row of rows.slice(0, -1)) expect(row).to.match(shares);
    const { name, difference, others } = found.toBest!;
    expect(rows.at(-1)).to.include(`supernet minus ${name}`).and.to.include(decimal(difference.value, 2));
    const [low, high] = others.ndcg.interval!;
    expect(rows.at(-1)).to.include(`${decimal(others.ndcg.value, 3)} (${decimal(low, 3)} to ${decimal(high, 3)})`);
    expect(rankersSection(undefined)).to.equal(undefined);
    expect(() => parseTruthRecord({ ...record, networks: [] }, '/runs/truth.json')).to.throw('/runs/truth.json');
  });
});

describe('weft rank --truth', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);

  it('evaluates a run with a table of its own space, without training', async () => {
    const run = await tinyRun(folder());
    const { config, manifest } = openRun(run);
    const checked = checkConfig(config);
    const space = searchedSpace(await loadSpace(checked.space.name), checked, manifest.facts);
    const rng = stream(1, 'table');
    const encodings = [...new Set(Array.from({ length: 60 }, () => space.encode(space.sample(rng))))];
    const table = join(folder(), 'table.csv');
    writeFileSync(table, `architecture,accuracy\n${encodings.map((one, i) => `${one},${i}\n`).join('')}`);
    const own = join(folder(), 'nodes.mjs');
    writeFileSync(own, "export default { kind: 'weft-proxy', name: 'nodes', score: ({ nodes }) => nodes.length };\n");
    const options = { architectures: 20, truth: [table], json: true, results: folder(), proxies: `snip, jacov,${own}` };
    const said = await textPrintedBy(() => rank(run, options));
    const event = JSON.parse(said.trim()) as { architectures: number; verdict: string };
    expect(event.architectures).to.be.within(3, 20);
    expect(event.verdict).to.include('τ');
    const file = join(run, 'rank', 'truth.json');
    const record: TruthRecord = parseTruthRecord(readSealedJson(file, ''), file);
    for (const one of record.networks) {
      expect(one.truth).to.equal(encodings.indexOf(one.architecture));
      expect(one.rankers['parameters']).to.be.above(0);
      expect(Object.keys(one.rankers)).to.deep.equal(['parameters', 'multiplyAdds', 'snip', 'jacov', 'nodes']);
    }
    expect(readFileSync(join(run, 'report.html'), 'utf8')).to.include(
      'Do shared weights know more than trivial rankers?',
    );
    expect(existsSync(join(run, 'rank', 'rank.json'))).to.equal(false);

    let refused: unknown;
    rmSync(join(run, 'rank'), { recursive: true });
    await textPrintedBy(() =>
      rank(run, { ...options, proxies: 'snipp' }).catch((error: unknown) => void (refused = error)),
    );
    expect(String(refused)).to.include("there is no proxy and no file named 'snipp'");
    writeFileSync(table, 'architecture,accuracy\nelsewhere~1:0,1\n');
    await textPrintedBy(() => rank(run, options).catch((error: unknown) => void (refused = error)));
    expect(String(refused)).to.match(/none of the 1 networks in the table is in the space/);
    expect(existsSync(join(run, 'rank')), 'a folder without results').to.equal(false);
    await textPrintedBy(() =>
      rank(run, { architectures: 20, column: 'x', results: folder() }).catch(
        (error: unknown) => void (refused = error),
      ),
    );
    expect(String(refused)).to.match(/--column names a column/);
  });

  it('and without a table says before it begins that its results cannot be written', async () => {
    const run = await tinyRun(folder());
    writeFileSync(join(run, 'rank'), 'a file where the folder belongs');
    const table = join(folder(), 'table.csv');
    writeFileSync(table, 'architecture,accuracy\nelsewhere~1:0,1\nelsewhere~1:1,2\nelsewhere~1:2,3\n');
    const refusal = (work: Promise<unknown>): Promise<string> => work.then(() => 'no error', String);
    const begun: string[] = [];
    const unused = { onScored: () => begun.push('scored'), onJudged: () => begun.push('judged') };
    expect(await refusal(rankRun(run, { architectures: 3, ...unused }))).to.include(
      `cannot write ${join(run, 'rank')}`,
    );
    expect(await refusal(rankRunByTable(run, { truth: [table], ...unused }))).to.include(
      `cannot write ${join(run, 'rank')}`,
    );
    expect(begun).to.deep.equal([]);
  });
});
