/** Compiled steps: the same bits as steps that run as they are, and what cannot be compiled is noticed. */
import { expect } from 'chai';
import { chmodSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadBackend } from '../../src/tensor/backend.js';
import { decide } from '../../src/tensor/kernels/decide.js';
import { cholesky, damped } from '../../src/tensor/linalg/index.js';
import { type NamedTensors } from '../../src/tensor/named.js';
import { compile, type CompileOptions, type Host, type Step } from '../../src/tensor/plan/index.js';
import { tf, tidy } from '../../src/tensor/tf.js';

interface Moment {
  readonly t: number;
}

type Body = (x: tf.Tensor, host: Host<Moment>) => tf.Tensor;

/** A step that maps `x` to `y`. */
const stepOf =
  (body: Body): Step<Moment, null> =>
  ({ x }, host) => ({ outputs: { y: tidy(() => tf.clone(body(x!, host))) }, fixed: null });

/**
 * The values of `runs` runs at moments 0, 1, …, by a compiled step and by the step itself; the compiled step's counts.
 */
function both(body: Body, runs = 24, options: CompileOptions = {}) {
  const notes: string[] = [];
  const compiled = compile(stepOf(body), { mode: 'session', note: (note) => notes.push(note), ...options });
  const plain = compile(stepOf(body), { mode: 'off' });
  const before = tf.memory().numTensors;
  const results = [compiled, plain].map((step) =>
    Array.from({ length: runs }, (_, t) => {
      const x = tf.tensor1d([t, -1, 0.3, 2 * t]);
      const { outputs } = step.run({ x }, { t }, { due: runs - t });
      const values = Array.from(outputs['y']!.dataSync());
      tf.dispose([x, outputs['y']!]);
      return values;
    }),
  );
  const left = tf.memory().numTensors - before;
  compiled.dispose();
  return { compiled: results[0]!, plain: results[1]!, counts: compiled.runs, notes, left };
}

const decayed: Body = (x, { scalar }) =>
  tf.sub(
    x,
    tf.mul(
      tf.tanh(x),
      scalar(({ t }) => 0.5 ** t),
    ),
  );

/** 0.3 · 10^-t · 10^-30: subnormal from t = 8 on. */
const vanishing: Body = (x, { scalar }) =>
  tf.mul(
    tf.mul(
      x,
      scalar(({ t }) => 10 ** -t),
    ),
    1e-30,
  );

describe('compiled steps', () => {
  before(() => loadBackend('native'));

  it('flush subnormal numbers to zero as uncompiled steps do', () => {
    const { compiled, plain, counts } = both(vanishing, 16);
    expect(counts.session).to.be.above(8);
    expect(compiled).to.deep.equal(plain);
    expect(plain[5]![2]).to.be.above(0);
    expect(plain[15]![2]).to.equal(0);
  });

  it('are replayed and then run as a session, with the same bits and no tensor left', () => {
    const replayed = both(decayed, 24, { mode: 'replay' });
    expect(replayed.compiled).to.deep.equal(replayed.plain);
    expect(replayed.counts).to.deep.equal({ eager: 3, replay: 21, session: 0 });
    const session = both(decayed);
    expect(session.compiled).to.deep.equal(session.plain);
    expect(session.counts).to.deep.equal({ eager: 3, replay: 0, session: 21 });
    expect([replayed.left, session.left]).to.deep.equal([0, 0]);
    expect(session.notes).to.deep.equal([]);
  });

  it('keep apart inputs that were one tensor when they were recorded', () => {
    const compiled = compile<Moment, null>(
      ({ a, b }) => ({ outputs: { y: tidy(() => tf.sub(tf.mul(a!, 3), b!)) }, fixed: null }),
      { mode: 'replay' },
    );
    const [one, two] = [tf.scalar(1), tf.scalar(2)];
    const run = (inputs: NamedTensors): number => {
      const { y } = compiled.run(inputs, { t: 0 }, { due: 100 }).outputs;
      const [value] = y!.dataSync();
      y!.dispose();
      return value!;
    };
    for (let i = 0; i < 4; i++) expect(run({ a: one, b: one })).to.equal(2);
    for (let i = 0; i < 4; i++) expect(run({ a: one, b: two })).to.equal(1);
    expect(compiled.runs.replay).to.equal(2);
    compiled.dispose();
    tf.dispose([one, two]);
  });

  it('branch by declared decisions', () => {
    const alternating: Body = (x, { choose }) => (choose(({ t }) => t % 3 === 0) ? tf.square(x) : tf.abs(x));
    const { compiled, plain, counts, notes } = both(alternating, 40);
    expect(compiled).to.deep.equal(plain);
    expect(counts.session).to.be.greaterThan(25);
    expect(notes).to.deep.equal([]);
  });

  it('receive declared random tensors of the moment', () => {
    const masked: Body = (x, { values }) =>
      tf.mul(
        x,
        values([4], ({ t }) => Float32Array.from([t, 1, 0, t % 2])),
      );
    const { compiled, plain, counts } = both(masked);
    expect(compiled).to.deep.equal(plain);
    expect(counts.session).to.be.greaterThan(0);
  });

  it('may pass through inputs, constants and the same value twice', () => {
    const steps = [true, false].map((off) =>
      compile<Moment, null>(
        ({ x }) => {
          const y = tidy(() => tf.exp(x!));
          return { outputs: { x: tf.clone(x!), y, z: tf.clone(y), one: tf.tensor1d([1, 2]) }, fixed: null };
        },
        { mode: off ? 'off' : 'session' },
      ),
    );
    const before = tf.memory().numTensors;
    for (let t = 0; t < 20; t++) {
      const x = tf.tensor1d([t / 7]);
      const [a, b] = steps.map((step) => {
        const { outputs } = step.run({ x }, { t }, { due: 20 - t });
        const values = Object.entries(outputs).map(([name, tensor]) => [name, Array.from(tensor.dataSync())]);
        tf.dispose(Object.values(outputs));
        return values;
      });
      expect(a).to.deep.equal(b);
      x.dispose();
    }
    expect(steps[1]!.runs.session).to.be.greaterThan(0);
    steps[1]!.dispose();
    expect(tf.memory().numTensors).to.equal(before);
  });

  it('run uncompiled if a value leads to another decision than when recorded, and are recorded again if that persists', () => {
    const sign = (x: tf.Tensor, at: number): tf.Tensor =>
      decide(tf.sum(tf.slice(x, [at], [1])), (value) => value > 0) ? tf.square(x) : tf.neg(x);
    // The second entry is always negative, the last one is 2t.
    const steady = both((x) => sign(sign(x, 1), 2), 24, { mode: 'replay' });
    expect(steady.compiled).to.deep.equal(steady.plain);
    expect(steady.counts).to.deep.equal({ eager: 3, replay: 21, session: 0 });
    const changing = both(
      (x, { scalar }) =>
        sign(
          tf.add(
            x,
            scalar(({ t }) => (t === 10 || t >= 16 ? -99 : 0)),
          ),
          3,
        ),
      30,
    );
    expect(changing.compiled).to.deep.equal(changing.plain);
    // Recorded at 1 and 2, missed at 10, 16 and 17, recorded again at 18 and 19.
    expect(changing.counts).to.deep.equal({ eager: 3 + 3 + 2, replay: 0, session: 30 - 8 });
    expect([steady.left, changing.left]).to.deep.equal([0, 0]);
  });

  it('run uncompiled if a matrix cannot be factored as when recorded', () => {
    for (const mode of ['replay', 'session'] as const) {
      const factored: Body = (x, { scalar }) => {
        const diagonal = tf.add(
          tf.square(x),
          scalar(({ t }) => (t === 12 ? -9 : 1)),
        );
        const { result, damping } = damped(tf.diag(diagonal as tf.Tensor1D), (matrix) => cholesky(matrix), {
          initial: 99,
        });
        return tf.add(tf.sum(result, 0), damping);
      };
      const { compiled, plain, counts, left, notes } = both(factored, 20, { mode });
      expect(compiled).to.deep.equal(plain);
      expect(counts[mode]).to.equal(20 - 3 - 1);
      expect([left, notes]).to.deep.equal([0, []]);
    }
  });

  it('stop without results if a requirement fails, and continue afterwards', () => {
    const body: Step<Moment, null> = ({ x }, { require }) => {
      const y = tidy(() => tf.log(x!));
      const sum = tidy(() => tf.sum(y));
      try {
        require(sum, Number.isFinite, (outputs) => new Error(`broken ${outputs ? 'later' : 'at once'}`));
      } catch (error) {
        y.dispose();
        throw error;
      } finally {
        sum.dispose();
      }
      return { outputs: { y }, fixed: null };
    };
    const step = compile(body, { mode: 'session' });
    const before = tf.memory().numTensors;
    for (let t = 0; t < 30; t++) {
      const x = tf.tensor1d([t % 10 === 9 ? -1 : 2, 3]);
      const run = (): NamedTensors => step.run({ x }, { t }, { due: 30 - t }).outputs;
      if (t % 10 === 9) expect(run).to.throw('broken later');
      else tf.dispose(Object.values(run()));
      x.dispose();
    }
    expect(step.runs.session).to.be.greaterThan(15);
    step.dispose();
    expect(tf.memory().numTensors).to.equal(before);
  });

  const impure: [string, RegExp, Body][] = [
    ['read a tensor', /reads the values of a tensor/, (x) => tf.mul(x, tf.sum(x).dataSync()[0]! > 0 ? 1 : 2)],
    [
      'read a tensor from outside',
      /neither an input nor made by the step/,
      (
        (outside?: tf.Tensor): Body =>
        (x) =>
          tf.add(x, (outside ??= tf.keep(tf.tensor1d([1, 2, 3, 4]))))
      )(),
    ],
    [
      'draw random numbers of their own',
      /a constant of shape \[4\] .* changed/,
      (
        (seed = 0): Body =>
        (x) =>
          tf.mul(x, tf.tensor1d([1, 2, 3, seed++ % 2]))
      )(),
    ],
    [
      'run other operations every time',
      /operations once and/,
      (
        (count = 0): Body =>
        (x) => {
          let y = x;
          for (let i = 0; i < count; i++) y = tf.add(y, tf.mul(x, 0));
          count++;
          return y;
        }
      )(),
    ],
  ];
  for (const [what, reason, body] of impure) {
    it(`are not used for steps that ${what}, which is reported once`, () => {
      const notes: string[] = [];
      const step = compile(stepOf(body), { note: (note) => notes.push(note) });
      for (let t = 0; t < 30; t++) {
        const x = tf.tensor1d([t, 1, 2, 3]);
        tf.dispose([x, step.run({ x }, { t }, { due: 30 }).outputs['y']!]);
      }
      expect(step.runs.eager).to.equal(30);
      expect(notes).to.have.length(1);
      expect(notes[0]).to.match(reason);
    });
  }

  it('are replayed if there is no room for the file of a session', function () {
    const folder = mkdtempSync(join(tmpdir(), 'weft-test-'));
    const { compiled, plain, counts, notes } = both(decayed, 24, { folder: join(folder, 'missing') });
    expect(compiled).to.deep.equal(plain);
    expect(counts.session).to.equal(0);
    expect(counts.replay).to.be.greaterThan(0);
    expect(notes).to.have.length(1);
    expect(notes[0]).to.match(/not run as a session: ENOENT/);
    chmodSync(folder, 0o700);
  });

  it('leave no file behind', () => {
    const folder = mkdtempSync(join(tmpdir(), 'weft-test-'));
    expect(both(decayed, 24, { folder }).counts.session).to.be.greaterThan(0);
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('are kept by shape, up to the requested number', () => {
    const step = compile(stepOf(decayed), { mode: 'session', kept: 2 });
    for (let t = 0; t < 120; t++) {
      const x = tf.ones([1 + (t % 3)]);
      tf.dispose([x, step.run({ x }, { t }, { due: 100 }).outputs['y']!]);
    }
    // Three shapes in turn: each is forgotten before it comes again.
    expect(step.runs.eager).to.equal(120);
    const enough = compile(stepOf(decayed), { mode: 'session', kept: 3 });
    for (let t = 0; t < 120; t++) {
      const x = tf.ones([1 + (t % 3)]);
      tf.dispose([x, enough.run({ x }, { t }, { due: 100 }).outputs['y']!]);
    }
    expect(enough.runs.session).to.be.greaterThan(100);
    enough.dispose();
  });

  it('run uncompiled on other backends', async () => {
    await loadBackend('cpu');
    try {
      const { compiled, plain, counts } = both(decayed, 10);
      expect(compiled).to.deep.equal(plain);
      expect(counts.eager).to.equal(10);
    } finally {
      await loadBackend('native');
    }
  });
});
