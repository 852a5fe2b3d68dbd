/** All workloads, in the order of the table. */
import { OPERATIONS } from '../../search-spaces/macro-cnn.js';
import { type Workload } from '../workload.js';
import { checkpoint } from './checkpoint.js';
import { derive } from './derive.js';
import { enasController } from './enas-controller.js';
import { graph } from './graph.js';
import { hessianVectorProduct } from './hessian.js';
import { macroSupernet } from './macro-supernet.js';
import { mlp } from './mlp.js';
import { operation } from './operations.js';
import { recurrentSupernet } from './recurrent-supernet.js';

export const WORKLOADS: readonly (() => Workload)[] = [
  () => macroSupernet({ shape: [32, 32, 3], batch: 64 }),
  () => macroSupernet({ shape: [28, 28, 1], batch: 128 }),
  () => macroSupernet({ shape: [8, 8, 1], batch: 64 }),
  () => macroSupernet({ shape: [32, 32, 3], batch: 64, one: true }),
  () => macroSupernet({ shape: [8, 8, 1], batch: 64, one: true }),
  ...OPERATIONS.map((_, index) => () => operation(index)),
  () => mlp(),
  ...(['momentum', 'adam', 'sam'] as const).map((optimizer) => () => mlp([784, 512, 512, 10], 128, optimizer)),
  () => recurrentSupernet(),
  () => recurrentSupernet({ one: true }),
  () => enasController(),
  () => derive(),
  () => hessianVectorProduct(),
  ...[1000, 10_000, 100_000].map((nodes) => () => graph(nodes)),
  () => checkpoint(),
];
