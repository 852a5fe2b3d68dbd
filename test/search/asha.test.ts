import { expect } from 'chai';
import { halve } from '../../src/cli/commands/halve.js';
import { type AshaOptions, createAsha, type Trained, type Training } from '../../src/search/asha.js';
import { type AshaStep, runAsha } from '../../src/search/asha-run.js';
import { stream } from '../../src/tensor/rng.js';
import { said, saidLater } from '../said.js';

const OPTIONS: AshaOptions = { factor: 2, first: 1, longest: 4 };
const shown = ({ candidate, rung }: Training): string => `${candidate}${rung}`;

/** Later letters are better, whatever the rung. */
const byLetter = ({ candidate }: Pick<Training, 'candidate'>): Trained => ({
  score: candidate.charCodeAt(0),
  curve: [],
});

/** What is trained by one worker. */
function alone(candidates: string, options: AshaOptions, train: (training: Training) => Trained = byLetter): string {
  const asha = createAsha([...candidates], options);
  const trained: string[] = [];
  for (let next = asha.next(); next; next = asha.next()) {
    trained.push(shown(next));
    asha.finish(next, train(next));
  }
  return trained.join(' ');
}

describe('asynchronous successive halving', () => {
  it('with one worker promotes as worked out by hand: candidates in the best half of their rung so far', () => {
    // b is the better of two, c the best of three (of which one goes on), d of four (two, and c is on its way).
    expect(alone('abcd', OPTIONS)).to.equal('a0 b0 b1 c0 c1 c2 d0 d1 d2');
    // Nothing that comes after the best is promoted until four have finished.
    expect(alone('dcba', OPTIONS)).to.equal('d0 c0 d1 b0 a0 c1 d2');
  });

  it('with two workers does not wait for a slow one', () => {
    const asha = createAsha([...'abcd'], OPTIONS);
    const [a0, b0] = [asha.next()!, asha.next()!];
    asha.finish(b0, byLetter(b0));
    const c0 = asha.next()!;
    expect([a0, b0, c0].map(shown)).to.deep.equal(['a0', 'b0', 'c0']);
    asha.finish(c0, byLetter(c0));
    // a is still in training, and c the better of the two that have finished.
    const c1 = asha.next()!;
    expect(shown(c1)).to.equal('c1');
    expect(c1.epochs).to.equal(2);
    const d0 = asha.next()!;
    asha.finish(d0, byLetter(d0));
    // Of three one goes on: d, although c has gone before.
    const d1 = asha.next()!;
    expect(shown(d1)).to.equal('d1');
    expect(asha.next()).to.equal(undefined);
    asha.finish(c1, byLetter(c1));
    asha.finish(d1, byLetter(d1));
    expect(shown(asha.next()!)).to.equal('d2');
    asha.finish(a0, byLetter(a0));
    expect(asha.next()).to.equal(undefined);
    expect(asha.ranking(0).map(({ candidate }) => candidate)).to.deep.equal(['d', 'c', 'b', 'a']);
  });

  it('breaks ties by name, and never promotes a failed candidate', () => {
    const equal = (): Trained => ({ score: 1, curve: [] });
    expect(alone('abcd', OPTIONS, equal)).to.equal('a0 b0 a1 c0 d0 b1 a2');
    const failing = (training: Training): Trained =>
      training.candidate === 'd' ? { score: -Infinity, curve: [] } : byLetter(training);
    expect(alone('abcd', OPTIONS, failing)).to.equal('a0 b0 b1 c0 c1 c2 d0');
    expect(alone('abcd', OPTIONS, () => ({ score: -Infinity, curve: [] }))).to.equal('a0 b0 c0 d0');
  });

  it('in brackets also starts with longer trainings, as Hyperband does', () => {
    const options = { ...OPTIONS, brackets: 2 };
    const asha = createAsha([...'abcdefgh'], options);
    const begun = Array.from({ length: 8 }, () => asha.next()!);
    // Weights 1/3 and (1/2)/2: eight candidates are divided 5 to 3.
    expect(begun.filter(({ bracket }) => bracket === 0).map(({ candidate }) => candidate)).to.have.length(5);
    expect(begun.filter(({ rung }) => rung === 1).map(({ candidate }) => candidate)).to.deep.equal(['f', 'g', 'h']);
    expect(begun.every(({ bracket, rung }) => bracket === rung)).to.equal(true);
  });

  it('refuses settings that promote no candidate', () => {
    const create = (options: Partial<AshaOptions>, count = 4) =>
      said(() => createAsha([...'abcdefgh'].slice(0, count), { ...OPTIONS, ...options }));
    expect(create({ longest: 1 })).to.match(/from 1 to 1 epochs by 2 has only one rung.*at least 2 epochs/s);
    expect(create({ factor: 1 })).to.match(/factor of 1.*at least 2/s);
    expect(create({ factor: 5, longest: 5 })).to.match(/4 candidates by 5 promotes no candidate.*at least 5/s);
    expect(create({ first: 0 })).to.match(/from 0 epochs/);
    expect(create({ longest: NaN })).to.match(/one rung/);
    expect(create({ brackets: 4 })).to.match(/4 brackets with 3 rungs/);
    expect(create({ brackets: 3, factor: 2 }, 2)).to.match(/2 candidates leave none for bracket/);
    expect(create({ stopBelow: 1 })).to.match(/probability of 1/);
    expect(create({ stopBelow: NaN })).to.match(/probability of NaN/);
  });
});

describe('weft halve', () => {
  it('names an option that makes no sense without --asha', async () => {
    const options = { candidates: 4, factor: 2, first: 1, results: 'nowhere', runs: 'nowhere', space: 'mlp' };
    expect(await saidLater(halve({ ...options, longest: 4 }))).to.match(/--longest is only for asynchronous halving/);
    expect(await saidLater(halve({ ...options, stopBelow: 0 }))).to.match(/--stop-below is only for asynchronous/);
  });
});

describe('asynchronous successive halving with learning curves', () => {
  const options: AshaOptions = { factor: 2, first: 6, longest: 24, order: 'curve', stopBelow: 0.05 };
  const [slow, fast] = [(t: number) => 0.05 + 0.9 * t ** -0.6, (t: number) => 0.3 + 0.2 * t ** -1.5];
  const train =
    (laws: Record<string, (epoch: number) => number>) =>
    ({ candidate, epochs }: Training): Trained => {
      const curve = Array.from({ length: epochs }, (_, i) => laws[candidate]!(i + 1));
      return { score: 1 - curve.at(-1)!, curve };
    };

  it('promotes candidates that are behind but extrapolate higher, and stops the others', () => {
    const laws = { a: fast, b: slow };
    expect(slow(6)).to.be.above(fast(6));
    expect(slow(24)).to.be.below(fast(24));
    expect(alone('ab', { ...options, order: 'last' }, train(laws))).to.equal('a0 b0 a1');
    expect(alone('ab', options, train(laws))).to.equal('a0 b0 b1');
    const asha = createAsha([...'abcd'], options);
    const four = { ...laws, c: (t: number) => fast(t) + 0.01, d: (t: number) => fast(t) + 0.02 };
    const order: string[] = [];
    for (let next = asha.next(); next; next = asha.next()) {
      order.push(shown(next));
      asha.finish(next, train(four)(next));
    }
    // Of four two would go on; a leads nowhere near what b has reached.
    expect(order).to.deep.equal(['a0', 'b0', 'b1', 'c0', 'd0']);
    expect(asha.stopped).to.have.length(1);
    expect(asha.stopped[0]).to.deep.include({ candidate: 'a', rung: 0 });
  });

  it('without enough epochs orders by the last value, and stops none', () => {
    const short = { ...options, first: 2, longest: 4 };
    expect(alone('ab', short, train({ a: fast, b: slow }))).to.equal('a0 b0 a1');
  });
});

describe('asynchronous successive halving on several workers', () => {
  const candidates = Array.from({ length: 20 }, (_, i) => `n${i}`);
  const setting: AshaOptions = { factor: 3, first: 1, longest: 9, brackets: 2 };
  const scoreOf = ({ candidate, rung }: Training): number => stream(candidate, rung).uniform();
  const faulty = new Set(['n3', 'n7']);

  /** Trainings that take as long as a stream says; two candidates fail. */
  async function run(parallel: number, recorded: AshaStep[] = [], speed = 'one') {
    const asha = createAsha(candidates, setting);
    const steps = [...recorded];
    const begun: string[] = [];
    const train = async (training: Training) => {
      begun.push(shown(training));
      const turns = stream(speed, shown(training)).int(20);
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      return faulty.has(training.candidate)
        ? { score: -Infinity, curve: [], failure: 'a tooth is missing' }
        : { score: scoreOf(training), curve: [] };
    };
    await runAsha(asha, train, { parallel, recorded, onStep: (step) => steps.push(step) });
    return { steps, begun, rankings: asha.rungs.map((_, rung) => asha.ranking(rung)) };
  }

  it('with one worker is the same however long trainings take', async () => {
    expect((await run(1, [], 'two')).steps).to.deep.equal((await run(1)).steps);
  });

  it('continues from any part of its record without repeating a training, to the same end', async () => {
    const whole = await run(4);
    expect(whole.steps.length).to.be.above(candidates.length);
    const again = await run(4, whole.steps, 'two');
    expect(again.begun).to.deep.equal([]);
    expect(again.rankings).to.deep.equal(whole.rankings);
    for (const cut of [1, 7, 15]) {
      const resumed = await run(4, whole.steps.slice(0, cut), 'two');
      const known = whole.steps.slice(0, cut).map(({ candidate, rung }) => `${candidate}${rung}`);
      expect(resumed.begun.filter((name) => known.includes(name))).to.deep.equal([]);
      expect(resumed.steps.slice(0, cut)).to.deep.equal(whole.steps.slice(0, cut));
    }
    const one = await run(1);
    for (const cut of [1, 7, 15])
      expect(await run(1, one.steps.slice(0, cut), 'two').then(({ steps }) => steps)).to.deep.equal(one.steps);
  });

  it('does not stall if trainings fail, and finishes all others', async () => {
    const { steps, rankings } = await run(3);
    expect(new Set(steps.map(({ candidate }) => candidate)).size).to.equal(candidates.length);
    expect(steps.filter(({ failure }) => failure !== undefined).map(({ candidate }) => candidate)).to.have.members([
      ...faulty,
    ]);
    expect(rankings.at(-1)!.length).to.be.above(0);
  });

  it('refuses a foreign record, and passes errors on', async () => {
    const [first] = (await run(2)).steps;
    expect(await saidLater(run(2, [{ ...first!, candidate: 'n19' }]))).to.match(/number 1 is n19/);
    const asha = createAsha(candidates, setting);
    const ended = runAsha(asha, () => Promise.reject(new Error('stopped')), { parallel: 2 });
    expect(await ended.catch(String)).to.equal('Error: stopped');
  });
});
