export { comparisonsOf } from './comparisons.js';
export { rankersSection } from './rankers.js';
export { rankSection, rankTables } from './section.js';
export { trivialRankersSection } from './trivial-rankers.js';
