export {
  type BuiltOperation,
  type Context,
  type Json,
  type Mode,
  multiplyAddsOf,
  type Operation,
  type OperationFamily,
  type ParameterRole,
  type ParameterSpec,
  type Shape,
  type StatisticSpec,
} from './operation.js';
export { type Channels, channelwise } from './channels.js';
export { glorotUniform, heNormal, type Initializer, initialValues, ones, zeros } from './initializers.js';
export { type Padding, sameShape, slide, soleInput } from './shapes.js';
export { sequence } from './sequence.js';
export { conv, type ConvOptions, depthwiseConv, separableConv } from './conv.js';
export { batchNorm, layerNorm } from './normalization.js';
export { activation, type ActivationName, ACTIVATIONS, identity } from './activation.js';
export { avgPool, globalAveragePool, maxPool, type PoolOptions } from './pool.js';
export { dense, type DenseOptions, dropout, variationalDropout, dropPath, flatten } from './dense.js';
export { shrinkImage } from './resize.js';
export { factorizedReduction } from './factorized-reduction.js';
export { embedding, type EmbeddingOptions, unembedding } from './embedding.js';
export { CELL_ACTIVATIONS, type CellChoices, lstm, recurrentCell, type RecurrentCellOptions } from './recurrent.js';
export { conv1d, type Conv1dOptions, fromLast, lastStep, lastValue, timeSteps } from './along-time.js';
export { attentionHeads, causalAttention, positions } from './attention.js';
