/** Methods that need only the gradients. */
import { z } from 'zod';
import { LAST_LAYERS, muonOptions } from '../../chain/transforms/muon-groups.js';
import { damping, interval, preconditioner } from '../entry.js';
import { mfac as historyOfGradients } from '../tensors/m-fac.js';
import { muonPreconditioner } from '../tensors/muon.js';
import { psgd as learned } from '../tensors/psgd.js';
import { shampoo as shampooOf } from '../tensors/shampoo.js';
import { soap as soapOf } from '../tensors/soap.js';

const fraction = z.number().min(0).lt(1);

export const shampoo = preconditioner({
  name: 'shampoo',
  triple: {
    curvature: 'second moment of batch gradients, root',
    representation: 'Kronecker by axes, in blocks',
    solver: 'eigendecomposition, inverse root',
  },
  state: '2(i² + o²)',
  cost: 'p(i + o) per measurement, 20(i³ + o³) per root, p(i + o) per step',
  reference: 'Gupta, Koren & Singer 2018, arXiv 1802.09568; Anil et al. 2020, arXiv 2002.09018',
  schema: z.strictObject({
    name: z.literal('shampoo'),
    damping: damping(1e-6).describe('ε, relative to the largest diagonal entry of a factor'),
    interval: interval(10),
    statisticsInterval: z
      .int()
      .min(1)
      .optional()
      .describe('updates of a parameter between two measurements of the gradient; `interval` by default'),
    warmUp: z
      .int()
      .min(0)
      .default(0)
      .describe('first updates of a parameter, in each of which everything is refreshed'),
    decay: z.number().gt(0).max(1).default(0.95).describe('share of the running statistics that is kept; 1 sums them'),
    blockSize: z.int().min(1).default(128).describe('longest side of a block'),
    grafting: z
      .enum(['none', 'sgd', 'adagrad', 'adam'])
      .default('sgd')
      .describe("method whose step length is used for a block's step"),
  }),
  create: (options) => shampooOf(options),
});

export const soap = preconditioner({
  name: 'soap',
  triple: {
    curvature: 'second moment of batch gradients, root',
    representation: 'Kronecker eigenbasis, Adam within',
    solver: 'QR',
  },
  state: '2(i² + o²) + 2p',
  cost: '4p(i + o) per step, 4(i³ + o³) per basis',
  reference: 'Vyas et al. 2024, arXiv 2409.11321',
  schema: z.strictObject({
    name: z.literal('soap'),
    beta1: fraction.default(0.95),
    beta2: fraction.default(0.95),
    decay: fraction.default(0.95).describe('decay of the factors'),
    epsilon: z.number().positive().default(1e-8),
    interval: interval(10),
    blockSize: z.int().min(1).default(1024).describe('longest side of a block'),
  }),
  create: (options) => soapOf(options),
});

export const psgd = preconditioner({
  name: 'psgd',
  triple: {
    curvature: 'absolute Hessian, or second moment of batch gradients, root',
    representation: 'Kronecker by axes, or diagonal',
    solver: 'learned on the group',
  },
  state: 'i² + o² (kron), p (diagonal)',
  cost: 'p(i + o); 3 gradients for the criterion newton',
  reference: 'Li 2018, arXiv 1512.04202; 2022, arXiv 2211.04422',
  schema: z.strictObject({
    name: z.literal('psgd'),
    shape: z.enum(['kron', 'diagonal']).default('kron'),
    criterion: z
      .enum(['whitening', 'newton'])
      .default('whitening')
      .describe('whether P converges to the inverse root of the second moment of gradients or to the inverse of |H|'),
    rate: z.number().positive().max(1).default(0.1).describe('step size of the fit'),
    interval: interval(1),
    scale: z.number().positive().default(1).describe('initial value of P for the criterion newton'),
  }),
  create: ({ scale, ...options }) => learned({ ...options, scale: Math.sqrt(scale) }),
});

export const mfac = preconditioner({
  name: 'm-fac',
  triple: {
    curvature: 'second moment of the last m batch gradients',
    representation: 'Gram by tensors',
    solver: 'Woodbury',
  },
  state: 'mP',
  cost: 'm²p + m³ per step',
  reference: 'Frantar, Kurtic & Alistarh 2021, arXiv 2107.03356',
  schema: z.strictObject({
    name: z.literal('m-fac'),
    damping: damping(1e-3),
    history: z.int().min(1).default(16).describe('number of gradients that are kept, m'),
  }),
  create: (options) => historyOfGradients(options),
});

export const muon = preconditioner({
  name: 'muon',
  triple: {
    curvature: 'second moment of the batch gradient, root',
    representation: 'matrix-free',
    solver: 'Newton-Schulz',
  },
  state: 'P',
  cost: '5(2p·min(i, o) + min(i, o)³)',
  reference: 'Jordan et al. 2024',
  schema: z.strictObject({
    name: z.literal('muon'),
    ...muonOptions,
    adamFor: z
      .array(z.string())
      .default(LAST_LAYERS)
      .describe(
        'parameters that Adam trains in addition to all that are not kernels: those whose name starts with one of these or contains one as a part',
      ),
    adamShare: z.number().min(0).default(0.015).describe("Adam's learning rate relative to that of the matrices"),
  }),
  create: (options, setting) => muonPreconditioner({ ...options, adam: { beta2: 0.95, epsilon: 1e-10 } }, setting),
});
