/** Methods that use the curvature through products with it, or through differences of gradients. */
import { z } from 'zod';
import { damping, interval, memoryOption, preconditioner } from '../entry.js';
import { kroneckerBfgs } from '../layers/k-bfgs.js';
import { adaHessianPreconditioner } from '../products/adahessian.js';
import { curveBall } from '../products/curveball.js';
import { hessianFree as conjugate } from '../products/hessian-free.js';
import { lbfgs as limitedMemory } from '../products/l-bfgs.js';
import { newton as krylov } from '../products/newton.js';

const dimensions = z
  .union([z.int().min(1), z.literal('all')])
  .default(10)
  .describe("dimensions of the subspace of the gradient and its products; 'all' is the exact solution");

export const newton = preconditioner({
  name: 'newton',
  triple: { curvature: 'Hessian', representation: 'matrix-free, in a Krylov subspace', solver: 'eigendecomposition' },
  state: 'none',
  cost: '2 gradients per dimension',
  reference: 'Newton; Lanczos 1950',
  schema: z.strictObject({ name: z.literal('newton'), damping: damping(1), dimensions, memory: memoryOption }),
  create: (options) => krylov({ ...options, absolute: false }),
});

export const absNewton = preconditioner({
  name: 'abs-newton',
  triple: {
    curvature: 'absolute Hessian',
    representation: 'matrix-free, in a Krylov subspace',
    solver: 'eigendecomposition',
  },
  state: 'none',
  cost: '2 gradients per dimension',
  reference: 'Dauphin et al. 2014, arXiv 1406.2572',
  schema: z.strictObject({ name: z.literal('abs-newton'), damping: damping(0.1), dimensions, memory: memoryOption }),
  create: (options) => krylov({ ...options, absolute: true }),
});

export const hessianFree = preconditioner({
  name: 'hessian-free',
  triple: { curvature: 'Gauss-Newton', representation: 'matrix-free', solver: 'conjugate gradients' },
  state: 'P',
  cost: '2 gradients per iteration',
  reference: 'Martens 2010 (ICML)',
  schema: z.strictObject({
    name: z.literal('hessian-free'),
    damping: damping(1),
    iterations: z.int().min(1).max(10_000).default(10).describe('maximum number of conjugate-gradient steps'),
    tolerance: z.number().min(0).default(1e-3).describe('stops when the residual is this fraction of the gradient'),
    warmStart: z
      .number()
      .min(0)
      .max(1)
      .default(0.95)
      .describe('factor of the last solution as the starting point of the next one'),
    adapt: z.number().min(1).default(1.5).describe('factor of Levenberg-Marquardt damping; 1 keeps the damping'),
  }),
  create: (options) => conjugate(options),
});

export const curveball = preconditioner({
  name: 'curveball',
  triple: { curvature: 'Gauss-Newton', representation: 'matrix-free', solver: 'momentum gradient descent' },
  state: 'P',
  cost: '4 gradients',
  reference: 'Henriques et al. 2019, arXiv 1805.08095',
  schema: z.strictObject({ name: z.literal('curveball'), damping: damping(1) }),
  create: (options) => curveBall(options),
});

export const adaHessian = preconditioner({
  name: 'adahessian',
  triple: { curvature: 'absolute Hessian', representation: 'diagonal', solver: 'division' },
  state: 'P',
  cost: '3 gradients',
  reference: 'Yao et al. 2021, arXiv 2006.00719',
  schema: z.strictObject({
    name: z.literal('adahessian'),
    damping: damping(1e-4),
    beta2: z.number().min(0).lt(1).default(0.999),
    power: z.number().gt(0).max(1).default(1).describe('power of the curvature'),
  }),
  create: (options) => adaHessianPreconditioner(options),
});

export const kBfgs = preconditioner({
  name: 'k-bfgs',
  triple: { curvature: 'BFGS estimate', representation: 'Kronecker', solver: 'BFGS' },
  state: '2i² + o² + P',
  cost: 'i² + o² and a gradient per measurement, p(i + o) per step',
  reference: 'Goldfarb, Ren & Bahamou 2020, arXiv 2006.08877',
  schema: z.strictObject({
    name: z.literal('k-bfgs'),
    damping: damping(0.3),
    interval: interval(5),
    warmUp: z
      .int()
      .min(0)
      .default(0)
      .describe('first updates of a parameter, in each of which everything is refreshed'),
    decay: z.number().min(0).lt(1).default(0.9).describe('decay of the means'),
    powell: z.number().gt(0).lt(1).default(0.2).describe('lower bound of sᵀy/yᵀHy'),
  }),
  create: (options) => kroneckerBfgs(options),
});

export const lBfgs = preconditioner({
  name: 'l-bfgs',
  triple: { curvature: 'BFGS estimate', representation: 'matrix-free', solver: 'two-loop recursion' },
  state: '2mP + P',
  cost: '1 gradient and 4mP',
  reference: 'Nocedal 1980; Berahas, Nocedal & Takáč 2016, arXiv 1605.06049',
  schema: z.strictObject({
    name: z.literal('l-bfgs'),
    history: z.int().min(1).default(10).describe('number of pairs that are kept, m'),
    damping: damping(1e-3).describe('minimum curvature sᵀy/sᵀs of a pair; others are dropped'),
  }),
  create: (options) => limitedMemory(options),
});
