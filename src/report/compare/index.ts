export {
  compareConfigurations,
  type ConfigurationComparison,
  type Contrast,
  type RunComparison,
  type RunPair,
  showDifference,
  showValue,
} from './analysis.js';
export type { ComparedRun, Configuration } from './configurations.js';
export { diffPage } from './diff-page.js';
export { type ArchitectureDiff, diffArchitectures, type DiffSide } from './architecture-diff.js';
export { compareJson, comparePage } from './page.js';
export type { Quantity } from './quantities.js';
