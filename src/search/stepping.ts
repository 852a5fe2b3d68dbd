/** A search one unit of work at a time, for studies that train supernets of their own. */
export { advance, remainingUnits } from './advance.js';
export { openData, type SearchBatches, type SearchData } from './data.js';
export { labelledBatches } from './labelled-data.js';
export { createSession, type SearchParts, type SearchSession } from './session.js';
