/** How training images are changed at random. */
import { z } from 'zod';

export const augmentSchema = z.strictObject({
  crop: z.int().min(0).optional().describe('pad by so many pixels and crop anywhere (photographs)'),
  shift: z.int().min(0).optional().describe('move by up to so many pixels over the background (drawings)'),
  flip: z.boolean().optional().describe('mirror left to right half of the time'),
  cutout: z.int().min(0).optional().describe('side of a square that is blanked'),
  rotate: z.number().min(0).max(180).optional().describe('turn by up to so many degrees either way'),
  zoom: z.number().min(0).lt(1).optional().describe('magnify or shrink by up to this share'),
});
