import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nsga2 } from '../../controllers/nsga2.js';
import { mlp } from '../../search-spaces/mlp.js';
import { derive } from '../../src/cli/commands/derive.js';
import { writtenConfig } from '../../src/cli/commands/search.js';
import { checkConfig } from '../../src/config/index.js';
import { dense, defineSpace, flatten, multiplyAddCount, oneOf, parameterCount, runSearch, z } from '../../src/index.js';
import { peakActivationBytes, weightBytes } from '../../src/graph/index.js';
import { readCheckedEvents } from '../../src/runs/index.js';
import { costMeasure } from '../../src/search/costs.js';
import { type SearchEvent } from '../../src/search/events.js';
import { frontOf } from '../../src/search/front.js';
import { limitSpace } from '../../src/search/limits.js';
import { parsePick } from '../../src/search/pick.js';
import { textPrintedBy } from '../cli/printed.js';
import { markupMistake } from '../report/well-formed.js';
import { temporaryFolder } from '../runs/temporary.js';
import { tinyTable } from '../runs/tiny-run.js';

const branching = defineSpace({
  name: 'branching',
  description: 'A long way and a shortcut.',
  options: z.strictObject({}),
  choices: () => ({ way: oneOf(['long', 'short']) }),
  graph(g, { way }) {
    const flat = g.apply('flatten', flatten(), g.input);
    const wide = g.apply('wide', dense({ units: 30 }), flat);
    const long = g.apply('narrow', dense({ units: 4 }), wide);
    const short = g.apply('short', dense({ units: 4 }), flat);
    const chosen = g.combine('way', 'sum', [g.whenEqual(way, 'long', long), g.whenEqual(way, 'short', short), short]);
    return g.apply('head', dense({ units: 2 }), g.combine('both', 'concat', [chosen, flat]));
  },
});

describe('costs of networks', () => {
  const space = branching.create({}, { inputShape: [2, 2, 1], classes: 2 });

  it('count the activations alive at once, and the bytes of weights', () => {
    const nodes = space.activate({ way: 'long' });
    // While `wide` is computed: its own 30 values and the flat input's 4, which the shortcut and the head still need;
    // `short` may have been before.
    const before =
      nodes.findIndex(({ name }) => name === 'short') < nodes.findIndex(({ name }) => name === 'wide') ? 4 : 0;
    const narrow = 30 + 4 + 4 + before;
    expect(peakActivationBytes(nodes)).to.equal(4 * narrow);
    expect(weightBytes(nodes)).to.equal(4 * parameterCount(nodes));
    const { of } = costMeasure(space, ['parameters', 'multiplyAdds', 'fileSize']);
    expect(of({ way: 'long' })).to.deep.equal([parameterCount(nodes), multiplyAddCount(nodes), weightBytes(nodes)]);
    expect(() => costMeasure(space, ['latency']).of({ way: 'short' })).to.throw('no latencies were measured');
  });

  it('can be limited', () => {
    const limits = checkConfig({ limits: { activationBytes: 100 } }).limits;
    const limited = limitSpace(space, limits, {}, 1);
    expect([...limited.enumerate()]).to.deep.equal([{ way: 'short' }]);
    expect(() => limitSpace(space, { ...limits, fileBytes: 8 }, {}, 1)).to.throw('bytes of weights where 8');
  });
});

describe('conditions on what is picked', () => {
  it('are read with their units', () => {
    const [latency, parameters, accuracy] = parsePick('latency<5ms, parameters <= 100k,accuracy>90%');
    expect([latency!.holds(4.9), latency!.holds(5)]).to.deep.equal([true, false]);
    expect([parameters!.holds(100_000), parameters!.holds(100_001)]).to.deep.equal([true, false]);
    expect([accuracy!.holds(0.91), accuracy!.holds(0.9)]).to.deep.equal([true, false]);
    expect(parsePick('fileSize<2MiB')[0]!.holds(2 ** 21 - 1)).to.equal(true);
  });

  it('with faults are refused', () => {
    expect(() => parsePick('latency')).to.throw("'latency' cannot be read");
    expect(() => parsePick('latency<5parsec')).to.throw('cannot be read');
    expect(() => parsePick('constructor<5')).to.throw("networks have no quantity named 'constructor'");
  });
});

const BY_PARAMETERS = { names: ['parameters'], more: new Set<string>() };

describe('the front of candidates', () => {
  const candidate = (hash: string, accuracy: number, parameters: number) => ({
    architecture: hash,
    hash,
    accuracy,
    loss: 1 - accuracy,
    costs: { parameters },
  });

  it('leaves out dominated candidates, and names the knee', () => {
    const candidates = [
      candidate('a', 0.9, 100),
      candidate('b', 0.88, 20),
      candidate('c', 0.5, 10),
      candidate('d', 0.8, 50),
    ];
    const { members, knee } = frontOf([...candidates, candidates[0]!], 'accuracy', BY_PARAMETERS)!;
    expect(members.map(({ hash }) => hash)).to.deep.equal(['a', 'b', 'c']);
    expect(knee.hash).to.equal('b');
    expect(frontOf(candidates, 'loss', BY_PARAMETERS)!.members).to.have.length(3);
  });

  it('may be one point, and is undefined without candidates', () => {
    expect(frontOf([candidate('a', 0.9, 1)], 'accuracy', BY_PARAMETERS)!.knee.hash).to.equal('a');
    expect(frontOf([], 'accuracy', BY_PARAMETERS)).to.equal(undefined);
    expect(() => frontOf([{ ...candidate('a', 1, 1), costs: {} }], 'accuracy', BY_PARAMETERS)).to.throw('NaN');
  });
});

describe('a search with several objectives', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);

  it('is configured by their names', () => {
    const { objectives, controller } = checkConfig(writtenConfig({ objectives: 'accuracy,latency', runs: 'runs' }));
    expect([objectives, controller.name]).to.deep.equal([['accuracy', 'latency'], 'nsga2']);
    expect(
      checkConfig(writtenConfig({ objectives: 'accuracy,latency', controller: 'random', runs: 'runs' })).controller
        .name,
    ).to.equal('random');
    for (const [objectives, message] of [
      [['accuracy'], 'a search without objectives'],
      [['latency', 'parameters'], 'name accuracy'],
      [['accuracy', 'speed'], "there is no objective 'speed'; known: accuracy, loss, parameters"],
      [['accuracy', 'latancy'], "there is no objective 'latancy'; did you mean 'latency'?"],
      [['accuracy', 5], 'must be one of accuracy, loss, parameters'],
      [['accuracy', 'latency', 'latency'], 'twice'],
    ] as const)
      expect(() => checkConfig({ objectives })).to.throw(message);
  });

  it('ends with a front, derives its knee, and lets others be picked', async () => {
    const { run } = await runSearch({
      space: mlp,
      controller: nsga2,
      config: {
        backend: 'cpu',
        objectives: ['accuracy', 'parameters', 'latency'],
        space: { depth: 2, widths: [2, 3, 5, 8] },
        search: { epochs: 2, rounds: 2, samplesPerRound: 4, probe: 0, batchSize: 16, rewardBatchSize: 8 },
        derive: { candidates: 8, random: 2, batchSize: 8 },
        retrain: { epochs: 0, batchSize: 16 },
        data: { source: tinyTable(join(folder(), 'data.csv')) },
      },
      runs: join(folder(), 'runs'),
    });
    const events = readCheckedEvents(run) as SearchEvent[];
    const candidates = events.filter((event) => event.type === 'candidate');
    for (const { costs } of candidates) expect(Object.keys(costs!)).to.deep.equal(['parameters', 'latency']);
    const front = events.find((event) => event.type === 'front')!;
    const derived = events.find((event) => event.type === 'derived')!;
    expect(front.hashes).to.include(front.knee);
    expect(derived.hash).to.equal(front.knee);
    const html = readFileSync(join(run, 'report.html'), 'utf8');
    expect(html).to.include('<h2>The front</h2>');
    expect(markupMistake(/<section id="front">[^]*?<\/section>/.exec(html)![0])).to.equal(undefined);

    const sizes = candidates.filter(({ source }) => source === 'controller').map(({ costs }) => costs!['parameters']!);
    const bound = sizes.sort((a, b) => a - b)[2]!;
    const picked = await textPrintedBy(() =>
      derive(run, { top: 9, pick: `parameters<=${bound}`, results: folder(), json: true }),
    );
    const places = picked
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { costs: Record<string, number> });
    expect(places.length).to.be.at.least(1);
    for (const { costs } of places) expect(costs['parameters']).to.be.at.most(bound);
    let refused: unknown;
    await textPrintedBy(() =>
      derive(run, { top: 1, pick: 'parameters<1', results: folder() }).catch(
        (error: unknown) => void (refused = error),
      ),
    );
    expect(String(refused)).to.match(/none of \d+ candidates meets parameters<1: parameters is between \d+/);
  });
});
