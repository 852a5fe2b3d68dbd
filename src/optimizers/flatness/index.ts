import { asam, fisherSam, sam } from './sam.js';

export const flatnessOptimizers = [sam, asam, fisherSam] as const;
