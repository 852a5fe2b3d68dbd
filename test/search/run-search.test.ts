/** Searches from code: the same as from the command line. */
import { expect } from 'chai';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';
import { resumeSearch, runSearch, type SearchConfigInput, tf } from '../../src/index.js';
import { runFiles } from '../../src/runs/index.js';
import { temporaryFolder } from '../runs/temporary.js';

const config: SearchConfigInput = {
  data: { source: 'digits', subset: { train: 200 } },
  space: { depth: 2, widths: [8] },
  search: { epochs: 1, rounds: 1, samplesPerRound: 2, probe: 0 },
  derive: { candidates: 2, random: 2 },
  retrain: { epochs: 1 },
};

describe('a search from code', function () {
  const temporary = temporaryFolder(this);

  it('is stopped, resumed, and ends as without interruption, leaving no tensor', async () => {
    const whole = await runSearch({ space: mlp, controller: random, config, runs: temporary() });
    const tensors = tf.memory().numTensors;
    let units = 0;
    const stopped = await runSearch({
      space: mlp,
      controller: random,
      config,
      runs: temporary(),
      shouldStop: () => ++units === 4,
    });
    expect(stopped.summary).to.equal(undefined);
    const resumed = await resumeSearch(stopped.run, { space: mlp, controller: random });
    expect(resumed.summary!.resultHash).to.equal(whole.summary!.resultHash);
    expect(readFileSync(join(resumed.run, 'events.jsonl'), 'utf8')).to.equal(
      readFileSync(join(whole.run, 'events.jsonl'), 'utf8'),
    );
    expect(tf.memory().numTensors).to.equal(tensors);
  });

  it('follows the sharpness of its shared weights, and goes on from a checkpoint with the same numbers', async () => {
    const followed: SearchConfigInput = {
      ...config,
      search: { ...config.search, epochs: 3 },
      retrain: { epochs: 0 },
      sharpness: { searchEvery: 2, architectures: 2, examples: 32 },
    };
    const whole = await runSearch({ space: mlp, controller: random, config: followed, runs: temporary() });
    const events = readFileSync(join(whole.run, 'events.jsonl'), 'utf8');
    const tracked = events
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; epoch: number; sharpness: number })
      .filter(({ type }) => type === 'shared-sharpness');
    expect(tracked.map(({ epoch }) => epoch)).to.deep.equal([0, 1, 2]); // two steps an epoch
    expect(new Set(tracked.map(({ sharpness }) => sharpness)).size).to.equal(3);
    const tensors = tf.memory().numTensors;
    let units = 0;
    const stopped = await runSearch({
      space: mlp,
      controller: random,
      config: followed,
      runs: temporary(),
      shouldStop: () => ++units === 5,
    });
    const resumed = await resumeSearch(stopped.run, { space: mlp, controller: random });
    expect(readFileSync(join(resumed.run, 'events.jsonl'), 'utf8')).to.equal(events);
    expect(tf.memory().numTensors).to.equal(tensors);
    // Measuring changes nothing of what is trained.
    const unwatched = await runSearch({
      space: mlp,
      controller: random,
      config: { ...followed, sharpness: {} },
      runs: temporary(),
    });
    const derived = (text: string): string => text.split('\n').find((line) => line.includes('"derived"'))!;
    expect(derived(readFileSync(join(unwatched.run, 'events.jsonl'), 'utf8'))).to.equal(derived(events));
  });

  it('skips a step whose gradient is NaN, keeps the weights, and says so', async () => {
    const perturbed: SearchConfigInput = { ...config, retrain: { epochs: 2, optimizer: { name: 'sam', rho: 1e30 } } };
    const { run, summary } = await runSearch({ space: mlp, controller: random, config: perturbed, runs: temporary() });
    const events = readFileSync(join(run, 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; message?: string; stepsPerEpoch?: number });
    const { stepsPerEpoch } = events.find(({ type }) => type === 'retrain-started')!;
    expect(summary).to.have.property('skippedSteps', 2 * stepsPerEpoch!);
    expect(
      events.filter(({ type, message }) => type === 'warning' && message!.includes('NaN or infinite')),
    ).to.have.length(1);
  });

  it('restarts if it was killed before its first checkpoint', async () => {
    const whole = await runSearch({ space: mlp, controller: random, config, runs: temporary() });
    const stopped = await runSearch({
      space: mlp,
      controller: random,
      config,
      runs: temporary(),
      shouldStop: () => true,
    });
    const { checkpoints } = runFiles(stopped.run);
    for (const name of readdirSync(checkpoints)) rmSync(join(checkpoints, name), { recursive: true });
    const resumed = await resumeSearch(stopped.run, { space: mlp, controller: random });
    expect(resumed.summary!.resultHash).to.equal(whole.summary!.resultHash);
    expect(readFileSync(join(resumed.run, 'events.jsonl'), 'utf8')).to.equal(
      readFileSync(join(whole.run, 'events.jsonl'), 'utf8'),
    );
  });

  it('names a mistake in the configuration', async () => {
    const error = await runSearch({
      space: mlp,
      controller: random,
      config: { ...config, seed: -1 },
      runs: temporary(),
    }).catch((caught: unknown) => caught);
    expect(error).to.have.property('message').that.contains('seed');
  });
});
