/** Random augmentation of training images. */
import { z } from 'zod';

export const augmentSchema = z.strictObject({
  crop: z
    .int()
    .min(0)
    .max(10_000)
    .optional()
    .describe('pad by this number of pixels and crop at a random place (photographs)'),
  shift: z
    .int()
    .min(0)
    .max(10_000)
    .optional()
    .describe('move by up to this number of pixels over the background (drawings)'),
  flip: z.boolean().optional().describe('mirror left to right with probability one half'),
  cutout: z.int().min(0).max(10_000).optional().describe('side of a square that is erased'),
  rotate: z.number().min(0).max(180).optional().describe('rotate by up to this number of degrees in either direction'),
  zoom: z.number().min(0).lt(1).optional().describe('magnify or shrink by up to this share'),
});
