/**
 * Preconditioners as in the tables of Osawa et al. 2023: throughput and memory relative to SGD, and what the steps are worth on MNIST.
 */
import { z } from 'zod';
import { WeftError } from '../../errors.js';
import { loadBackend } from '../../tensor/backend.js';
import { defineStudy, gateRow, infoRow, type Row, type StudySection } from '../contract.js';
import { type Curve, measureAccuracy, openMnist, stepsTo } from './accuracy.js';
import { ASDL_MILLISECONDS, GOALS, PUBLISHED } from './methods.js';
import { measureThroughput, type Throughput } from './throughput.js';

const positive = z.int().min(1);
const model = z.union([z.templateLiteral(['mlp-', z.int()]), z.literal('small-cnn')]);

export const preconditionersStudy = defineStudy({
  name: 'preconditioners',
  summary: 'throughput, memory and MNIST accuracy of gradient preconditioners beside SGD',
  reference: 'Osawa et al. 2023, arXiv 2305.04684',
  minutes: 5,
  options: z.strictObject({
    models: z.array(model).default(['mlp-512', 'small-cnn']).describe('mlp-128, mlp-512, mlp-2048, small-cnn'),
    batches: z.array(positive).default([128]).describe('batch sizes'),
    intervals: z.array(positive).default([1, 10]).describe('steps from one inverse to the next'),
    methods: z.array(z.string()).default(['kfac', 'kfac-empirical', 'shampoo', 'muon', 'eva', 'foof']).describe('preconditioners beside sgd'),
    blocks: z.int().min(0).default(5).describe('alternating blocks that each method is timed in; 0 leaves throughput out'),
    accuracyModels: z.array(model).default(['mlp-512']).describe('networks that are trained on MNIST'),
    accuracyMethods: z.array(z.string()).default(['sgd', 'kfac']).describe('methods that train them; sgd is what they are compared with'),
    rates: z.record(z.string(), z.number().positive()).default({ sgd: 0.05, kfac: 0.02 }).describe('highest learning rate of each method; that of sgd where a method has none'),
    epochs: z.int().min(0).default(3).describe('epochs on MNIST; 0 leaves accuracy out'),
    train: positive.default(9000).describe('training examples'),
    test: positive.default(2000).describe('test examples'),
    every: positive.default(10).describe('steps from one look at the test part to the next'),
    data: z.string().optional().describe('where MNIST lies'),
  }),
  async run(options, setting) {
    await loadBackend();
    const throughput = options.blocks === 0 ? [] : await measureThroughput(options, setting);
    const { curves, missing } = accuracyOf();
    const rows = [...throughputRows(throughput), ...accuracyRows(curves), ...missing];
    return { verdict: verdictFrom(rows), rows, sections: [...throughputSections(throughput), ...accuracySections(curves)] };

    function accuracyOf(): { curves: Curve[]; missing: Row[] } {
      if (options.epochs === 0) return { curves: [], missing: [] };
      try {
        const data = openMnist(options.data, options.train, options.test, setting.seed);
        const curves = measureAccuracy(data, { ...options, models: options.accuracyModels, methods: options.accuracyMethods, batchSize: options.batches.at(-1)!, interval: options.intervals.at(-1)! }, setting);
        return { curves, missing: [] };
      } catch (error) {
        if (!(error instanceof WeftError) || error.code !== 'data') throw error;
        return { curves: [], missing: [{ id: 'accuracy', quantity: 'test accuracy on MNIST', measured: null, gate: '', met: null, note: error.message }] };
      }
    }
  },
});

/** What the rows allow to be said. */
function verdictFrom(rows: readonly Row[]): string {
  const gated = rows.filter(({ gate }) => gate !== '');
  const met = gated.filter((row) => row.met === true);
  const missed = gated.filter((row) => row.met === false).map(({ id }) => id);
  return `${met.length} of ${gated.length} goals are met${missed.length > 0 ? `; not ${missed.join(', ')}` : ''}.`;
}

function throughputRows(all: readonly Throughput[]): Row[] {
  return all.filter(({ method }) => method !== 'sgd').flatMap(({ model: network, batch, method, interval, relative, memory }) => {
    const id = `${network}/${batch}/${method}/${interval}`;
    const published = PUBLISHED[id];
    const note = published === undefined ? undefined : `${published} on an A100 in the paper`;
    const quantity = `throughput of ${method} over that of sgd, ${network}, batch ${batch}, interval ${interval}`;
    const rounded = Number(relative.toFixed(3));
    return [
      GOALS[id] === undefined ? infoRow(`throughput/${id}`, quantity, rounded, note) : gateRow(`throughput/${id}`, quantity, rounded, 'at least', GOALS[id], note),
      infoRow(`memory/${id}`, `peak tensor memory of ${method} over that of sgd, ${network}, batch ${batch}, interval ${interval}`, Number(memory.toFixed(2))),
    ];
  });
}

function throughputSections(all: readonly Throughput[]): StudySection[] {
  if (all.length === 0) return [];
  const asdl = all.filter(({ model: network, batch, method, interval }) => network === 'mlp-512' && batch === 128 && ASDL_MILLISECONDS[method] && (interval === 1 || interval === 10));
  return [{
    title: 'Throughput and memory',
    text: ['Every method takes its steps in alternating blocks with SGD in the same run, on random images; a ratio is the median over the rounds of the processor time of a step of SGD over that of the method. By the clock it is another number where other work shares the processor.'],
    tables: [
      {
        name: 'throughput', title: 'Relative to SGD', columns: ['network', 'batch', 'method', 'interval', 'ms a step', 'throughput', 'by the clock', 'on an A100', 'memory'],
        rows: all.map(({ model: network, batch, method, interval, milliseconds, relative, relativeByClock, memory }) =>
          [network, batch, method, interval, Number(milliseconds.toFixed(2)), Number(relative.toFixed(3)), Number(relativeByClock.toFixed(3)), PUBLISHED[`${network}/${batch}/${method}/${interval}`] ?? null, Number(memory.toFixed(2))]),
      },
      ...(asdl.length === 0 ? [] : [{
        name: 'asdl', title: 'Beside ASDL itself, from another run (PyTorch on two CPU cores, 2026-11-26; its SENG did not factor)', columns: ['method', 'interval', 'ms a step here', 'ms a step of ASDL then'],
        rows: asdl.map(({ method, interval, milliseconds }) => [method, interval, Number(milliseconds.toFixed(2)), ASDL_MILLISECONDS[method]![interval === 1 ? 0 : 1]]),
      }]),
    ],
  }];
}

function accuracyRows(curves: readonly Curve[]): Row[] {
  return curves.flatMap((curve) => {
    const id = `${curve.model}/${curve.method}`;
    const final = infoRow(`accuracy/${id}`, `final test accuracy of ${curve.method} on MNIST, ${curve.model}, in %`, Number((100 * curve.final).toFixed(2)));
    const sgd = curves.find(({ model: network, method }) => network === curve.model && method === 'sgd');
    if (!sgd || curve.method === 'sgd') return [final];
    const own = stepsTo(curve, sgd.final);
    const reference = stepsTo(sgd, sgd.final)!;
    const quantity = `steps of ${curve.method} to sgd's final test accuracy over those of sgd, ${curve.model}`;
    const share = own === undefined ? null : Number((own / reference).toFixed(3));
    const note = own === undefined ? `not reached in ${curve.points.at(-1)!.step} steps` : `${own} and ${reference} steps to ${(100 * sgd.final).toFixed(1)} %`;
    return [final, curve.method === 'kfac' ? { ...gateRow(`steps/${id}`, quantity, share, 'at most', 0.5, note), ...(share === null && { met: false }) } : infoRow(`steps/${id}`, quantity, share, note)];
  });
}

function accuracySections(curves: readonly Curve[]): StudySection[] {
  if (curves.length === 0) return [];
  return [{
    title: 'Accuracy on MNIST',
    text: ['The same first weights and the same batches for every method, momentum .9, the rate falling to zero along a cosine. One seed: a difference of a few tenths of a point is no difference.'],
    tables: [{
      name: 'accuracy', title: 'Test accuracy along the training', columns: ['network', 'method', 'step', 'accuracy', 'loss'],
      rows: curves.flatMap(({ model: network, method, points }) => points.map(({ step, accuracy, loss }) => [network, method, step, Number(accuracy.toFixed(4)), Number(loss.toFixed(4))])),
    }],
  }];
}
