/**
 * Latency tables of other devices: measured by the written script in Node and in a real browser, read, refused, and
 * used by searches.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { chromium } from 'playwright-core';
import { checkConfig } from '../../src/config/index.js';
import {
  deriveRun,
  loadBackend,
  readLatencyTable,
  runSearch,
  type SearchConfigInput,
  tf,
  writeLatencyFiles,
} from '../../src/index.js';
import { loadParts } from '../../src/api/parts.js';
import { openResults, runRunners, searchJob } from '../../src/jobs/index.js';
import { additiveError, type DeviceLatency, deviceTable, readDeviceLatency } from '../../src/search/device-latency.js';
import { latencyOf, type LatencyTable, latencyTerms, timedOperations } from '../../src/search/latency.js';
import { measuredNow } from '../../src/search/session.js';
import { mlp } from '../../search-spaces/mlp.js';
import { temporaryFolder } from '../runs/temporary.js';
import { tinyTable } from '../runs/tiny-run.js';
import { said, saidLater } from '../said.js';
import { ARGUMENTS, EXECUTABLE, serve } from './chromium.js';

const space = mlp.create({ depth: 2, widths: [2, 3] }, { inputShape: [1, 1, 2], classes: 2 }).forRetraining();
const architectures = [...space.enumerate()].map((architecture) => space.encode(architecture));

/**
 * A device on which the n-th operation takes n ms, an empty network 0.5 ms, and whole networks what `whole` makes of
 * the sum.
 */
function planted(whole = (sum: number, _place: number): number => sum): DeviceLatency {
  const milliseconds = Object.fromEntries(timedOperations(space).map(({ key }, i) => [key, i + 1]));
  return {
    format: 'weft-latency',
    version: 1,
    space: 'mlp',
    inputShape: [1, 1, 2],
    batchSize: 1,
    device: 'a phone',
    base: 0.5,
    milliseconds,
    failures: {},
    networks: architectures.map((architecture, place) => {
      const terms = latencyTerms(space.activate(space.decode(architecture)));
      const sum = terms.reduce((total, [key, times]) => total + times * milliseconds[key]!, 0.5);
      return { architecture, milliseconds: whole(sum, place) };
    }),
  };
}

describe('latencies of another device', function () {
  this.timeout(240_000);
  const folder = temporaryFolder(this);
  const write = (name: string, value: unknown): string => {
    const path = join(folder(), name);
    writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
    return path;
  };
  before(() => loadBackend('cpu'));

  it('add up to those of whole networks, and their error has a closed form', () => {
    const exact = additiveError(space, planted())!;
    expect(exact.relative).to.be.closeTo(0, 1e-12);
    expect(exact.ratio).to.be.closeTo(1, 1e-12);
    expect(exact.spearman).to.be.closeTo(1, 1e-12);
    // Measured at 4/5 and 5/4 of the sum by turns: off by a quarter and by a fifth.
    const off = additiveError(
      space,
      planted((sum, place) => (place % 2 === 0 ? 0.8 : 1.25) * sum),
    )!;
    const even = Math.ceil(architectures.length / 2);
    expect(off.relative).to.be.closeTo(
      (even * 0.25 + (architectures.length - even) * 0.2) / architectures.length,
      1e-12,
    );
    const reversed = additiveError(
      space,
      planted((sum) => 1 / sum),
    )!;
    expect(reversed.spearman).to.be.closeTo(-1, 1e-12);
    expect(additiveError(space, { ...planted(), networks: [] })).to.equal(undefined);
    const table = deviceTable(space, planted(), 1);
    expect(table.device).to.equal('a phone');
    const nodes = space.activate(space.decode(architectures[0]!));
    expect(latencyOf(nodes, table)).to.equal(planted().networks[0]!.milliseconds);
  });

  it('are refused if they are for another space, other shapes or batch sizes, or not times', () => {
    const [first, ...rest] = timedOperations(space).map(({ key }) => key);
    const device = planted();
    const without = { ...device, milliseconds: Object.fromEntries(rest.map((key) => [key, 1])) };
    expect(said(() => deviceTable(space, without, 1)))
      .to.contain(`1 of ${rest.length + 1} operations`)
      .and.contain(first);
    const wide = mlp.create({ depth: 2, widths: [2, 3] }, { inputShape: [1, 1, 7], classes: 2 });
    expect(said(() => deviceTable(wide, device, 1))).to.match(/'mlp' on 1x1x2, and .* of 'mlp' on 1x1x7/);
    const other = { ...device, space: 'cells', milliseconds: { conv: 1 } };
    expect(said(() => deviceTable(space, other, 1))).to.match(/are of 'cells' on 1x1x2, and no operation of 'mlp'/);
    expect(said(() => deviceTable(space, device, 8))).to.match(/batches of 1, and limits.latencyBatchSize is 8/);
    const failed = { ...without, failures: { [first!]: 'no kernel for it' } };
    expect(said(() => deviceTable(space, failed, 1))).to.match(/was not measured on a phone: no kernel for it/);
    for (const time of [null, -1]) {
      const odd = { ...device, milliseconds: { ...device.milliseconds, [first!]: time } };
      expect(said(() => deviceTable(space, odd, 1))).to.match(/was not measured on a phone: its time is (missing|-1)/);
    }
    expect(said(() => deviceTable(space, { ...device, base: null }, 1))).to.match(
      /an empty network on a phone is missing/,
    );
    expect(said(() => readDeviceLatency(join(folder(), 'none.json')))).to.match(/none.json cannot be read/);
    expect(said(() => readDeviceLatency(write('text.json', 'NaN')))).to.match(/text.json is not a latency table/);
    const words = { ...device, milliseconds: { ...device.milliseconds, [first!]: 'NaN' } };
    expect(said(() => readDeviceLatency(write('words.json', words)))).to.match(/at 'milliseconds', .*expected number/);
    expect(said(() => readDeviceLatency(write('other.json', { version: 2 })))).to.match(/not a latency table at/);
  });

  it('limit what a search may find, are kept with the run, and can be used for a choice afterwards', async () => {
    const source = tinyTable(join(folder(), 'table.csv'));
    const file = write('phone.json', planted());
    const config: SearchConfigInput = {
      backend: 'cpu',
      space: { depth: 2, widths: [2, 3] },
      data: { source },
      search: { epochs: 1, rounds: 1, samplesPerRound: 2, probe: 0, batchSize: 16, rewardBatchSize: 8 },
      derive: { candidates: 2, random: 0, batchSize: 8 },
      retrain: { epochs: 1, batchSize: 16 },
      objectives: ['accuracy', 'latency'],
      limits: { latencyTable: file },
    };
    expect(measuredNow(checkConfig(config))(space)).to.deep.include({ device: 'a phone', base: 0.5 });
    const request = { space: 'mlp', config, runs: join(folder(), 'runs') };
    const { run } = await runSearch({ ...request, controller: 'nsga2' });
    const kept = JSON.parse(readFileSync(join(run, 'latency.json'), 'utf8')) as DeviceLatency;
    expect(kept).to.deep.include({ device: 'a phone', milliseconds: planted().milliseconds });
    const { error } = kept as unknown as LatencyTable;
    expect(error).to.include({ networks: architectures.length });
    expect(error!.relative).to.be.closeTo(0, 1e-12);
    const report = readFileSync(join(run, 'report.html'), 'utf8');
    expect(report).to.match(
      /Latencies were measured with a phone. For \d+ whole networks .* off by 0.0 % .*Spearman 1/,
    );
    const sums = planted().networks.map(({ milliseconds }) => milliseconds!);
    const [least, most] = [Math.min(...sums), Math.max(...sums)];
    const { ranking } = await deriveRun(run, { candidates: 8, pick: `latency<=${most}ms` });
    for (const { costs } of ranking) expect(sums).to.include(costs!['latency']);
    const slow = planted();
    const ten = Object.fromEntries(Object.entries(slow.milliseconds).map(([key, time]) => [key, 10 * time!]));
    const slower = write('slower.json', { ...slow, milliseconds: ten });
    const derived = deriveRun(run, { candidates: 8, pick: `latency<${least}ms`, latencyTable: slower });
    expect(await saidLater(derived)).to.match(/latency is between/);
    const odd = { ...config, limits: { latencyTable: write('wide.json', { ...planted(), milliseconds: {} }) } };
    expect(await saidLater(runSearch({ ...request, config: odd, controller: 'nsga2' }))).to.match(
      /no operation of 'mlp'/,
    );

    expect(readdirSync(join(folder(), 'runs'))).to.have.length(1);

    // A job is named by what is in the file, and done with no other.
    const named = { ...config, space: { name: 'mlp', ...config.space }, controller: { name: 'nsga2' } };
    const parts = await loadParts(checkConfig(named));
    const job = searchJob(parts);
    writeFileSync(file, JSON.stringify({ ...planted(), base: 0.25 }));
    expect(searchJob(parts).key).not.to.equal(job.key);
    const context = { folder: openResults(join(folder(), 'jobs')).folder(job.key), files: [] };
    const done = runRunners(loadParts)['search']!(job.payload, {
      ...context,
      progress: () => undefined,
      shouldStop: () => false,
    });
    expect(await saidLater(done)).to.match(
      /the file of limits.latencyTable of this worker differs from that of the job/,
    );
  });

  it('are measured by the script in Node, and by the page in a browser', async () => {
    const source = tinyTable(join(folder(), 'table.csv'));
    const request = { config: { space: { name: 'mlp', depth: 1, widths: [2, 3] }, data: { source } } };
    const out = join(folder(), 'latency');
    const tensors = tf.memory().numTensors;
    const written = await writeLatencyFiles({ ...request, networks: 2, out });
    expect(tf.memory().numTensors).to.equal(tensors);
    expect(written.networks).to.equal(2);
    const files = Object.fromEntries(readdirSync(out).map((name) => [name, readFileSync(join(out, name))]));
    expect(files).to.have.all.keys('operators.json', 'measure.mjs', 'measure-node.mjs', 'index.html', 'tf.min.js');
    write('latency/mine.txt', 'mine');
    expect(await saidLater(writeLatencyFiles({ ...request, out }))).to.match(/other files/);

    const file = join(folder(), 'node.json');
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(out, 'measure-node.mjs'), file], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    expect(status, stderr).to.equal(0);
    expect(stdout).to.contain(`${written.operations} operations and 2 networks measured with TensorFlow.js`);
    await expectTable(file, 'Node');
    if (!existsSync(EXECUTABLE)) return; // no Chromium on this machine
    const { server, address } = await serve({ latency: files });
    const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
    try {
      const page = await browser.newPage();
      await page.goto(`${address}/latency/index.html`);
      await page.selectOption('#backend', 'cpu');
      await page.click('#run');
      await page.waitForSelector('body[data-done]', { timeout: 200_000 });
      expect(await page.textContent('#status')).to.contain('2 networks measured with TensorFlow.js');
      const saving = page.waitForEvent('download');
      await page.click('#result');
      const saved = join(folder(), 'browser.json');
      await (await saving).saveAs(saved);
      await expectTable(saved, 'Chrome');
    } finally {
      await browser.close();
      server.close();
    }

    async function expectTable(path: string, where: string): Promise<void> {
      const table = await readLatencyTable(path, request);
      expect(table.device).to.contain(where);
      expect(table.failures).to.deep.equal({});
      expect(Object.keys(table.milliseconds)).to.have.length(written.operations);
      for (const time of Object.values(table.milliseconds)) expect(time).to.be.at.least(0);
      expect(table.error!.networks).to.have.length(2);
      for (const { measured } of table.error!.networks) expect(measured).to.be.above(0);
    }
  });
});
