export { analyseForgetting, type AnalysisOptions, type ForgettingAnalysis } from './analysis.js';
export { forgettingSection } from './chapter.js';
export { matrixChart } from './charts/effects.js';
export { compareForgetting, type ForgettingComparison } from './compare/analysis.js';
export type { ComparedRun } from './compare/arms.js';
export { comparisonJson, comparisonPage, comparisonTables } from './compare/page.js';
export { forgettingJson } from './json.js';
export { forgettingPage } from './page.js';
export { forgettingTables } from './tables.js';
