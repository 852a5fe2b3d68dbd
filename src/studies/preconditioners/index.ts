/**
 * Preconditioners as in the tables of Osawa et al. 2023: throughput and memory relative to SGD, and what the steps are worth on MNIST.
 */
import { z } from 'zod';
import { WeftError } from '../../errors.js';
import { loadBackend } from '../../tensor/backend.js';
import { defineStudy, gateRow, infoRow, type Row, type StudySection } from '../contract.js';
import { type PreparedData } from '../../data/index.js';
import { type TensorBatch } from '../../training/index.js';
import { openCells } from '../cells.js';
import { type Curve, firstImages, measureAccuracy, openMnist, stepsTo } from './accuracy.js';
import { AHEAD_OF_ASDL, ASDL_MILLISECONDS, GOALS, PUBLISHED } from './methods.js';
import { measureThroughput, randomImages, type Throughput } from './throughput.js';

const positive = z.int().min(1);
const model = z.union([z.templateLiteral(['mlp-', z.int()]), z.literal('small-cnn')]);

export const preconditionersStudy = defineStudy({
  name: 'preconditioners',
  summary: 'throughput, memory and MNIST accuracy of gradient preconditioners beside SGD',
  reference: 'Osawa et al. 2023, arXiv 2305.04684',
  minutes: 12,
  options: z.strictObject({
    models: z.array(model).default(['mlp-128', 'mlp-512', 'mlp-2048', 'small-cnn']).describe('mlp-128, mlp-512, mlp-2048, small-cnn'),
    batches: z.array(positive).default([128]).describe('batch sizes'),
    intervals: z.array(positive).default([1, 10]).describe('steps from one inverse to the next'),
    methods: z.array(z.string()).default(['kfac', 'kfac-empirical', 'shampoo', 'muon', 'eva', 'foof']).describe('preconditioners beside sgd'),
    blocks: z.int().min(0).default(3).describe('alternating blocks with sgd that each method is timed in; 0 leaves throughput out'),
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
    const cells = openCells(setting.folder);
    const { data, why } = mnist();
    const imagesOf = (examples: number): TensorBatch => (data ? firstImages(data, examples, setting.seed) : randomImages(examples, setting.seed));
    const images = data ? 'images of MNIST' : 'random images';
    const throughput = options.blocks === 0 ? [] : await measureThroughput({ ...options, images }, imagesOf, cells, setting);
    const curves = !data || options.epochs === 0 ? []
      : await measureAccuracy(data, { ...options, models: options.accuracyModels, methods: options.accuracyMethods, batchSize: options.batches.at(-1)!, interval: options.intervals.at(-1)! }, cells, setting);
    const missing: Row[] = data ? [] : [{ id: 'accuracy', quantity: 'test accuracy on MNIST', measured: null, gate: '', met: null, note: why! }];
    const rows = [...throughputRows(throughput), ...asdlRows(throughput), ...accuracyRows(curves), ...missing];
    cells.clear();
    return { verdict: verdictFrom(rows), rows, sections: [...throughputSections(throughput, images), ...accuracySections(curves)] };

    function mnist(): { data?: PreparedData; why?: string } {
      try {
        return { data: openMnist(options.data, options.train, options.test, setting.seed) };
      } catch (error) {
        if (!(error instanceof WeftError) || error.code !== 'data') throw error;
        return { why: error.message };
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
  return all.flatMap(({ model: network, batch, method, interval, relative, memory }) => {
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

/** What ASDL has been measured at too: perceptrons of width 512 at batch 128. */
const besideAsdl = (all: readonly Throughput[]): Throughput[] =>
  all.filter(({ model: network, batch, method, interval }) => network === 'mlp-512' && batch === 128 && ASDL_MILLISECONDS[method] && (interval === 1 || interval === 10));

/** How often a step of ASDL's SGD fits into one of its method; each machine by its own SGD, so that machines may differ. */
const asdlRatio = (method: string, interval: number): number => ASDL_MILLISECONDS[method]![interval === 1 ? 0 : 1] / ASDL_MILLISECONDS['sgd']![0];

function asdlRows(all: readonly Throughput[]): Row[] {
  return besideAsdl(all).map(({ method, interval, relative }) => {
    const theirs = asdlRatio(method, interval);
    return gateRow(`asdl/${method}/${interval}`, `cost of ${method} over sgd in ASDL over the same here, mlp-512, batch 128, interval ${interval}`, Number((theirs * relative).toFixed(2)), 'at least', AHEAD_OF_ASDL[method] ?? 1,
      `${theirs.toFixed(1)} steps of its SGD there, ${(1 / relative).toFixed(2)} here`);
  });
}

function throughputSections(all: readonly Throughput[], images: string): StudySection[] {
  if (all.length === 0) return [];
  const asdl = besideAsdl(all);
  return [{
    title: 'Throughput and memory',
    text: [`Every method takes its steps in alternating blocks with SGD in the same run, on ${images}; a ratio is the median over the rounds of the processor time of a step of SGD over that of the method. By the clock it is another number where other work shares the processor.`],
    tables: [
      {
        name: 'throughput', title: 'Relative to SGD', columns: ['network', 'batch', 'method', 'interval', 'ms a step', 'ms of SGD', 'throughput', 'by the clock', 'on an A100', 'memory'],
        rows: all.map(({ model: network, batch, method, interval, milliseconds, sgdMilliseconds, relative, relativeByClock, memory }) =>
          [network, batch, method, interval, Number(milliseconds.toFixed(2)), Number(sgdMilliseconds.toFixed(2)), Number(relative.toFixed(3)), Number(relativeByClock.toFixed(3)), PUBLISHED[`${network}/${batch}/${method}/${interval}`] ?? null, Number(memory.toFixed(2))]),
      },
      ...(asdl.length === 0 ? [] : [{
        name: 'asdl', title: 'Beside ASDL itself, from another run (PyTorch on two CPU cores, 2026-11-26; its SENG did not factor)', columns: ['method', 'interval', 'steps of SGD here', 'steps of its SGD in ASDL', 'ms a step here', 'ms a step of ASDL then'],
        rows: asdl.map(({ method, interval, milliseconds, relative }) => [method, interval, Number((1 / relative).toFixed(2)), Number(asdlRatio(method, interval).toFixed(1)), Number(milliseconds.toFixed(2)), ASDL_MILLISECONDS[method]![interval === 1 ? 0 : 1]]),
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
