/** Runs a search one unit of work at a time, for studies that train their own supernets. */
export { advance, remainingUnits } from './advance.js';
export { openData, type SearchBatches, type SearchData } from './data.js';
export { labelledBatches } from './labelled-data.js';
export { createSession, type SearchParts, type SearchSession } from './session.js';
