export { analyseSeeds, type Advantage, type OverSeeds, type SeedRun, type SeedsAnalysis } from './analysis.js';
export { seedsPage } from './page.js';
export { seedRunsOf } from './runs.js';
