export { crowdingDistances, dominates, nonDominatedSort, paretoFront, type Point } from './dominance.js';
export { hypervolume } from './hypervolume.js';
export { kneeOf } from './knee.js';
