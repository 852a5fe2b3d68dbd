/** Multi-model forgetting and the weight plasticity loss, compared with published and calibrated values. */
import { defineStudy, type Row, type StudySection, z } from 'weft-nas';
import { withTinyTensors } from '../shared/tiny-tensors.js';
import { TWO_MODELS, twoModelsUnit } from '../two-model/arms.js';
import { mnistRows } from './mnist-rows.js';
import { searchRows } from './search-rows.js';
import { SMALL_SEARCH, smallSearchUnit } from './small-search.js';
import { twoModelRows } from './two-model-rows.js';
import { unitRows } from './unit-rows.js';

const PARTS = ['units', 'two-model', 'search', 'mnist'] as const;

export const forgetting = defineStudy({
  name: 'forgetting',
  summary: 'Forgetting between two models and within a small search, with and without the weight plasticity loss',
  reference: 'Benyahia, Yu et al. 2019, arXiv 1902.08232; calibrated on synthetic data',
  minutes: 15,
  options: z.strictObject({
    parts: z
      .array(z.enum(PARTS))
      .default([...PARTS])
      .describe('parts of the study to run'),
    seeds: z.int().min(1).max(10_000).default(4).describe('seeds of the two-model rows'),
    controlSeeds: z.int().min(1).max(10_000).default(6).describe('seeds of the rows with controls'),
    looseSeeds: z
      .int()
      .min(1)
      .max(10_000)
      .default(2)
      .describe('seeds of the rows on loose convergence and on kinds of Fisher information'),
    searchSeeds: z.int().min(1).max(10_000).default(3).describe('seeds of the small search'),
    mnistSeeds: z.int().min(1).max(10_000).default(2).describe('seeds on MNIST'),
    scale: z
      .number()
      .positive()
      .max(1)
      .default(1)
      .describe('share of the calibrated number of steps; less than 1 only shows that everything runs'),
    epochs: z.int().min(6).max(1_000_000).default(20).describe('epochs of the small search'),
  }),
  units: { [TWO_MODELS]: twoModelsUnit, [SMALL_SEARCH]: smallSearchUnit },
  run: ({ parts, ...options }, setting) =>
    withTinyTensors(async () => {
      const rows: Row[] = [];
      const sections: StudySection[] = [];
      const add = (part: { rows: Row[]; sections: StudySection[] }): void => {
        rows.push(...part.rows);
        sections.push(...part.sections);
      };
      if (parts.includes('units')) rows.push(...unitRows(setting.seed));
      if (parts.includes('two-model')) add(await twoModelRows(options, setting));
      if (parts.includes('search')) add(await searchRows(options, setting));
      if (parts.includes('mnist')) add(await mnistRows(options, setting));
      const withTarget = rows.filter(({ met }) => met !== null);
      const missed = withTarget.filter(({ met }) => met === false).map(({ id }) => id);
      return {
        verdict:
          missed.length === 0
            ? `All ${withTarget.length} targets are met.`
            : `${withTarget.length - missed.length} of ${withTarget.length} targets are met; not: ${missed.join(', ')}.`,
        rows,
        sections,
      };
    }),
});
