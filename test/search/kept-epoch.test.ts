/** Which epoch of retraining is kept, and what retraining begins from. */
import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';
import { resumeSearch, runSearch, type SearchConfigInput } from '../../src/index.js';
import { encodeSafetensors, runFiles, sha256 } from '../../src/runs/index.js';
import { type SearchEvent } from '../../src/search/events.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { disposeNamed, mapNamed, type NamedTensors } from '../../src/tensor/named.js';
import { temporaryFolder } from '../runs/temporary.js';
import { readSafetensors } from '../runs/safetensors-file.js';

type Retrain = NonNullable<SearchConfigInput['retrain']>;

/** So large that the loss goes up and down. */
const RESTLESS = { name: 'sgd', learningRate: 2, schedule: { name: 'constant' } } as const;
/** Too small to change any 32-bit float but zero. */
const STILL = { name: 'sgd', learningRate: 1e-30, schedule: { name: 'constant' } } as const;

/** Two classes that no network tells apart on new rows but by chance, so that learning more is not always better. */
function noisyTable(): string {
  const rng = stream(1, 'rows');
  const rows = Array.from({ length: 120 }, (_, i) => {
    const label = rng.uniform() < 0.3 ? 1 - (i % 2) : i % 2;
    return `${(rng.normal() + (i % 2)).toFixed(3)},${rng.normal().toFixed(3)},${['even', 'odd'][label]}`;
  });
  return `x,y,class\n${rows.join('\n')}\n`;
}

describe('retraining', function () {
  this.timeout(120_000);
  const folder = temporaryFolder(this);

  function request(retrain: Retrain): Parameters<typeof runSearch>[0] {
    const data = join(folder(), 'data.csv');
    if (!existsSync(data)) writeFileSync(data, noisyTable());
    return {
      space: mlp,
      controller: random,
      runs: join(folder(), 'runs'),
      config: {
        backend: 'cpu',
        seed: 3,
        data: { source: data },
        space: { depth: 1, widths: [4] },
        search: { epochs: 1, rounds: 1, samplesPerRound: 2, probe: 0, batchSize: 16, rewardBatchSize: 8 },
        derive: { candidates: 2, random: 0, batchSize: 8 },
        retrain: { batchSize: 16, optimizer: RESTLESS, ...retrain },
        checkpoint: { everySeconds: 1e-6 },
      },
    };
  }

  const eventsOf = (run: string): SearchEvent[] =>
    readFileSync(runFiles(run).events, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as SearchEvent);
  const all = <T extends SearchEvent['type']>(run: string, type: T): Extract<SearchEvent, { type: T }>[] =>
    eventsOf(run).filter((event): event is Extract<SearchEvent, { type: T }> => event.type === type);
  const weightsOf = (run: string): Buffer => readFileSync(join(run, 'model.safetensors'));

  for (const optimizer of [RESTLESS, { name: 'ema', decay: 0.7, warmUp: false, base: RESTLESS }] as const) {
    it(`keeps the weights that the best epoch left, with ${optimizer.name}`, async () => {
      const before = tf.memory().numTensors;
      const { run, summary } = await runSearch(request({ epochs: 9, keep: 'best', optimizer }));
      const epochs = all(run, 'retrain-epoch');
      const order = [...epochs].sort(
        (a, b) => b.validation!.accuracy! - a.validation!.accuracy! || a.validation!.loss - b.validation!.loss,
      );
      const best = order[0]!.epoch;
      expect(best).to.be.below(8); // else the last would do
      expect(all(run, 'retrain-kept')).to.deep.equal([
        { type: 'retrain-kept', epoch: best, epochs: 9, stopped: false },
      ]);
      expect(summary!['bestEpoch']).to.deep.include({ epoch: best });
      // The same training, ended there; patience holds out the validation part as well.
      const short = await runSearch(request({ epochs: best + 1, keep: 'last', patience: 100, optimizer }));
      expect(weightsOf(run).equals(weightsOf(short.run))).to.equal(true);
      expect(summary!.test).to.deep.equal(short.summary!.test);
      expect(tf.memory().numTensors).to.equal(before);
    });
  }

  it('ends when so many epochs brought nothing, keeps the best, and says so in report and tables', async () => {
    const { run, report } = await runSearch(request({ epochs: 40, patience: 3 }));
    const epochs = all(run, 'retrain-epoch');
    const [kept] = all(run, 'retrain-kept');
    expect(kept!.stopped).to.equal(true);
    expect(epochs)
      .to.have.length(kept!.epochs)
      .and.to.have.length(kept!.epoch + 1 + 3);
    const page = readFileSync(report!, 'utf8');
    expect(page)
      .to.include(`ended after ${kept!.epochs} epochs`)
      .and.include(`epoch ${kept!.epoch + 1} of ${kept!.epochs}`);
    // The validation part is held out, so that the comparison means something.
    expect(all(run, 'retrain-started')[0]!.examples).to.be.at.most(all(run, 'search-started')[0]!.train);
  });

  it('is resumed to the byte, wherever it was stopped', async () => {
    const retrain: Retrain = { epochs: 20, patience: 2, start: 'shared' };
    const whole = await runSearch(request(retrain));
    const units = all(whole.run, 'retrain-epoch').length * all(whole.run, 'retrain-started')[0]!.stepsPerEpoch;
    let stopped = await runSearch({ ...request(retrain), shouldStop: () => true });
    let stops = 0;
    while (!stopped.summary) {
      let done = 0;
      const patience = 2 + (stops++ % 3);
      stopped = await resumeSearch(stopped.run, {
        space: mlp,
        controller: random,
        shouldStop: () => ++done >= patience,
      });
    }
    expect(stops).to.be.above(units / 5);
    expect(stopped.summary.resultHash).to.equal(whole.summary!.resultHash);
    expect(weightsOf(stopped.run).equals(weightsOf(whole.run))).to.equal(true);
    expect(readFileSync(runFiles(stopped.run).events)).to.deep.equal(readFileSync(runFiles(whole.run).events));
  });

  it('begins from the shared weights, from a run, or from a file with other names', async () => {
    const still: Retrain = { epochs: 1, optimizer: STILL };
    const shared = await runSearch(request({ ...still, start: 'shared' }));
    const [start] = all(shared.run, 'warm-start');
    expect(all(shared.run, 'retrain-started')[0]!.start).to.equal('shared');
    expect(start).to.deep.include({ from: 'shared', fresh: 0 }).and.not.have.property('sha256');
    const fresh = await runSearch(request(still));
    expect(all(fresh.run, 'warm-start')).to.deep.equal([]);
    expect(fresh.summary).to.not.have.any.keys('warmStart', 'bestEpoch');
    expect(all(fresh.run, 'retrain-started')[0]!.examples).to.be.above(all(fresh.run, 'search-started')[0]!.train);
    expect(all(fresh.run, 'retrain-epoch')[0]).to.have.all.keys('type', 'epoch', 'loss', 'learningRate');
    const [ofShared, ofFresh] = [parametersOf(shared.run), parametersOf(fresh.run)];
    expect(ofShared).to.not.deep.equal(ofFresh);
    // From the run: the same weights again, although the seed of the fresh ones is another.
    const again = await runSearch({ ...request({ ...still, start: shared.run }) });
    expect(parametersOf(again.run)).to.deep.equal(ofShared);
    expect(all(again.run, 'warm-start')[0]).to.deep.include({
      from: join(shared.run, 'model.safetensors'),
      sha256: sha256(weightsOf(shared.run)),
      fresh: 0,
    });
    expect(readFileSync(again.report!, 'utf8')).to.include('Retraining began from');
    // From a file: one weight under another name, one left out.
    const { tensors } = readSafetensors(join(shared.run, 'model.safetensors'));
    const one = Object.keys(ofShared).find((name) => name.includes('kernel'));
    const [other, ...rest] = Object.keys(ofShared).filter((name) => name !== one);
    const file = join(folder(), 'theirs.safetensors');
    const pick = (names: readonly string[]): NamedTensors =>
      Object.fromEntries(names.map((name) => [name, tensors[name]!]));
    writeFileSync(file, encodeSafetensors({ ...pick(rest), 'encoder.weight': tensors[one!]! }));
    const named = await runSearch(request({ ...still, start: file, names: { [one!]: 'encoder.weight' } }));
    const result = parametersOf(named.run);
    expect(result[one!]).to.deep.equal(ofShared[one!]);
    expect(result[other!]).to.deep.equal(ofFresh[other!]);
    expect(all(named.run, 'warm-start')[0]!.freshNames).to.include(other);
    // What cannot be meant.
    const begun = readdirSync(join(folder(), 'runs')).length;
    const refused = async (retrain: Retrain, words: RegExp): Promise<void> => {
      const error = await runSearch(request({ ...still, ...retrain })).then(
        () => undefined,
        (caught: Error) => caught,
      );
      expect(error?.message).to.match(words);
      expect(readdirSync(join(folder(), 'runs'))).to.have.length(begun); // found before anything was trained
    };
    await refused({ start: join(folder(), 'nowhere.safetensors') }, /there is no .*nowhere/);
    await refused({ start: file, names: { [one!]: 'encoder.wait' } }, /has no 'encoder.wait'/);
    await refused({ start: file, names: { nobody: 'encoder.weight' } }, /a weight 'nobody'/);
    await refused({ names: { a: 'b' } }, /but start names no file/);
    const bent = mapNamed(pick([one!]), (tensor) => tf.reshape(tensor, [-1]));
    writeFileSync(file, encodeSafetensors({ bent: bent[one!]! }));
    await refused({ start: file, names: { [one!]: 'bent' } }, /'bent' in .* is float32 \[\d+\]/);
    await refused({ start: file }, /has no tensor with the name and shape/);
    disposeNamed(bent);
    disposeNamed(tensors);
    const alone = runSearch({ ...request({ start: 'shared' }), architecture: 'mlp:4/1/relu-false' });
    expect(await alone.then(() => '', String)).to.include('no search comes before');
  });

  /** The trained weights by name. */
  function parametersOf(run: string): Record<string, number[]> {
    const { tensors } = readSafetensors(join(run, 'model.safetensors'));
    const numbers = Object.fromEntries(
      Object.entries(tensors)
        .filter(([name]) => !/mean|variance/i.test(name))
        .map(([name, tensor]) => [name, [...tensor.dataSync()].map((value) => (Math.abs(value) < 1e-20 ? 0 : value))]),
    );
    disposeNamed(tensors);
    return numbers;
  }
});
