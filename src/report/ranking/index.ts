export { rankSection, rankTables } from './section.js';
