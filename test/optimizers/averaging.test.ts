import { expect } from 'chai';
import {
  chain,
  constant,
  ema,
  emptyState,
  type Evaluate,
  type OptimizerState,
  replaceState,
  scaleByLearningRate,
  swad,
  swa,
  lawa,
  type Trainer,
} from '../../src/optimizers/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { disposeNamed, mapNamed, type NamedTensors } from '../../src/tensor/named.js';
import { tf } from '../../src/tensor/tf.js';
import { disposeState } from './problems.js';

/** Each step adds one to every active weight, so that an average of weights is an average of step numbers. */
const counting: Evaluate = (parameters) => ({
  loss: tf.scalar(0),
  gradients: mapNamed(parameters, (w) => tf.fill(w.shape, -1)),
});
const ascending = scaleByLearningRate(constant(1));

class Counter {
  weights: NamedTensors = { a: tf.scalar(0), b: tf.scalar(0) };
  state: OptimizerState = emptyState;
  private taken = 0;
  constructor(readonly trainer: Trainer) {}

  step(...names: string[]): void {
    const active = Object.fromEntries(names.map((name) => [name, this.weights[name]!]));
    const { parameters, state } = this.trainer.step(counting, active, this.state, { step: this.taken++ });
    disposeNamed(active);
    this.weights = { ...this.weights, ...parameters };
    this.state = replaceState(this.state, state);
  }

  observe(loss: number): void {
    this.state = replaceState(this.state, this.trainer.observe!(loss, this.state));
  }

  average(name: string): number {
    const view = this.trainer.evaluationParameters!(this.weights, this.state);
    const value = view[name]!.dataSync()[0]!;
    disposeNamed(view);
    return value;
  }

  dispose(): void {
    disposeNamed(this.weights);
    disposeState(this.state);
  }
}

/**
 * The valley of algorithm 1 in the paper: [first, last] evaluation, from 1; the last is the present one while it lasts.
 */
function valleyOf(
  losses: number[],
  { converge, tolerance, ratio }: { converge: number; tolerance: number; ratio: number },
): [number, number] | undefined {
  let start = 0;
  let threshold = 0;
  for (let i = 1; i <= losses.length; i++) {
    const latest = (count: number): number[] => losses.slice(Math.max(0, i - count), i);
    if (start === 0) {
      if (i >= converge && latest(converge)[0] === Math.min(...latest(converge))) {
        start = i - converge + 1;
        threshold = (ratio * latest(converge).reduce((a, b) => a + b)) / converge;
      }
    } else if (i >= tolerance && Math.min(...latest(tolerance)) > threshold) return [start, i - tolerance];
  }
  return start === 0 ? undefined : [start, losses.length];
}

describe('averages of weights', () => {
  before(() => loadBackend());

  it('swa averages from its start on, each parameter over its own updates', () => {
    const counter = new Counter(chain(ascending, swa({ start: 3 })));
    for (let t = 0; t < 7; t++) counter.step('a', ...(t % 2 === 0 ? ['b'] : []));
    expect(counter.average('a')).to.be.closeTo((4 + 5 + 6 + 7) / 4, 1e-6);
    expect(counter.average('b')).to.be.closeTo((3 + 4) / 2, 1e-6);
    counter.dispose();
  });

  it('lawa averages the last checkpoints', () => {
    const counter = new Counter(chain(ascending, lawa({ last: 3, every: 2 })));
    counter.step('a');
    expect(counter.average('a')).to.equal(1);
    for (let t = 1; t < 9; t++) counter.step('a');
    expect(counter.average('a')).to.be.closeTo((4 + 6 + 8) / 3, 1e-6);
    counter.dispose();
  });

  it('lawa keeps the last checkpoints at any spacing', () => {
    const counter = new Counter(chain(ascending, lawa({ last: 4, every: 2 })));
    for (let t = 0; t < 11; t++) counter.step('a');
    expect(counter.average('a')).to.be.closeTo((4 + 6 + 8 + 10) / 4, 1e-6);
    counter.dispose();
  });

  it('ema of a weight that has not been trained is the weight', () => {
    const counter = new Counter(chain(ascending, ema({ decay: 0.5, warmUp: false })));
    counter.step('a');
    counter.step('a');
    expect([counter.average('a'), counter.average('b')]).to.deep.equal([1.5, 0]);
    counter.dispose();
  });

  it('ema starts with a short memory, and without warm-up has one of a thousand updates', () => {
    const [warm, long] = [new Counter(chain(ascending, ema())), new Counter(chain(ascending, ema({ warmUp: false })))];
    let average = 1;
    for (let t = 1; t <= 5; t++) {
      warm.step('a');
      if (t === 1) continue;
      const share = (1 + t) / (10 + t);
      average = share * average + (1 - share) * t;
    }
    expect(warm.average('a')).to.be.closeTo(average, 1e-6);
    for (let t = 1; t <= 3; t++) long.step('a');
    expect(long.average('a')).to.be.closeTo(0.999 * (0.999 + 0.001 * 2) + 0.001 * 3, 1e-6);
    warm.dispose();
    long.dispose();
  });

  describe('swad', () => {
    const options = { converge: 3, tolerance: 4, ratio: 1.2 };
    const cases: Record<string, number[]> = {
      'no valley yet': [5, 4, 3, 2],
      'a valley that lasts': [5, 3, 2, 2.1, 2.2, 2.1, 2.3],
      'a valley that ends': [5, 3, 2, 2.1, 2.2, 2.1, 3, 3, 3, 3, 1, 1, 1],
      'a valley from the first evaluation': [1, 2, 2, 1.5, 1.4, 9, 9, 9, 9, 9],
      'noise that stays below the threshold now and then': [4, 1, 1.1, 1.2, 9, 9, 9, 1.2, 9, 9, 9, 9, 9],
    };
    for (const [name, losses] of Object.entries(cases)) {
      it(name, () => {
        const tensorsBefore = tf.memory().numTensors;
        const counter = new Counter(chain(ascending, swad(options)));
        let step = 0;
        const bounds = [0];
        losses.forEach((loss, i) => {
          for (let t = 0; t <= i % 2; t++) {
            counter.step('a');
            step += 1;
          }
          bounds.push(step);
          counter.observe(loss);
          const [first, last] = valleyOf(losses.slice(0, i + 1), options) ?? [i + 1, i + 1];
          // The mean of the step numbers bounds[first - 1] + 1 .. bounds[last].
          expect(counter.average('a'), `after evaluation ${i + 1}`).to.be.closeTo(
            (bounds[first - 1]! + 1 + bounds[last]!) / 2,
            1e-5,
          );
        });
        counter.dispose();
        expect(tf.memory().numTensors).to.equal(tensorsBefore);
      });
    }
  });
});
