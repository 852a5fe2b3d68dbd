export {
  analyseSeeds,
  type Advantage,
  FEWEST_SEEDS,
  type OverSeeds,
  type SeedRun,
  type SeedsAnalysis,
} from './analysis.js';
export { seedsPage } from './page.js';
export { seedRunsOf } from './runs.js';
