/** Natural gradients by layer-wise blocks: the whole Fisher information, Kronecker factors, and their relatives. */
import { z } from 'zod';
import { type Curvature } from '../contract.js';
import { empiricalFisher, exactFisher, sampledFisher } from '../curvatures/fisher.js';
import { damping, interval, layeredOptions, memoryOption, preconditioner } from '../entry.js';
import { layered } from '../layers/layered.js';
import { diagonal } from '../representations/diagonal.js';
import { kroneckerEigenbasis } from '../representations/eigenbasis.js';
import { layerGram } from '../representations/gram.js';
import { inverseFree } from '../representations/inverse-free.js';
import { kronecker } from '../representations/kronecker.js';
import { layerWise } from '../representations/layer.js';
import { meanVectors } from '../representations/mean.js';
import { traceKronecker } from '../representations/trace-kronecker.js';
import { unit } from '../representations/unit.js';
import { refuseCurvature, refuseSolver } from './refuse.js';
import { wholeFisher } from '../whole/whole-fisher.js';

/** The `fisher` option. */
const fisherOption = (
  labels: 'sampled' | 'empirical' = 'sampled',
): z.ZodDefault<z.ZodEnum<{ sampled: 'sampled'; empirical: 'empirical'; exact: 'exact' }>> =>
  z
    .enum(['sampled', 'empirical', 'exact'])
    .default(labels)
    .describe(
      'labels of the Fisher information: drawn from the model, those of the data, or all of them (a backward pass for each class, in texts for each class of each token)',
    );

export const fisherOf = (labels: 'sampled' | 'empirical' | 'exact', samples = 1): Curvature =>
  ({ sampled: sampledFisher(samples), empirical: empiricalFisher, exact: exactFisher })[labels];

const FISHER = 'Fisher (sampled, empirical or exact)';

export const ngd = preconditioner({
  name: 'ngd',
  triple: { curvature: FISHER, representation: 'full, layer, unit or diagonal', solver: 'Cholesky' },
  state: 'P² (full), Σp² (layer), o(i + 1)² (unit), p (diagonal)',
  cost: 'NP² + P³ (full), Σ(Np² + p³) (layer), No·i² + o·i³ (unit), Np (diagonal)',
  reference: 'Amari 1998; Ollivier 2015 (unit-wise)',
  schema: z.strictObject({
    name: z.literal('ngd'),
    shape: z
      .enum(['full', 'layer', 'unit', 'diagonal'])
      .default('unit')
      .describe('the part of the Fisher information that is kept'),
    fisher: fisherOption(),
    memory: memoryOption,
    ...layeredOptions({ kl: 1e-3 }),
  }),
  create: ({ shape, fisher, memory, ...options }) =>
    shape === 'full'
      ? wholeFisher({
          name: options.name,
          curvature: fisherOf(fisher),
          damping: options.damping,
          solver: 'cholesky',
          memory,
        })
      : layered({
          ...options,
          curvature: fisherOf(fisher),
          representation: shape === 'layer' ? layerWise({ memory }) : shape === 'unit' ? unit : diagonal,
        }),
});

export const kfac = preconditioner({
  name: 'kfac',
  triple: {
    curvature: FISHER,
    representation: 'Kronecker',
    solver: 'Cholesky; Woodbury where a batch has few examples',
  },
  state: 'i² + o², or at most N(i + o)',
  cost: 'N(i² + o²) per measurement, i³ + o³ per inverse, p(i + o) per step; N²(i + o) with few examples',
  reference: 'Martens & Grosse 2015, arXiv 1503.05671; Grosse & Martens 2016, arXiv 1602.01407',
  schema: z.strictObject({
    name: z.literal('kfac'),
    fisher: fisherOption(),
    samples: z.int().min(1).max(10_000).default(1).describe('labels drawn for each label of the data'),
    sharing: z
      .enum(['expand', 'reduce'])
      .default('expand')
      .describe('whether every position of an image counts, or their mean'),
    split: z.enum(['pi', 'even']).default('pi').describe('how the damping is divided between the two factors'),
    ...layeredOptions({ kl: 1e-3 }),
  }),
  create: ({ fisher, samples, sharing, split, ...options }) =>
    layered({
      ...options,
      curvature: fisherOf(fisher, samples),
      representation: kronecker({ sharing, split }),
    }),
});

export const ekfac = preconditioner({
  name: 'ekfac',
  triple: { curvature: FISHER, representation: 'Kronecker eigenbasis', solver: 'eigendecomposition' },
  state: 'i² + o² + p',
  cost: 'N(i² + o²) + Np per measurement, 9(i³ + o³) per basis, 2p(i + o) per step',
  reference: 'George et al. 2018, arXiv 1806.03884',
  schema: z.strictObject({
    name: z.literal('ekfac'),
    fisher: fisherOption(),
    scaleDecay: z
      .number()
      .min(0)
      .lt(1)
      .default(0.75)
      .describe('share of the diagonal that is kept in a measurement between two changes of the basis'),
    ...layeredOptions({ kl: 1e-3 }),
  }),
  create: ({ fisher, scaleDecay, ...options }) =>
    layered({ ...options, curvature: fisherOf(fisher), representation: kroneckerEigenbasis({ decay: scaleDecay }) }),
});

export const tkfac = preconditioner({
  name: 'tkfac',
  triple: { curvature: FISHER, representation: 'trace-restricted Kronecker', solver: 'Cholesky' },
  state: 'i² + o²',
  cost: 'as kfac',
  reference: 'Gao et al. 2021, arXiv 2011.10741',
  schema: z.strictObject({ name: z.literal('tkfac'), fisher: fisherOption(), ...layeredOptions({ kl: 1e-3 }) }),
  create: ({ fisher, ...options }) =>
    layered({ ...options, curvature: fisherOf(fisher), representation: traceKronecker }),
});

export const foof = preconditioner({
  name: 'foof',
  triple: {
    curvature: 'second moment of the layer inputs',
    representation: 'Kronecker, input factor',
    solver: 'Cholesky; Woodbury where a batch has few examples',
  },
  state: 'i²',
  cost: 'Ni² per measurement, i³ per inverse, p·i per step',
  reference: 'Benzing 2022, arXiv 2201.12250',
  schema: z.strictObject({ name: z.literal('foof'), ...layeredOptions({ lambda: 1, kl: 1e-3 }) }),
  create: (options) =>
    layered({
      ...options,
      curvature: empiricalFisher,
      representation: kronecker({ factors: 'input' }),
    }),
});

export const skfac = preconditioner({
  name: 'skfac',
  triple: { curvature: FISHER, representation: 'Kronecker by rows, positions reduced', solver: 'Woodbury' },
  state: 'N(i + o)',
  cost: 'N²(i + o) + N³ per inverse',
  reference: 'Tang et al. 2021 (CVPR)',
  schema: z.strictObject({ name: z.literal('skfac'), fisher: fisherOption(), ...layeredOptions({ kl: 1e-3 }) }),
  create: ({ fisher, ...options }) =>
    layered({
      ...options,
      curvature: fisherOf(fisher),
      representation: kronecker({ sharing: 'reduce', rows: 'always' }),
    }),
});

export const eva = preconditioner({
  name: 'eva',
  triple: { curvature: 'empirical Fisher', representation: 'rank one of mean vectors', solver: 'Sherman-Morrison' },
  state: 'i + o',
  cost: 'N(i + o) per measurement, p per step',
  reference: 'Zhang, Shi & Li 2023 (ICLR), arXiv 2308.02123',
  schema: z.strictObject({
    name: z.literal('eva'),
    ...layeredOptions({ lambda: 0.03, decay: 0.95, every: 1, kl: 1e-3 }),
  }),
  create: (options) => layered({ ...options, curvature: empiricalFisher, representation: meanVectors }),
});

export const seng = preconditioner({
  name: 'seng',
  triple: { curvature: 'empirical Fisher', representation: 'layer Gram, sketched', solver: 'Woodbury' },
  state: 'N(i + o)',
  cost: 'N²·sketch + N³ per measurement, Np per step',
  reference: 'Yang et al. 2022, arXiv 2006.05924',
  schema: z.strictObject({
    name: z.literal('seng'),
    sketch: z.int().min(1).default(256).describe('rows and columns of a layer that its Gram matrix is estimated from'),
    ...layeredOptions({ lambda: 1, kl: 1e-3 }),
  }),
  create: ({ sketch, ...options }) =>
    layered({ ...options, decay: 0, curvature: empiricalFisher, representation: layerGram({ sketch }) }),
});

export const smwNg = preconditioner({
  name: 'smw-ng',
  triple: { curvature: 'empirical Fisher', representation: 'full Gram', solver: 'Woodbury' },
  state: 'none',
  cost: 'N²(i + o) + N³ + 2Np',
  reference: 'Ren & Goldfarb 2019, arXiv 1906.02353',
  schema: z.strictObject({ name: z.literal('smw-ng'), fisher: fisherOption('empirical'), damping: damping(1e-2) }),
  create: ({ name, fisher, damping: lambda }) =>
    wholeFisher({ name, curvature: fisherOf(fisher), damping: lambda, solver: 'woodbury', memory: 0 }),
});

export const ingd = preconditioner({
  name: 'ingd',
  triple: { curvature: FISHER, representation: 'Kronecker, inverse-free', solver: 'steps on the group' },
  state: '2(i² + o²)',
  cost: 'i³ + o³ in products per measurement, 2p(i + o) per step',
  reference: 'Lin et al. 2023, arXiv 2302.09738; 2024, arXiv 2312.05705',
  schema: z.strictObject({
    name: z.literal('ingd'),
    fisher: fisherOption(),
    rate: z.number().positive().lt(1).default(0.05).describe('step of the factors'),
    momentum: z.number().min(0).lt(1).default(0.5).describe('momentum of that step'),
    ...layeredOptions({ kl: 1e-3 }),
    interval: interval(5),
  }),
  create: ({ fisher, rate, momentum, ...options }) =>
    layered({ ...options, curvature: fisherOf(fisher), representation: inverseFree({ rate, momentum }) }),
});

/** Representations by name, with the solvers of each. */
const FORMS = {
  layer: { solvers: ['cholesky'], of: ({ memory }: { memory: number }) => layerWise({ memory }) },
  unit: { solvers: ['cholesky'], of: () => unit },
  diagonal: { solvers: ['division'], of: () => diagonal },
  kronecker: {
    solvers: ['cholesky', 'woodbury'],
    of: ({ solver }: { solver: string }) => kronecker({ rows: solver === 'woodbury' ? 'always' : 'never' }),
  },
  'kronecker-input': {
    solvers: ['cholesky', 'woodbury'],
    of: ({ solver }: { solver: string }) =>
      kronecker({ factors: 'input', rows: solver === 'woodbury' ? 'always' : 'never' }),
  },
  'kronecker-trace': { solvers: ['cholesky'], of: () => traceKronecker },
  'kronecker-eigenbasis': { solvers: ['eigh'], of: () => kroneckerEigenbasis() },
  'kronecker-inverse-free': { solvers: ['group-steps'], of: () => inverseFree({ rate: 0.05, momentum: 0.5 }) },
  'mean-vectors': { solvers: ['sherman-morrison'], of: () => meanVectors },
  gram: { solvers: ['woodbury'], of: () => layerGram() },
} as const;

export const custom = preconditioner({
  name: 'custom',
  triple: {
    curvature: 'any of examples',
    representation: 'any by blocks, or full',
    solver: 'any that the representation has',
  },
  state: 'as the representation',
  cost: 'as the representation',
  reference: 'Osawa et al. 2023, arXiv 2305.04684',
  schema: z.strictObject({
    name: z.literal('custom'),
    curvature: fisherOption(),
    representation: z
      .enum([
        'full',
        'layer',
        'unit',
        'diagonal',
        'kronecker',
        'kronecker-input',
        'kronecker-trace',
        'kronecker-eigenbasis',
        'kronecker-inverse-free',
        'mean-vectors',
        'gram',
      ])
      .default('kronecker')
      .describe('the form in which curvature is kept'),
    solver: z
      .enum(['cholesky', 'woodbury', 'eigh', 'division', 'sherman-morrison', 'group-steps'])
      .optional()
      .describe("how it is inverted; the representation's own by default"),
    memory: memoryOption,
    ...layeredOptions({ kl: 1e-3 }),
  }),
  create({ curvature, representation, solver, memory, ...options }) {
    const solvers =
      representation === 'full' ? ['cholesky', 'woodbury'] : (FORMS[representation].solvers as readonly string[]);
    const chosen = solver ?? solvers[0]!;
    if (!solvers.includes(chosen)) refuseSolver(representation, chosen, solvers);
    if (representation === 'full')
      return wholeFisher({
        name: options.name,
        curvature: fisherOf(curvature),
        damping: options.damping,
        solver: chosen as 'cholesky' | 'woodbury',
        memory,
      });
    if (representation === 'gram' && curvature !== 'empirical') refuseCurvature(representation, curvature);
    return layered({
      ...options,
      curvature: fisherOf(curvature),
      representation: FORMS[representation].of({ memory, solver: chosen }),
    });
  },
});
