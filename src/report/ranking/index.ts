export { comparisonsOf } from './comparisons.js';
export { rankersSection } from './rankers.js';
export { rankSection, rankTables } from './section.js';
export { standingSection } from './standing.js';
