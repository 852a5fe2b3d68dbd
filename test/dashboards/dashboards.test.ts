import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { convertRun, CONVERSIONS } from '../../src/api/convert.js';
import { optunaJournal, tensorboardEvents } from '../../src/dashboards/index.js';
import { varint } from '../../src/protobuf.js';
import { crc32c, tfRecord } from '../../src/dashboards/tfrecord.js';
import { openRun } from '../../src/runs/index.js';
import { sha256 } from '../../src/runs/json.js';
import { fixtureRun } from '../report/fixture.js';
import { temporaryFolder } from '../runs/temporary.js';
import { tinyRun } from '../runs/tiny-run.js';
import { saidLater } from '../said.js';

/** A Python that has the packages; WEFT_PYTHON names one. */
const PYTHON = process.env['WEFT_PYTHON'] ?? 'python3';
const has = (module: string): boolean =>
  spawnSync(PYTHON, ['-c', `import importlib.util as u, sys; sys.exit(u.find_spec('${module}') is None)`]).status === 0;

function python(program: string, ...args: string[]): unknown {
  const { status, stdout, stderr } = spawnSync(PYTHON, ['-c', program, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

describe('exports of a run for other programs', function () {
  this.timeout(120_000);
  const folder = temporaryFolder(this);

  it('follow the standards in counts and checksums', () => {
    // RFC 3720, appendix B.4: 32 bytes of zeros, of ones, and ascending.
    expect(crc32c(new Uint8Array(32))).to.equal(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(255))).to.equal(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).to.equal(0x46dd794e);
    // The examples of the encoding guide of protocol buffers.
    expect([...varint(150)]).to.deep.equal([0x96, 0x01]);
    expect([...varint(0)]).to.deep.equal([0]);
    expect([...varint(2 ** 40)]).to.deep.equal([0x80, 0x80, 0x80, 0x80, 0x80, 0x20]);
    // The first record of any event file, as TensorFlow writes it but for the time (here 0).
    const first = tfRecord(
      Buffer.concat([
        Buffer.from('090000000000000000', 'hex'),
        Buffer.from('1a0d', 'hex'),
        Buffer.from('brain.Event:2'),
      ]),
    );
    expect(Buffer.from(first.subarray(0, 12)).toString('hex')).to.equal('1800000000000000a37f4b22');
  });

  it('have the same bytes for the same run', () => {
    const input = fixtureRun();
    const events = tensorboardEvents(input, 1_800_000_000);
    expect(sha256(events)).to.equal(GOLDEN.tensorboard);
    const journal = optunaJournal(input, { study: 'one', began: new Date(0), space: input.space });
    expect(sha256(journal)).to.equal(GOLDEN.optuna);
  });

  it('are written only into folders that hold nothing else', async () => {
    const run = await tinyRun(folder());
    for (const to of CONVERSIONS) {
      const files = await convertRun(run, { to });
      expect(readdirSync(join(run, to)).sort()).to.deep.equal(files.map((file) => basename(file)).sort());
      expect(await convertRun(run, { to })).to.deep.equal(files); // replaced
    }
    expect(readFileSync(join(run, 'csv', 'candidates.csv'), 'utf8')).to.match(/^rank,accuracy,loss,/);
    expect(
      readFileSync(join(run, 'csv', 'epochs.csv'), 'utf8')
        .trim()
        .split('\r\n'),
    ).to.have.length(3);
    const other = join(folder(), 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'thesis.txt'), '');
    expect(await saidLater(convertRun(run, { to: 'csv', out: other }))).to.match(/with other files/);
    expect(readdirSync(other)).to.deep.equal(['thesis.txt']);
    expect(openRun(run).path).to.equal(run);
  });

  it('are read by TensorBoard', async function () {
    if (!has('tensorboard')) this.skip();
    const run = await tinyRun(folder());
    await convertRun(run, { to: 'tensorboard' });
    const read = python(
      `import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
a = EventAccumulator(sys.argv[1]); a.Reload()
tags = a.Tags()
print(json.dumps({'scalars': {t: [[e.step, e.value] for e in a.Scalars(t)] for t in tags['scalars']},
  'tensors': {t: a.Tensors(t)[0].tensor_proto.string_val[0].decode() for t in tags['tensors']},
  'time': a.FirstEventTimestamp()}))`,
      join(run, 'tensorboard'),
    ) as { scalars: Record<string, [number, number][]>; tensors: Record<string, string>; time: number };
    const events = eventsOf(run);
    const rewards = events
      .filter(({ type }) => type === 'epoch')
      .map(({ epoch, reward }) => [epoch! + 1, Math.fround(reward!)]);
    expect(read.scalars['search/reward']).to.deep.equal(rewards);
    const losses = events
      .filter(({ type }) => type === 'retrain-epoch')
      .map(({ epoch, loss }) => [epoch! + 1, Math.fround(loss!)]);
    expect(read.scalars['retraining/loss']).to.deep.equal(losses);
    expect(read.scalars['search/loss of steps']!.map(([step]) => step)).to.deep.equal(
      [...new Set(read.scalars['search/loss of steps']!.map(([step]) => step))].sort((a, b) => a - b),
    );
    expect(read.scalars['test/accuracy']![0]![1]).to.equal(
      Math.fround(events.find(({ type }) => type === 'tested')!.accuracy!),
    );
    expect(read.tensors['configuration']).to.include('| space.name | mlp |');
    expect(read.time).to.equal(new Date(openRun(run).manifest.created).getTime() / 1000);
  });

  it('are read by Optuna', async function () {
    if (!has('optuna')) this.skip();
    const run = await tinyRun(folder());
    const [file] = await convertRun(run, { to: 'optuna' });
    const read = python(
      `import json, sys, optuna
from optuna.storages.journal import JournalFileBackend
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.load_study(study_name=sys.argv[2], storage=optuna.storages.JournalStorage(JournalFileBackend(sys.argv[1])))
best = study.best_trial
print(json.dumps({'direction': study.direction.name, 'values': [t.value for t in study.trials],
  'states': [t.state.name for t in study.trials], 'params': [t.params for t in study.trials], 'best': best.value, 'attrs': best.user_attrs, 'study': study.user_attrs}))`,
      file!,
      basename(run),
    ) as {
      direction: string;
      values: number[];
      states: string[];
      params: Record<string, unknown>[];
      best: number;
      attrs: { accuracy: number };
      study: { derived: string };
    };
    const candidates = eventsOf(run).filter(({ type }) => type === 'candidate');
    expect(read.direction).to.equal('MAXIMIZE');
    expect(read.values).to.deep.equal(candidates.map(({ accuracy }) => accuracy));
    expect(read.states.every((state) => state === 'COMPLETE')).to.equal(true);
    expect(read.best)
      .to.equal(Math.max(...read.values))
      .and.to.equal(read.attrs.accuracy);
    expect(read.params).to.deep.equal(candidates.map(({ architecture }) => paramsOf(architecture!)));
    expect(read.study.derived).to.be.a('string');
  });
});

/** The mlp's text, for example `mlp~2d6320:3/1/relu-false`, as parameters by the names of the decisions. */
function paramsOf(text: string): Record<string, unknown> {
  const [, width, depth, activation, skip] = /:(\d+)\/(\d+)\/(\w+)-(\w+)$/.exec(text)!;
  return {
    width: Number(width),
    depth: Number(depth),
    'layers.0.activation': activation,
    'layers.0.skip': skip === 'true',
  };
}

interface Event {
  readonly type: string;
  readonly epoch?: number;
  readonly reward?: number;
  readonly loss?: number;
  readonly accuracy?: number;
  readonly architecture?: string;
}

const eventsOf = (run: string): Event[] =>
  readFileSync(join(run, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);

/** sha256 of the fixture's files, which TensorBoard 2.21.0 and Optuna 5.0.0 have read. */
const GOLDEN = {
  tensorboard: 'ae66d0f3a7a0473ae9d0b0f942c3538b7ec14ff73b7ecabc7ae00439863de4fd',
  optuna: '87ea3a4c8bebe690c18d17fad2b937502876f3a12f4b52b7538ba2655d0ea7fd',
} as const;
