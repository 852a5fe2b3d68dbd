export { rankersSection } from './rankers.js';
export { rankSection, rankTables } from './section.js';
