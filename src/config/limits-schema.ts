/** Upper limits on the costs of the retrained network. */
import { z } from 'zod';

export const limitsSchema = z.strictObject({
  parameters: z.int().min(1).optional().describe('maximum number of trainable weights of the retrained network'),
  multiplyAdds: z.int().min(1).optional().describe('maximum number of its multiply-adds for one example'),
  latencyMs: z
    .number()
    .positive()
    .optional()
    .describe('maximum milliseconds that it takes for a batch, by a table of its operations'),
  latencyTable: z
    .string()
    .min(1)
    .optional()
    .describe(
      'file with the latencies of another device, which the script of `weft latency write` has measured there; by default the operations are measured on this machine when the run begins',
    ),
  latencyBatchSize: z.int().min(1).default(1).describe('examples in that batch'),
  energyMj: z
    .number()
    .positive()
    .optional()
    .describe('maximum millijoules that the network takes, by the table that energyTable names'),
  energyTable: z
    .string()
    .min(1)
    .optional()
    .describe(
      'CSV file with the energy of every network of the space, for example hw_cifar10.csv of HW-NAS-Bench: nothing on an ordinary machine measures it',
    ),
  energyColumn: z
    .string()
    .min(1)
    .optional()
    .describe('its column with millijoules; by default the only one with "energy" in its name'),
  activationBytes: z
    .int()
    .min(1)
    .optional()
    .describe('maximum bytes of activations that exist at the same time while it evaluates one example'),
  fileBytes: z.int().min(1).optional().describe('maximum bytes of its weights and running statistics as 32-bit floats'),
  options: z
    .record(z.string(), z.array(z.union([z.string(), z.number(), z.boolean()])).min(1))
    .optional()
    .describe(
      'options that choices may take, by the path of the choice, for example {layers.0.op: [conv3, sep5]}; all by default',
    ),
});
