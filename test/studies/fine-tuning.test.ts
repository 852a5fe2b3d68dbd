/** The fine-tuning study: its task, its two networks, and a run of it small enough for a test. */
import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadController, loadSpace } from '../../src/api/registry.js';
import { makeCorpus } from '../../src/data/index.js';
import { WeftError } from '../../src/errors.js';
import { stripChart } from '../../src/report/charts/strip.js';
import { misspellings } from '../../studies/fine-tuning/misspellings.js';
import { classifier, languageModel } from '../../studies/fine-tuning/model.js';
import { fineTune, pretrain } from '../../studies/fine-tuning/train.js';
import { stepsWithin } from '../../studies/shared/learner.js';
import { loadStudy } from '../../src/api/registry.js';
import { type Row, runStudy } from '../../src/studies/index.js';
import { catalogue } from '../../src/supernet/catalogue.js';
import { disposeNamed, mapNamed } from '../../src/tensor/named.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { markupMistake } from '../report/well-formed.js';
import { temporaryFolder } from '../runs/temporary.js';
import { loads, NATIVE } from '../tensor/backends.js';

/** Syllables in a random order: a text whose every second letter is a vowel. */
function text(syllables: number): string {
  const rng = stream(3, 'syllables');
  return Array.from(
    { length: syllables },
    (_, i) => `${rng.pick(['ba', 'do', 'ki', 'lu', 'me', 'no'])}${i % 3 === 2 ? ' ' : ''}`,
  ).join('');
}

const corpus = makeCorpus({ name: 'syllables', text: text(3000), sources: [] }, { validation: 0.3, test: 0.3 });
const letters = corpus.vocabulary.map((token) => /^[a-z]$/.test(token));
const size = { vocabulary: corpus.vocabulary.length, length: 12, layers: 1, width: 16, heads: 2, keep: 0.9 };
const passages = (name: 'train' | 'test', count: number) =>
  misspellings(corpus.parts[name === 'train' ? 'validation' : 'test'], {
    seed: 1,
    name,
    count,
    length: size.length,
    exchanges: 3,
    letters,
  });

describe('fine-tuning', function () {
  const temporary = temporaryFolder(this);
  before(async function () {
    if (!(await loads(NATIVE))) await loads('cpu');
  });

  it('exchanges letters in every second passage, and nothing else', () => {
    const part = corpus.parts.validation;
    const { ids, labels, count, length } = passages('train', 40);
    expect([...labels]).to.deep.equal(Array.from({ length: 40 }, (_, i) => i % 2));
    expect(passages('train', 40)).to.deep.equal({ ids, labels, count, length });
    const written = new Map(
      Array.from({ length: Math.floor(part.length / length) }, (_, i) => [
        [...part.subarray(i * length, (i + 1) * length)].join(),
        i,
      ]),
    );
    const sorted = new Map([...written.keys()].map((key) => [key.split(',').sort().join(), key]));
    const seen = new Set<number>();
    for (let i = 0; i < count; i++) {
      const passage = [...ids.subarray(i * length, (i + 1) * length)];
      if (labels[i] === 0) {
        const place = written.get(passage.join());
        expect(place, `passage ${i}`).to.be.a('number');
        seen.add(place!);
        continue;
      }
      expect(written.has(passage.join()), `passage ${i}`).to.equal(false);
      expect(sorted.has([...passage].map(String).sort().join()), `letters of passage ${i}`).to.equal(true);
    }
    expect(seen.size).to.equal(20);
    expect(() => passages('train', 100_000))
      .to.throw(WeftError, /passages of 12 characters/)
      .with.property('code', 'data');
  });

  it('has a classifier that starts with all weights of the language model except the bias of its head', () => {
    const [language, classes] = [languageModel(size), classifier(size)].map(({ space, child }) => ({
      specs: catalogue(space.supernet).parameters,
      names: child.parameterNames,
    }));
    const shared = classes!.names.filter((name) => language!.names.includes(name));
    expect(language!.names.filter((name) => !shared.includes(name))).to.deep.equal(['embedding/bias']);
    expect(classes!.names.filter((name) => !shared.includes(name))).to.deep.equal(['class/kernel', 'class/bias']);
    for (const name of shared)
      expect(classes!.specs.get(name)!.shape, name).to.deep.equal(language!.specs.get(name)!.shape);
  });

  it('fine-tunes from pre-trained weights, the same each time and within its gradients, and counts a training that breaks off', async () => {
    const before = tf.memory().numTensors;
    const { weights, loss } = await pretrain(corpus, { ...size, keep: 1 }, { seed: 1, steps: 120, batchSize: 16 });
    expect(loss).to.be.below(0.8 * Math.log(size.vocabulary));
    const [train, test] = [passages('train', 64), passages('test', 100)];
    const common = { seed: 2, train, test, batchSize: 16, gradients: 80 };
    const tuned = fineTune(size, { ...common, from: weights, optimizer: { name: 'adamw', learningRate: 0.02 } });
    expect(tuned).to.include({ gradients: 80, steps: 80, diverged: false });
    expect(tuned.training).to.be.above(0.75);
    expect(tuned.accuracy).to.be.within(0, 1);
    expect(
      fineTune(size, { ...common, from: weights, optimizer: { name: 'adamw', learningRate: 0.02 } }),
    ).to.deep.equal(tuned);
    const sam = fineTune(size, {
      ...common,
      gradients: 7,
      from: weights,
      optimizer: { name: 'sam', base: { name: 'sgd' } },
    });
    expect(sam).to.include({ gradients: 6, steps: 3 });
    const ruined = mapNamed(weights, (tensor) => tf.mul(tensor, NaN));
    const broken = fineTune(size, { ...common, gradients: 6, from: ruined, optimizer: { name: 'sgd' } });
    expect(broken).to.include({ accuracy: 0.5, steps: 0, diverged: true });
    disposeNamed(ruined);
    disposeNamed(weights);
    expect(tf.memory().numTensors).to.equal(before);
  });

  it('takes as many steps as the gradients allow, counting those of G-TRACER before it settles at half the cost', () => {
    expect(stepsWithin(80, { name: 'adamw' })).to.equal(80);
    expect(stepsWithin(81, { name: 'sam' })).to.equal(40);
    expect(stepsWithin(80, { name: 'adam-tracer', settle: 10 })).to.equal(45);
    expect(stepsWithin(4, { name: 'sgd-tracer', settle: 10 })).to.equal(4);
    expect(stepsWithin(1, { name: 'sam' })).to.equal(1);
  });

  it('is a study with rows for each optimizer at an equal number of gradients', async () => {
    const folder = temporary();
    const source = join(folder, 'syllables.txt');
    writeFileSync(source, text(6000));
    const options = {
      source,
      seeds: 2,
      width: 8,
      heads: 2,
      length: 12,
      pretraining: 2,
      pretrainingBatch: 4,
      examples: 16,
      test: 16,
      exchanges: 2,
      batchSize: 8,
      gradients: 4,
    };
    const study = await loadStudy('fine-tuning');
    const parts = { space: loadSpace, controller: loadController };
    const before = tf.memory().numTensors;
    const { rows, verdict } = await runStudy(study, { options, folder, parts });
    expect(tf.memory().numTensors).to.equal(before);
    const find = (id: string): Row => rows.find((row) => row.id === id)!;
    expect(find('budget')).to.include({ measured: 0, met: true });
    for (const arm of ['sgd', 'sgd-tracer', 'adamw', 'sam', 'adam-tracer']) {
      for (const field of ['mean', 'deviation', 'worst', 'failed'])
        expect(find(`${arm}/${field}`).measured, `${arm}/${field}`).to.be.a('number');
    }
    for (const arm of ['sgd-tracer', 'sam', 'adam-tracer'])
      expect(find(`${arm}/gain`)).to.deep.include({ met: false, note: 'a claim takes at least 7 seeds' });
    expect(verdict).to.include('adamw').and.include('steadier');
    expect(readFileSync(join(folder, 'runs.csv'), 'utf8').trimEnd().split('\r\n')).to.have.length(1 + 2 * 6);
    const again = await runStudy(study, { options, folder, parts });
    expect(again.rows).to.deep.equal(rows);
    const missing = await runStudy(study, {
      options: { ...options, source: join(folder, 'none.txt') },
      folder,
      parts,
    }).catch((error: unknown) => error as WeftError);
    expect(missing).to.be.instanceOf(WeftError).with.property('message').that.includes('none.txt');
    expect(missing).to.have.property('hint').that.includes('tiny-shakespeare');
  });

  it('draws every value of every group', () => {
    const svg = stripChart(
      [
        { name: 'adamw', color: 'controller', values: [60, 70, 80] },
        { name: 'sam', color: 'found', values: [75] },
      ],
      { ariaLabel: 'two strips', label: 'accuracy', marks: [50] },
    )!;
    expect(markupMistake(svg)).to.equal(undefined);
    expect(svg).to.not.match(/NaN|undefined| id=/);
    expect(svg.match(/<circle/g)).to.have.length(4);
    expect(svg).to.include('adamw').and.include('sam').and.include('accuracy');
    expect(stripChart([], { ariaLabel: 'nothing', label: 'x' })).to.equal(undefined);
  });
});
