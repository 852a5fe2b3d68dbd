import { z } from 'zod';
import { type Curvature } from '../contract.js';
import { empiricalFisher, exactFisher, sampledFisher } from '../curvatures/fisher.js';
import { layeredOptions, preconditioner } from '../entry.js';
import { layered } from '../layers/layered.js';
import { kronecker } from '../representations/kronecker.js';

/** The `fisher` option. */
export const fisherOption = z.enum(['sampled', 'empirical', 'exact']).default('sampled')
  .describe("labels of the Fisher information: drawn from the model, those of the data, or all of them (a backward pass a class)");

export const fisherOf = (labels: z.output<typeof fisherOption>, samples = 1): Curvature =>
  ({ sampled: sampledFisher(samples), empirical: empiricalFisher, exact: exactFisher })[labels];

/** Eigenvalues below this share of the damping do not pay when an inverse is used several times. */
const TRUNCATION = 0.1;

export const truncationFor = (interval: number, decay: number): number => (interval > 1 || decay > 0 ? TRUNCATION : 0);

export const kfac = preconditioner({
  name: 'kfac',
  triple: { curvature: 'Fisher (sampled, empirical or exact)', representation: 'Kronecker', solver: 'Cholesky; Woodbury where a batch has few examples' },
  state: 'i² + o², or at most N(i + o)', cost: 'N(i² + o²) a look, i³ + o³ an inverse, p(i + o) a step; N²(i + o) with few examples',
  reference: 'Martens & Grosse 2015, arXiv 1503.05671; Grosse & Martens 2016, arXiv 1602.01407',
  schema: z.strictObject({
    name: z.literal('kfac'), fisher: fisherOption,
    samples: z.int().min(1).default(1).describe('labels drawn for each example'),
    sharing: z.enum(['expand', 'reduce']).default('expand').describe('whether every position of an image counts, or their mean'),
    split: z.enum(['pi', 'even']).default('pi').describe('how the damping is divided between the two factors'),
    ...layeredOptions({ kl: 1e-3 }),
  }),
  create: ({ fisher, samples, sharing, split, ...options }) => layered({
    ...options, curvature: fisherOf(fisher, samples),
    representation: kronecker({ sharing, split, truncate: truncationFor(options.interval, options.decay) }),
  }),
});
